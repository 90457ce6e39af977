"""The events of a provider's stream, in neutral terms."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from localrouter.dialects.json_bodies.values import object_at, objects_at, text_at, whole_at
from localrouter.dialects.openai_responses.answer import ENDED
from localrouter.dialects.openai_responses.neutral.contents import citations_in
from localrouter.dialects.openai_responses.neutral.readings import (
    CALLS,
    arguments_of,
    call_of,
    finish_in,
    logprobs_in,
    parts_of,
    reasoning_of,
)
from localrouter.domain.conversation.parts import Part, ReasoningPart, RefusalPart, TextPart
from localrouter.domain.conversation.reply import (
    ArgumentsPiece,
    Began,
    Cited,
    Delta,
    Finished,
    PartBegan,
    ReasoningPiece,
    ReasoningSealed,
    RefusalPiece,
    TextPiece,
    ToolCallBegan,
    UsageTold,
)
from localrouter.domain.conversation.request import Usage

Json = Mapping[str, object]

_SUMMARY = "response.reasoning_summary_text.delta"
_THOUGHT = ("response.reasoning_text.delta", "response.reasoning.delta")
_ARGUMENTS = ("response.function_call_arguments.delta", "response.custom_tool_call_input.delta")


class EventTranslator:
    """Reads the events of one stream. Items are known by where they stand in the answer: servers change their ids."""

    __slots__ = ("_began", "_calls", "_last", "_said")

    def __init__(self) -> None:
        self._began = False
        self._calls: dict[int, int] = {}  # where a call stands to its number among all
        self._said: set[int] = set()  # where something was said in pieces
        self._last: tuple[str, int, int] | None = None  # the kind of the last piece, and the part that it belongs to

    def deltas(self, kind: str, event: Json, usage: Usage | None) -> tuple[Delta, ...]:
        return tuple(self._deltas(kind, event, usage))

    def _deltas(self, kind: str, event: Json, usage: Usage | None) -> Iterator[Delta]:
        response = object_at(event, "response")
        if not self._began and response is not None:
            self._began = True
            yield Began(text_at(response, "id"), text_at(response, "model"))
        if kind.endswith(".delta"):
            yield from self._piece(kind, event)
        elif kind == "response.output_text.annotation.added":
            yield from map(Cited, citations_in({"annotations": [event.get("annotation")]}))
        elif kind == "response.output_item.added":
            yield from self._item(event, object_at(event, "item") or {})
        elif kind == "response.output_item.done":
            yield from self._item_done(event, object_at(event, "item") or {})
        elif response is not None and kind.removeprefix("response.") in ENDED:
            if usage is not None:
                yield UsageTold(usage)
            has_calls = any(item.get("type") in CALLS for item in objects_at(response, "output"))
            yield Finished(finish_in(response, calls=has_calls or bool(self._calls)))

    def _piece(self, kind: str, event: Json) -> Iterator[Delta]:
        text, place = text_at(event, "delta"), whole_at(event, "output_index") or 0
        if not text:
            return
        self._said.add(place)
        if kind in _ARGUMENTS:
            if place in self._calls:
                yield ArgumentsPiece(self._calls[place], text)
            return
        part = whole_at(event, "summary_index" if kind == _SUMMARY else "content_index") or 0
        if self._last is not None and self._last[0] == kind and self._last != (kind, place, part):
            yield PartBegan()
        self._last = (kind, place, part)
        if kind == "response.output_text.delta":
            yield TextPiece(text, logprobs_in(event))
        elif kind == "response.refusal.delta":
            yield RefusalPiece(text)
        elif kind == _SUMMARY or kind in _THOUGHT:
            yield ReasoningPiece(text, is_summary=kind == _SUMMARY)

    def _item(self, event: Json, item: Json) -> Iterator[Delta]:
        if item.get("type") in CALLS:
            yield from self._call(whole_at(event, "output_index") or 0, item)

    def _call(self, place: int, item: Json) -> Iterator[Delta]:
        if place in self._calls:
            return
        number = self._calls[place] = len(self._calls)
        call = call_of(item, "")
        yield ToolCallBegan(number, call.id, call.name, call.kind)

    def _item_done(self, event: Json, item: Json) -> Iterator[Delta]:
        """A whole item: the seal of its thoughts, and all of it where it did not come in pieces."""
        place, kind = whole_at(event, "output_index") or 0, item.get("type")
        if kind in CALLS:
            yield from self._call(place, item)
            if place not in self._said and (arguments := arguments_of(item)):
                yield ArgumentsPiece(self._calls[place], arguments)
            return
        if place not in self._said:
            for part in parts_of(item):
                yield from _whole(part)
        if kind == "reasoning":
            part = reasoning_of(item)
            if part.encrypted is not None:
                yield ReasoningSealed(encrypted=part.encrypted, dialect=part.dialect, item_id=part.item_id)


def _whole(part: Part) -> Iterator[Delta]:
    match part:
        case TextPart(text=text) if text:
            yield TextPiece(text, part.logprobs)
            yield from map(Cited, part.citations)
        case RefusalPart(text=text) if text:
            yield RefusalPiece(text)
        case ReasoningPart():
            if part.text:
                yield ReasoningPiece(part.text)
            yield from (ReasoningPiece(said, is_summary=True) for said in part.summary)
