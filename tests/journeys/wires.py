"""How each dialect is spoken in the history check: what programs ask with, and how providers answer.

Each request bears its name in its prompt, the only thing that reaches a provider in every dialect.
"""

from __future__ import annotations

import json
import random
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Protocol

from tests.upstream import DONE, completion, event

Json = dict[str, Any]
SCHEMA: Json = {"type": "object", "properties": {"path": {"type": "string", "description": "Which file."}}}
NAME = re.compile(rb"#([\w ]+)#")
TOOL_OVERHEAD = 500  # tokens that Anthropic adds to a prompt with tools


@dataclass(frozen=True)
class Wanted:
    """What a program wants, in no dialect."""

    name: str
    size: int
    cap: int
    stream: bool
    tools: bool
    chance: random.Random

    @property
    def prompt(self) -> str:
        return f"#{self.name}#" + "x" * self.size


def chat_body(wanted: Wanted) -> Json:
    body: Json = {"messages": [{"role": "user", "content": wanted.prompt}]}
    body[wanted.chance.choice(("max_tokens", "max_completion_tokens"))] = wanted.cap
    if wanted.tools:
        body["tools"] = [{"type": "function", "function": {"name": "read", "parameters": SCHEMA}}]
    elif wanted.chance.random() < 0.2:
        body["n"] = 2
    if wanted.chance.random() < 0.1:
        body["reasoning_effort"] = "high"
    return body


def messages_body(wanted: Wanted) -> Json:
    content: Any = wanted.prompt if wanted.chance.random() < 0.5 else [{"type": "text", "text": wanted.prompt}]
    body: Json = {"messages": [{"role": "user", "content": content}], "max_tokens": wanted.cap}
    if wanted.tools:
        body["tools"] = [{"name": "read", "input_schema": SCHEMA}]
    if wanted.chance.random() < 0.3:
        body["system"] = "Be brief."
    return body


def responses_body(wanted: Wanted) -> Json:
    body: Json = {"input": wanted.prompt, "max_output_tokens": wanted.cap}
    if wanted.chance.random() < 0.5:
        body["input"] = [{"role": "user", "content": [{"type": "input_text", "text": wanted.prompt}]}]
    if wanted.tools:
        body["tools"] = [{"type": "function", "name": "read", "parameters": SCHEMA}]
    if wanted.chance.random() < 0.3:
        body["instructions"] = "Be brief."
    return body


def gemini_body(wanted: Wanted) -> Json:
    body: Json = {
        "contents": [{"role": "user", "parts": [{"text": wanted.prompt}]}],
        "generationConfig": {"maxOutputTokens": wanted.cap},
    }
    if wanted.tools:
        body["tools"] = [{"functionDeclarations": [{"name": "read", "parametersJsonSchema": SCHEMA}]}]
    if wanted.chance.random() < 0.3:
        body["systemInstruction"] = {"parts": [{"text": "Be brief."}]}
    return body


@dataclass(frozen=True)
class Program:
    """How a program asks for what it wants."""

    path: str
    written: Callable[[Wanted], Json]

    def request(self, model: str, wanted: Wanted) -> tuple[str, Json]:
        """The path, and the body."""
        return self.path, {"model": model, "stream": wanted.stream, **self.written(wanted)}


class GeminiProgram(Program):
    def request(self, model: str, wanted: Wanted) -> tuple[str, Json]:
        method = "streamGenerateContent?alt=sse" if wanted.stream else "generateContent"
        return f"{self.path}/{model}:{method}", self.written(wanted)


PROGRAMS: dict[str, Program] = {
    "openai_chat": Program("/v1/chat/completions", chat_body),
    "openai_responses": Program("/v1/responses", responses_body),
    "anthropic_messages": Program("/v1/messages", messages_body),
    "gemini": GeminiProgram("/v1beta/models", gemini_body),
}


