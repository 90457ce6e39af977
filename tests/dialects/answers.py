"""One answer of a model as every dialect writes it, and the way of it to a program of every dialect."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import orjson

from localrouter.dialects.contract import ClientDialect, PlainAnswer, Preset, ProviderDialect
from localrouter.dialects.presets import PRESETS
from localrouter.dialects.registry import DIALECTS
from localrouter.domain.conversation.request import ModelRequest

CHAT, MESSAGES, GEMINI, RESPONSES = "openai_chat", "anthropic_messages", "gemini", "openai_responses"
PRESET = {
    CHAT: PRESETS["openrouter"],
    MESSAGES: PRESETS["anthropic"],
    GEMINI: PRESETS["gemini"],
    RESPONSES: PRESETS["openai"],
}


def client_of(name: str) -> ClientDialect:
    return DIALECTS.clients[name]


def provider_of(name: str) -> tuple[ProviderDialect, Preset]:
    return DIALECTS.providers[name], PRESET[name]


@dataclass(frozen=True)
class Said:
    """An answer of a model that thinks, speaks and calls a tool, as each dialect writes it."""

    turn: int

    @property
    def chat(self) -> dict[str, Any]:
        call = {
            "id": f"c{self.turn}",
            "type": "function",
            "function": {"name": "f", "arguments": f'{{"a": {self.turn}}}'},
        }
        detail = {
            "type": "reasoning.text",
            "text": "Hm.",
            "signature": f"s{self.turn}",
            "format": "anthropic-claude-v1",
        }
        message = {"role": "assistant", "content": "I look.", "reasoning_details": [detail], "tool_calls": [call]}
        usage = {"prompt_tokens": 5, "completion_tokens": 4, "total_tokens": 9}
        choice = {"index": 0, "message": message, "finish_reason": "tool_calls"}
        return {"id": "x", "model": "m", "choices": [choice], "usage": usage}

    @property
    def gemini(self) -> dict[str, Any]:
        call = {"id": f"c{self.turn}", "name": "f", "args": {"a": self.turn}}
        parts: list[dict[str, Any]] = [
            {"text": "Hm.", "thought": True},
            {"text": "I look."},
            {"functionCall": call, "thoughtSignature": f"czAw{self.turn}"},
        ]
        content = {"role": "model", "parts": parts}
        usage = {"promptTokenCount": 5, "candidatesTokenCount": 4, "totalTokenCount": 9}
        candidate = {"content": content, "finishReason": "STOP", "index": 0}
        return {"candidates": [candidate], "usageMetadata": usage, "modelVersion": "m", "responseId": "x"}

    def by(self, provider: str) -> dict[str, Any]:
        told = {CHAT: self.chat, MESSAGES: self.messages, GEMINI: self.gemini, RESPONSES: self.responses}
        return told[provider]

    def thought(self, provider: str) -> tuple[object, ...]:
        """What a provider gets back of its thoughts."""
        if provider in (GEMINI, RESPONSES):
            return "sealed", f"czAw{self.turn}"
        return "thought", "Hm.", f"s{self.turn}", MESSAGES

    @property
    def responses(self) -> dict[str, Any]:
        thought = {
            "id": f"rs_{self.turn}",
            "type": "reasoning",
            "summary": [{"type": "summary_text", "text": "Hm."}],
            "encrypted_content": f"czAw{self.turn}",
        }
        said = {"type": "output_text", "text": "I look.", "annotations": [], "logprobs": []}
        message = {"id": "msg_1", "type": "message", "status": "completed", "role": "assistant", "content": [said]}
        call = {"id": "fc_1", "type": "function_call", "call_id": f"c{self.turn}", "name": "f", "status": "completed"}
        call["arguments"] = f'{{"a": {self.turn}}}'
        told = {"id": "resp_x", "object": "response", "created_at": 1, "status": "completed", "model": "m"}
        counted = {"input_tokens": 5, "output_tokens": 4, "total_tokens": 9}
        return {**told, "output": [thought, message, call], "usage": counted}

    @property
    def messages(self) -> dict[str, Any]:
        blocks = [
            {"type": "thinking", "thinking": "Hm.", "signature": f"s{self.turn}"},
            {"type": "text", "text": "I look."},
            {"type": "tool_use", "id": f"c{self.turn}", "name": "f", "input": {"a": self.turn}},
        ]
        usage = {"input_tokens": 5, "output_tokens": 4}
        told = {"id": "x", "type": "message", "role": "assistant", "model": "m", "content": blocks}
        return told | {"stop_reason": "tool_use", "stop_sequence": None, "usage": usage}


def plain_round(client: str, provider: str, request: ModelRequest, said: Said) -> dict[str, Any]:
    """The answer as the program gets it, whole."""
    raw = said.by(provider)
    dialect, preset = provider_of(provider)
    answer = dialect.plain_answer(orjson.dumps(raw), foreign(request), preset)
    assert isinstance(answer, PlainAnswer)
    return dict(orjson.loads(client_of(client).write_answer(answer, request)))


def streamed_round(client: str, provider: str, request: ModelRequest, said: Said) -> dict[str, Any]:
    """The answer as the program puts it together from a stream, which came from a stream."""
    raw = plain_round(provider, provider, request, said)
    dialect, preset = provider_of(provider)
    decoder, writer = (
        dialect.stream_decoder(foreign(request), preset),
        client_of(client).stream_writer(request),
    )
    whole = orjson.dumps(raw)
    events = [*decoder.feed(whole + b"\n\n"), *decoder.end()]
    data = b"".join(map(writer.event, events)) + writer.end()
    own, own_preset = provider_of(client)
    answer = own.plain_answer(data, request, own_preset)
    assert isinstance(answer, PlainAnswer), answer
    return dict(orjson.loads(answer.raw))


def foreign(request: ModelRequest) -> ModelRequest:
    """The request as one of another dialect, so that each pair is translated, also that of the same."""
    return replace(request, dialect="another", stream=True)
