"""The events of a stream in Anthropic's messages, in neutral terms."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from localrouter.dialects.anthropic_messages.fields import NAME
from localrouter.dialects.anthropic_messages.neutral.replies import citation_in, finish_in
from localrouter.dialects.json_bodies.number_lists import dumps
from localrouter.dialects.json_bodies.values import object_at, text_at, whole_at
from localrouter.domain.conversation.reply import (
    ArgumentsPiece,
    Began,
    Cited,
    Delta,
    Finished,
    PartBegan,
    ReasoningPiece,
    ReasoningSealed,
    TextPiece,
    ToolCallBegan,
    UsageTold,
)
from localrouter.domain.conversation.request import Usage

Json = Mapping[str, object]


class EventTranslator:
    """Reads the events of one stream."""

    __slots__ = ("_calls", "_last")

    def __init__(self) -> None:
        self._calls: dict[int, int] = {}  # the index of a block to the number of its tool call
        self._last = ""  # the type of the last block

    def deltas(self, event: Json, usage: Usage | None) -> tuple[Delta, ...]:
        return tuple(self._deltas(event, usage))

    def _deltas(self, event: Json, usage: Usage | None) -> Iterator[Delta]:
        match event.get("type"):
            case "message_start":
                message = object_at(event, "message") or {}
                yield Began(text_at(message, "id"), text_at(message, "model"))
            case "content_block_start":
                yield from self._block(whole_at(event, "index") or 0, object_at(event, "content_block") or {})
            case "content_block_delta":
                yield from self._delta(whole_at(event, "index") or 0, object_at(event, "delta") or {})
            case "message_delta":
                delta = object_at(event, "delta") or {}
                if usage is not None:
                    yield UsageTold(usage)
                if delta.get("stop_reason"):
                    yield Finished(finish_in(delta))

    def _block(self, index: int, block: Json) -> Iterator[Delta]:
        kind = text_at(block, "type")
        if kind == self._last and kind in ("text", "thinking"):
            yield PartBegan()
        self._last = kind
        match kind:
            case "text":
                if text := text_at(block, "text"):
                    yield TextPiece(text)
            case "thinking":
                if text := text_at(block, "thinking"):
                    yield ReasoningPiece(text)
            case "redacted_thinking":
                yield ReasoningSealed(encrypted=text_at(block, "data"), redacted=True, dialect=NAME)
            case "tool_use":
                number = self._calls[index] = len(self._calls)
                yield ToolCallBegan(number, text_at(block, "id"), text_at(block, "name"))
                if given := object_at(block, "input"):
                    yield ArgumentsPiece(number, dumps(given).decode())

    def _delta(self, index: int, delta: Json) -> Iterator[Delta]:
        match delta:
            case {"type": "text_delta", "text": str(text)} if text:
                yield TextPiece(text)
            case {"type": "thinking_delta", "thinking": str(text)} if text:
                yield ReasoningPiece(text)
            case {"type": "signature_delta", "signature": str(signature)}:
                yield ReasoningSealed(signature, dialect=NAME)
            case {"type": "citations_delta", "citation": dict(citation)}:
                yield Cited(citation_in(citation))
            case {"type": "input_json_delta", "partial_json": str(text)} if text and index in self._calls:
                yield ArgumentsPiece(self._calls[index], text)