class Wire(Protocol):
    """How a provider reads a call and writes its answer. Tokens in, tokens out."""

    path: str  # what a call's path has in it
    overloaded: bytes

    def model(self, path: str, body: Json) -> str: ...

    def streams(self, path: str, body: Json) -> bool: ...

    def cap(self, body: Json) -> int | None: ...

    def prompt_at_most(self, body: Json) -> int: ...

    def whole(self, used: tuple[int, int] | None) -> Json: ...

    def begin(self, tokens_in: int) -> bytes: ...

    def piece(self) -> bytes: ...

    def end(self, used: tuple[int, int]) -> bytes: ...


class BodyNames:
    """The model and whether to stream are told in the body."""

    def model(self, path: str, body: Json) -> str:
        model: str = body["model"]
        return model

    def streams(self, path: str, body: Json) -> bool:
        return bool(body.get("stream"))


class ChatWire(BodyNames):
    path = "/chat/completions"
    overloaded = b'data: {"error": {"message": "Overloaded", "type": "server_error"}}\n\n'

    def cap(self, body: Json) -> int | None:
        return body.get("max_tokens", body.get("max_completion_tokens"))

    def prompt_at_most(self, body: Json) -> int:
        answers: int = body.get("n", 1)
        return answers * (sum(map(len, texts(body["messages"]))) + described(body))

    def whole(self, used: tuple[int, int] | None) -> Json:
        if used is None:
            return completion("x") | {"usage": None}
        return completion("x", tokens_in=used[0], tokens_out=used[1])

    def begin(self, tokens_in: int) -> bytes:
        return event({"role": "assistant", "content": ""})

    def piece(self) -> bytes:
        return event({"content": "x"})

    def end(self, used: tuple[int, int]) -> bytes:
        tokens_in, tokens_out = used
        usage = {"prompt_tokens": tokens_in, "completion_tokens": tokens_out, "total_tokens": tokens_in + tokens_out}
        return event(finish="stop") + event(usage=usage) + DONE


class MessagesWire(BodyNames):
    path = "/messages"
    overloaded = (
        b'event: error\ndata: {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}\n\n'
    )

    def cap(self, body: Json) -> int | None:
        cap: int | None = body.get("max_tokens")
        return cap

    def prompt_at_most(self, body: Json) -> int:
        overhead = TOOL_OVERHEAD if body.get("tools") else 0
        return sum(map(len, texts([body.get("system"), body["messages"]]))) + described(body) + overhead

    def whole(self, used: tuple[int, int] | None) -> Json:
        usage = None if used is None else {"input_tokens": used[0], "output_tokens": used[1]}
        return self._message([{"type": "text", "text": "x"}], "end_turn", usage)

    def begin(self, tokens_in: int) -> bytes:
        message = self._message([], None, {"input_tokens": tokens_in, "output_tokens": 1})
        block = {"index": 0, "content_block": {"type": "text", "text": ""}}
        return self._event("message_start", message=message) + self._event("content_block_start", **block)

    def piece(self) -> bytes:
        return self._event("content_block_delta", index=0, delta={"type": "text_delta", "text": "x"})

    def end(self, used: tuple[int, int]) -> bytes:
        usage = {"input_tokens": used[0], "output_tokens": used[1]}
        delta = {"stop_reason": "end_turn", "stop_sequence": None}
        return (
            self._event("content_block_stop", index=0)
            + self._event("message_delta", delta=delta, usage=usage)
            + self._event("message_stop")
        )

    def _message(self, content: list[Json], stop_reason: str | None, usage: Json | None) -> Json:
        told = {"content": content, "stop_reason": stop_reason, "stop_sequence": None, "usage": usage}
        return {"id": "msg_1", "type": "message", "role": "assistant", "model": "m", **told}

    def _event(self, kind: str, **fields: object) -> bytes:
        return f"event: {kind}\ndata: {json.dumps({'type': kind, **fields})}\n\n".encode()


