"""Writes a stream of neutral pieces as Anthropic's events: one block after the other, each begun and ended."""

from __future__ import annotations

from collections.abc import Iterator

import orjson

from localrouter.dialects.anthropic_messages.neutral.replies import (
    NOT_SAID,
    call_block,
    citation_json,
    id_of,
    reason_of,
    text_block,
)
from localrouter.dialects.anthropic_messages.neutral.requests import arguments_in
from localrouter.dialects.anthropic_messages.neutral.signatures import redacted_data_of, signature_of
from localrouter.dialects.anthropic_messages.request import estimated_tokens
from localrouter.dialects.anthropic_messages.usage import usage_json
from localrouter.dialects.contract import StreamEvent
from localrouter.domain.conversation.reply import (
    ArgumentsPiece,
    Began,
    Cited,
    Delta,
    Finish,
    Finished,
    FinishReason,
    PartBegan,
    ReasoningPiece,
    ReasoningSealed,
    RefusalPiece,
    TextPiece,
    ToolCallBegan,
    UsageTold,
)
from localrouter.domain.conversation.request import ModelRequest, Usage

Json = dict[str, object]

_UNSIGNED = ReasoningSealed()


def event_bytes(name: str, told: Json) -> bytes:
    return b"event: " + name.encode() + b"\ndata: " + orjson.dumps({"type": name} | told) + b"\n\n"


class EventWriter:
    """Writes one stream. A block is open until a piece of another kind comes; of tool calls that grow at once, the
    second waits until the first is whole."""

    __slots__ = (
        "_arguments",
        "_began",
        "_calls",
        "_ended",
        "_finish",
        "_index",
        "_open",
        "_request",
        "_usage",
        "_waiting",
    )

    def __init__(self, request: ModelRequest | None = None) -> None:
        self._request = request
        self._began = self._ended = self._calls = False
        self._index = 0
        self._open = ""  # the kind of the open block; a tool call's is its number
        self._arguments: list[str] = []  # of the open call
        self._waiting: list[ToolCallBegan | ArgumentsPiece] = []
        self._finish: Finish | None = None
        self._usage: Usage | None = None

    def event(self, event: StreamEvent) -> bytes:
        if event.is_alive:
            return event_bytes("ping", {})
        written = b"".join(part for delta in event.deltas for part in self._written(delta))
        return written + self.end() if event.done else written

    def end(self) -> bytes:
        """The end of the last block and of the message; once."""
        if self._ended:
            return b""
        self._ended = True
        return b"".join(self._end())

    def _end(self) -> Iterator[bytes]:
        yield from self._begin(Began())
        yield from self._flush()
        yield from self._close()
        finish = self._finish or Finish(FinishReason.OTHER)
        delta: Json = {"stop_reason": reason_of(finish, calls=self._calls), "stop_sequence": finish.stop_sequence}
        yield event_bytes("message_delta", {"delta": delta | NOT_SAID, "usage": usage_json(self._usage)})
        yield event_bytes("message_stop", {})

    def _written(self, delta: Delta) -> Iterator[bytes]:
        match delta:
            case Began():
                yield from self._begin(delta)
            case UsageTold():
                self._usage = delta.usage
            case Finished():
                self._finish = delta.finish
            case ToolCallBegan() | ArgumentsPiece():
                yield from self._begin(Began())
                yield from self._of_call(delta)
            case _:
                yield from self._begin(Began())
                yield from self._flush()
                yield from self._of_text(delta)

    def _begin(self, began: Began) -> Iterator[bytes]:
        if not self._began:
            self._began = True
            message: Json = {
                "id": id_of(began.id, self._request),
                "type": "message",
                "role": "assistant",
                "model": began.model or ("" if self._request is None else self._request.model),
                "content": [],
                "stop_reason": None,
                "stop_sequence": None,
                "usage": usage_json(self._usage or self._expected()),
            } | NOT_SAID
            yield event_bytes("message_start", {"message": message})

    def _expected(self) -> Usage:
        """About the tokens of the prompt: programs read them where the message begins, and no other provider tells them
        there."""
        return Usage() if self._request is None else Usage(estimated_tokens(self._request))

    def _of_text(self, delta: Delta) -> Iterator[bytes]:
        match delta:
            case PartBegan():
                yield from self._close()
            case TextPiece(text) | RefusalPiece(text):
                yield from self._opened("text", text_block(""))
                yield self._delta({"type": "text_delta", "text": text})
            case Cited(citation):
                yield from self._opened("text", text_block(""))
                yield self._delta({"type": "citations_delta", "citation": citation_json(citation)})
            case ReasoningPiece(text):
                yield from self._opened("thinking", {"type": "thinking", "thinking": "", "signature": ""})
                yield self._delta({"type": "thinking_delta", "thinking": text})
            case ReasoningSealed():
                yield from self._sealed(delta)

    def _sealed(self, sealed: ReasoningSealed) -> Iterator[bytes]:
        if self._open == "thinking" and not sealed.redacted:
            yield from self._close(sealed)
            return
        if sealed.encrypted is None and sealed.signature is not None:
            yield from self._opened("thinking", {"type": "thinking", "thinking": "", "signature": ""})
            yield from self._close(sealed)
        elif sealed.encrypted is not None:
            block: Json = {"type": "redacted_thinking", "data": redacted_data_of(sealed)}
            yield from self._opened("redacted", block)
            yield from self._close()

    def _of_call(self, delta: ToolCallBegan | ArgumentsPiece) -> Iterator[bytes]:
        if self._open == str(delta.index) and isinstance(delta, ArgumentsPiece):
            yield from self._argue(delta.text)
        elif self._open.isdigit() and (self._waiting or not self._is_whole()):
            self._waiting.append(delta)
        elif isinstance(delta, ToolCallBegan):
            yield from self._call(delta)

    def _call(self, call: ToolCallBegan) -> Iterator[bytes]:
        self._calls = True
        yield from self._opened(str(call.index), call_block(call.id, call.name, {}))
        self._arguments = []

    def _argue(self, text: str) -> Iterator[bytes]:
        if text:
            self._arguments.append(text)
            yield self._delta({"type": "input_json_delta", "partial_json": text})

    def _is_whole(self) -> bool:
        """Whether the open call has all its arguments, as far as they tell."""
        return bool(self._arguments) and arguments_in("".join(self._arguments)) is not None

    def _flush(self) -> Iterator[bytes]:
        """The calls that waited, one after the other."""
        waiting, self._waiting = self._waiting, []
        calls: dict[int, list[ToolCallBegan | ArgumentsPiece]] = {}
        for delta in waiting:
            calls.setdefault(delta.index, []).append(delta)
        for deltas in calls.values():
            for delta in deltas:
                if isinstance(delta, ToolCallBegan):
                    yield from self._call(delta)
                else:
                    yield from self._argue(delta.text)

    def _opened(self, kind: str, block: Json) -> Iterator[bytes]:
        """Begin a block, unless one of its kind is open."""
        if self._open == kind:
            return
        yield from self._close()
        self._open = kind
        yield event_bytes("content_block_start", {"index": self._index, "content_block": block})

    def _close(self, sealed: ReasoningSealed = _UNSIGNED) -> Iterator[bytes]:
        if not self._open:
            return
        if self._open == "thinking":
            yield self._delta({"type": "signature_delta", "signature": signature_of(sealed)})
        yield event_bytes("content_block_stop", {"index": self._index})
        self._index += 1
        self._open = ""

    def _delta(self, told: Json) -> bytes:
        return event_bytes("content_block_delta", {"index": self._index, "delta": told})
