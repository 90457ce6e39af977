"""Writes a stream of neutral pieces as OpenAI's chunks."""

from __future__ import annotations

import orjson

from localrouter.dialects.contract import StreamEvent
from localrouter.dialects.openai_chat.neutral.contents import annotation_of
from localrouter.dialects.openai_chat.neutral.reasoning import format_of
from localrouter.dialects.openai_chat.neutral.replies import head_of, logprobs_of, reason_of, usage_of
from localrouter.dialects.sse import COMMENT
from localrouter.domain.conversation.parts import ToolKind
from localrouter.domain.conversation.reply import (
    ArgumentsPiece,
    Began,
    Cited,
    Delta,
    Finished,
    ReasoningPiece,
    ReasoningSealed,
    RefusalPiece,
    TextPiece,
    ToolCallBegan,
    UsageTold,
)
from localrouter.domain.conversation.request import ModelRequest, Usage

Json = dict[str, object]


class ChunkWriter:
    """Writes one stream. The chunk that carries the usage is shown to a program that asked for it."""

    __slots__ = ("_bare", "_began", "_ended", "_head", "_kinds", "_request", "_text_before", "_usage")

    def __init__(self, request: ModelRequest) -> None:
        self._request = request
        self._head = head_of("", "", request)
        self._began = self._ended = False
        self._text_before = 0  # characters
        self._usage: Usage | None = None
        self._kinds: dict[int, ToolKind] = {}  # of tool calls
        self._bare: set[int] = set()  # tool calls without arguments so far

    def event(self, event: StreamEvent) -> bytes:
        if event.is_alive:
            return COMMENT
        written = b"".join(map(self._written, event.deltas))
        return written + self.end() if event.done else written

    def end(self) -> bytes:
        """The usage where it is wanted, and the terminator; once."""
        if self._ended:
            return b""
        self._ended = True
        usage = b""
        if self._request.wants_usage_chunk and self._usage is not None:
            usage = self._event({"choices": [], "usage": usage_of(self._usage)})
        return usage + b"data: [DONE]\n\n"

    def _written(self, delta: Delta) -> bytes:
        match delta:
            case Began():
                self._head = head_of(delta.id, delta.model, self._request)
                return self._begin()
            case UsageTold():
                self._usage = delta.usage
                return b""
            case Finished():
                return self._without_arguments() + self._choice({}, reason_of(delta.finish, calls=bool(self._kinds)))
            case TextPiece():
                self._text_before += len(delta.text)
                logprobs = logprobs_of(delta.logprobs) if delta.logprobs else None
                return self._choice({"content": delta.text}, None, logprobs)
        told = self._told(delta)
        return b"" if told is None else self._choice(told)

    def _told(self, delta: Delta) -> Json | None:
        match delta:
            case ReasoningPiece():
                kind, name = ("summary", "summary") if delta.is_summary else ("text", "text")
                detail = {"type": f"reasoning.{kind}", name: delta.text, "format": "unknown", "index": 0}
                return {"reasoning_content": delta.text, "reasoning_details": [detail]}
            case ReasoningSealed():
                return {"reasoning_details": _sealed(delta)}
            case RefusalPiece():
                return {"refusal": delta.text}
            case Cited():
                annotation = annotation_of(delta.citation, 0)
                return None if annotation is None else {"annotations": [annotation]}
            case ToolCallBegan(index, call_id, name, kind):
                self._kinds[index] = kind
                self._bare.add(index)
                return _call(index, kind, name, "", {"id": call_id, "type": kind.value})
            case ArgumentsPiece(index, text):
                if text:
                    self._bare.discard(index)
                return _call(index, self._kinds.get(index, ToolKind.FUNCTION), None, text, {})
        return None

    def _without_arguments(self) -> bytes:
        """The arguments of functions that were called without any: programs read no empty text as JSON."""
        bare = [index for index in sorted(self._bare) if self._kinds[index] is ToolKind.FUNCTION]
        return b"".join(self._choice(_call(index, ToolKind.FUNCTION, None, "{}", {})) for index in bare)

    def _begin(self) -> bytes:
        if self._began:
            return b""
        self._began = True
        return self._choice({"role": "assistant", "content": ""})

    def _choice(self, delta: Json, reason: str | None = None, logprobs: Json | None = None) -> bytes:
        choice: Json = {"index": 0, "delta": delta, "finish_reason": reason}
        if logprobs is not None:
            choice["logprobs"] = logprobs
        before = b"" if self._began else self._begin()
        return before + self._event({"choices": [choice]})

    def _event(self, told: Json) -> bytes:
        return b"data: " + orjson.dumps({**self._head, "object": "chat.completion.chunk", **told}) + b"\n\n"


def _call(index: int, kind: ToolKind, name: str | None, text: str, marks: Json) -> Json:
    named: Json = {} if name is None else {"name": name}
    told = named | {"input" if kind is ToolKind.CUSTOM else "arguments": text}
    return {"tool_calls": [{"index": index, **marks, kind.value: told}]}


def _sealed(delta: ReasoningSealed) -> list[Json]:
    marks: Json = {"format": format_of(delta.dialect), "index": 0}
    if delta.item_id is not None:
        marks["id"] = delta.item_id
    details: list[Json] = []
    if delta.signature is not None:
        details.append({"type": "reasoning.text", "text": "", "signature": delta.signature, **marks})
    if delta.encrypted is not None:
        details.append({"type": "reasoning.encrypted", "data": delta.encrypted, **marks})
    return details