class ResponsesWire(BodyNames):
    path = "/responses"
    overloaded = b'event: error\ndata: {"type": "error", "code": "server_error", "message": "Overloaded"}\n\n'

    def cap(self, body: Json) -> int | None:
        cap: int | None = body.get("max_output_tokens")
        return cap

    def prompt_at_most(self, body: Json) -> int:
        return sum(map(len, texts([body.get("instructions"), body["input"]]))) + described(body)

    def whole(self, used: tuple[int, int] | None) -> Json:
        return self._response("completed", used)

    def begin(self, tokens_in: int) -> bytes:
        created = self._event("response.created", response=self._response("in_progress", None) | {"output": []})
        item = {"id": "msg_1", "type": "message", "role": "assistant", "status": "in_progress", "content": []}
        return created + self._event("response.output_item.added", output_index=0, item=item)

    def piece(self) -> bytes:
        place = {"item_id": "msg_1", "output_index": 0, "content_index": 0}
        return self._event("response.output_text.delta", **place, delta="x")

    def end(self, used: tuple[int, int]) -> bytes:
        return self._event("response.completed", response=self._response("completed", used))

    def _response(self, status: str, used: tuple[int, int] | None) -> Json:
        content = [{"type": "output_text", "text": "x", "annotations": []}]
        item = {"id": "msg_1", "type": "message", "role": "assistant", "status": status, "content": content}
        usage = None if used is None else {"input_tokens": used[0], "output_tokens": used[1], "total_tokens": sum(used)}
        told = {"id": "resp_1", "object": "response", "status": status, "model": "m", "output": [item], "usage": usage}
        return told | {"error": None}

    def _event(self, kind: str, **fields: object) -> bytes:
        return f"event: {kind}\ndata: {json.dumps({'type': kind, **fields})}\n\n".encode()


class GeminiWire:
    path = "enerateContent"
    overloaded = b'data: {"error": {"code": 503, "message": "Overloaded", "status": "UNAVAILABLE"}}\r\n\r\n'

    def model(self, path: str, body: Json) -> str:
        return path.rpartition("/")[2].partition(":")[0]

    def streams(self, path: str, body: Json) -> bool:
        return ":stream" in path

    def cap(self, body: Json) -> int | None:
        cap: int | None = body.get("generationConfig", {}).get("maxOutputTokens")
        return cap

    def prompt_at_most(self, body: Json) -> int:
        return sum(map(len, texts([body.get("systemInstruction"), body["contents"]]))) + described(body)

    def whole(self, used: tuple[int, int] | None) -> Json:
        return self._chunk("x", "STOP", used)

    def begin(self, tokens_in: int) -> bytes:
        return self._event(self._chunk("", None, (tokens_in, 0)))

    def piece(self) -> bytes:
        return self._event(self._chunk("x", None, None))

    def end(self, used: tuple[int, int]) -> bytes:
        return self._event(self._chunk("", "STOP", used))

    def _chunk(self, text: str, reason: str | None, used: tuple[int, int] | None) -> Json:
        candidate: Json = {"index": 0, "content": {"role": "model", "parts": [{"text": text}]}}
        told: Json = {"candidates": [candidate | ({"finishReason": reason} if reason else {})], "modelVersion": "m"}
        if used is None:
            return told
        thought = used[1] // 2
        counts = {"promptTokenCount": used[0], "candidatesTokenCount": used[1] - thought, "thoughtsTokenCount": thought}
        return told | {"usageMetadata": counts | {"totalTokenCount": sum(used)}}

    def _event(self, told: Json) -> bytes:
        return b"data: " + json.dumps(told).encode() + b"\r\n\r\n"


WIRES: dict[str, Wire] = {
    "openai_chat": ChatWire(),
    "anthropic_messages": MessagesWire(),
    "openai_responses": ResponsesWire(),
    "gemini": GeminiWire(),
}
# Of the providers that the history has, and where each is: Gemini's own address has a version of its own. OpenAI
# speaks chat, too, with programs that speak that.
PRESETS = (("openai-compatible", "/v1"), ("anthropic", "/v1"), ("openai", "/v1"), ("gemini", "/v1beta"))


def wire_of(path: str) -> Wire:
    return next(wire for wire in WIRES.values() if wire.path in path)


def texts(value: object) -> Iterator[str]:
    """Every text in a prompt, however deep, but for the names of types and roles."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for item in value:
            yield from texts(item)
    elif isinstance(value, dict):
        yield from texts([item for name, item in value.items() if name not in ("type", "role")])


def described(body: Json) -> int:
    return len(json.dumps(body["tools"])) if body.get("tools") else 0
