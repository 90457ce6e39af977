"""Answers as Gemini gives them, whole and as streams."""

from __future__ import annotations

from typing import Any

import orjson

Json = dict[str, Any]

USAGE: Json = {
    "promptTokenCount": 30,
    "candidatesTokenCount": 7,
    "totalTokenCount": 60,
    "cachedContentTokenCount": 12,
    "thoughtsTokenCount": 20,
    "toolUsePromptTokenCount": 3,
    "promptTokensDetails": [{"modality": "TEXT", "tokenCount": 26}, {"modality": "AUDIO", "tokenCount": 4}],
}


def answer(*parts: Json, reason: str | None = "STOP", usage: Json | None = None, **more: Any) -> Json:
    candidate: Json = {"content": {"parts": list(parts), "role": "model"}, "index": 0}
    if reason is not None:
        candidate["finishReason"] = reason
    told: Json = {"candidates": [candidate | more], "modelVersion": "gemini-2.5-flash", "responseId": "r1"}
    return told if usage is None else told | {"usageMetadata": usage}


def call(name: str, args: Json, **more: Any) -> Json:
    return {"functionCall": {"name": name, "args": args}, **more}


def stream(*chunks: Json, end: bytes = b"\r\n\r\n") -> bytes:
    return b"".join(b"data: " + orjson.dumps(chunk) + end for chunk in chunks)


# A model that thinks, speaks, and calls two tools at once, as it was recorded.
THOUGHTFUL = (
    answer({"text": "**Weather**\n\nI need ", "thought": True}, reason=None, usage={"promptTokenCount": 30}),
    answer({"text": "two calls.", "thought": True}, reason=None, usage={"promptTokenCount": 30}),
    answer({"text": "Let me "}, reason=None, usage={"promptTokenCount": 30, "thoughtsTokenCount": 20}),
    answer({"text": "look. Ä"}, reason=None, usage={"promptTokenCount": 30, "thoughtsTokenCount": 20}),
    answer(
        call("weather", {"city": "Rome"}, thoughtSignature="c2lnbmVk"), call("weather", {"city": "Oslo"}), reason=None
    ),
    answer({"text": ""}, reason="STOP", usage=USAGE),
)
