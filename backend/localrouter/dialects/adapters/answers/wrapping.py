"""Takes the JSON of an answer out of the wrapping that models put around it when they are asked in words: a code fence,
a sentence before it or behind it, thoughts in tags.

And a value out of the object in which it was asked for. An answer without any JSON in sight, such as a refusal, stays
as it is.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Protocol

from localrouter.dialects.adapters.answers.by_tool import FromTool, opened_reply
from localrouter.dialects.contract import EncodedCall, PlainAnswer, StreamDecoder, StreamEvent
from localrouter.dialects.json_bodies.lenient import Unreadable, loads
from localrouter.domain.conversation.parts import Part, ReasoningPart, TextPart
from localrouter.domain.conversation.reply import Delta, ReasoningPiece, Reply, TextPiece, UsageTold

VALUE = "value"  # the name under which an object holds an answer that is none
AS_JSON, AS_WORD = "json", "word"  # how the program reads it
_VALUE_BEGINS = re.compile(rf'\s*\{{\s*"{VALUE}"\s*:\s*(?=\S)')
_VALUE_MAY_BEGIN = re.compile(r'\s*(?:\{\s*(?:"(?:v(?:a(?:l(?:u(?:e(?:"\s*(?::\s*)?)?)?)?)?)?)?)?)?\Z')
_VALUE_MAY_END = re.compile(r"[\s}]+\Z")
_VALUE_ENDS = re.compile(r"\s*\}\s*\Z")
MOST_BEFORE = 2_000  # characters of a sentence before the JSON; a longer one is an answer in words
_THINKS, _THOUGHT = "<think>", "</think>"
_FENCE = re.compile(r"```[^\n`]*\n")
_END = re.compile(r"\s*\n\s*```")
_MAY_END = re.compile(r"[\s`]+\Z")


class Unwrapper(Protocol):
    """Takes one answer's text, in any pieces, and tells what is in it."""

    def feed(self, text: str) -> Iterator[Delta]: ...

    def end(self) -> Iterator[Delta]: ...


class JsonUnwrapper:
    """Takes one answer's text, in any pieces."""

    __slots__ = ("_held", "_state")

    def __init__(self) -> None:
        self._held = ""
        self._state = self._begins

    def feed(self, text: str) -> Iterator[Delta]:
        self._held += text
        before = None
        while before is not self._state:
            before = self._state
            yield from self._state()

    def end(self) -> Iterator[Delta]:
        """No more text comes: what was kept back is told, unless it is the wrapping's end."""
        held, self._held = self._held, ""
        if self._state == self._fenced:
            held = _MAY_END.sub("", held) if "```" in held else held
        if self._state != self._over and held:
            yield ReasoningPiece(held) if self._state == self._thinks else TextPiece(held)

    def _begins(self) -> Iterator[Delta]:
        start = self._held.lstrip()
        if start.startswith(_THINKS):
            self._held, self._state = start.removeprefix(_THINKS), self._thinks
        elif start[:1] in ("{", "["):
            self._state = self._plain
        elif (fence := _FENCE.search(self._held)) is not None:
            self._held, self._state = self._held[fence.end() :], self._fenced
        elif len(start) > MOST_BEFORE:
            self._state = self._plain
        yield from ()

    def _thinks(self) -> Iterator[Delta]:
        thought, tag, rest = self._held.partition(_THOUGHT)
        if tag:
            self._held, self._state = rest, self._begins
        else:
            kept = next((size for size in range(len(_THOUGHT) - 1, 0, -1) if thought.endswith(_THOUGHT[:size])), 0)
            thought, self._held = thought[: len(thought) - kept], thought[len(thought) - kept :]
        if thought:
            yield ReasoningPiece(thought)

    def _plain(self) -> Iterator[Delta]:
        text, self._held = self._held, ""
        if text:
            yield TextPiece(text)

    def _fenced(self) -> Iterator[Delta]:
        end = _END.search(self._held)
        if end is not None:
            text, self._held, self._state = self._held[: end.start()], "", self._over
        else:
            held = _MAY_END.search(self._held)
            cut = len(self._held) if held is None else held.start()
            text, self._held = self._held[:cut], self._held[cut:]
        if text:
            yield TextPiece(text)

    def _over(self) -> Iterator[Delta]:
        self._held = ""
        yield from ()


class ValueTaker:
    """Takes the value out of one answer's text, in any pieces. What is in no object, such as a refusal, stays."""

    __slots__ = ("_held", "_is_inside", "_reads_as", "_stays")

    def __init__(self, reads_as: str) -> None:
        self._held = ""
        self._reads_as = reads_as
        self._is_inside = self._stays = False

    def feed(self, text: str) -> Iterator[Delta]:
        self._held += text
        if not self._is_inside and not self._stays:
            found = _VALUE_BEGINS.match(self._held)
            self._stays = found is None and _VALUE_MAY_BEGIN.match(self._held) is None
            if found is not None:
                self._is_inside, self._held = True, self._held[found.end() :]
        if self._stays:
            yield from self._all()
        elif self._is_inside and self._reads_as == AS_JSON:
            end = _VALUE_MAY_END.search(self._held)
            cut = len(self._held) if end is None else end.start()
            told, self._held = self._held[:cut], self._held[cut:]
            if told:
                yield TextPiece(told)

    def end(self) -> Iterator[Delta]:
        if self._is_inside:
            self._held = _VALUE_ENDS.sub("", self._held, count=1)
            if self._reads_as == AS_WORD:
                self._held = _word(self._held)
        yield from self._all()

    def _all(self) -> Iterator[Delta]:
        held, self._held = self._held, ""
        if held:
            yield TextPiece(held)


class _Chained:
    """One taker behind another: what models put around the JSON goes first."""

    __slots__ = ("_first", "_then")

    def __init__(self, first: Unwrapper, then: Unwrapper) -> None:
        self._first, self._then = first, then

    def feed(self, text: str) -> Iterator[Delta]:
        yield from self._passed(self._first.feed(text))

    def end(self) -> Iterator[Delta]:
        yield from self._passed(self._first.end())
        yield from self._then.end()

    def _passed(self, deltas: Iterator[Delta]) -> Iterator[Delta]:
        for delta in deltas:
            yield from self._then.feed(delta.text) if isinstance(delta, TextPiece) else (delta,)


def unwrapper_of(call: EncodedCall) -> Unwrapper | None:
    """What takes the answer to a call out of what is around it; None where it comes as the program wants it."""
    if call.by_tool:
        return FromTool(ValueTaker(call.value_as) if call.value_as else None)
    if not call.value_as:
        return JsonUnwrapper() if call.wraps_json else None
    taker = ValueTaker(call.value_as)
    return _Chained(JsonUnwrapper(), taker) if call.wraps_json else taker


def unwrapped(answer: PlainAnswer, unwrapper: Unwrapper) -> PlainAnswer:
    """A whole answer that has its `reply`."""
    return answer if answer.reply is None else replace(answer, reply=_unwrapped_reply(answer.reply, unwrapper))


def _unwrapped_reply(reply: Reply, unwrapper: Unwrapper) -> Reply:
    if isinstance(unwrapper, FromTool):
        reply = opened_reply(reply)
    texts = [part.text for part in reply.parts if isinstance(part, TextPart)]
    pieces = [*unwrapper.feed("".join(texts)), *unwrapper.end()]
    thoughts = "".join(piece.text for piece in pieces if isinstance(piece, ReasoningPiece))
    text = "".join(piece.text for piece in pieces if isinstance(piece, TextPiece))
    if not thoughts and text == "".join(texts):
        return reply
    others: list[Part] = [part for part in reply.parts if not isinstance(part, TextPart)]
    said: list[Part] = [ReasoningPart(thoughts)] if thoughts else []
    return replace(reply, parts=(*said, TextPart(text), *others))


class UnwrappedStream:
    """A `contract.StreamDecoder` whose deltas tell the JSON alone."""

    __slots__ = ("_decoder", "_unwrapper")

    def __init__(self, decoder: StreamDecoder, unwrapper: Unwrapper) -> None:
        self._decoder = decoder
        self._unwrapper = unwrapper

    @property
    def answers_finished(self) -> int:
        return self._decoder.answers_finished

    @property
    def answer_id(self) -> str | None:
        return self._decoder.answer_id

    def feed(self, data: bytes) -> Sequence[StreamEvent]:
        return [self._unwrapped(event) for event in self._decoder.feed(data)]

    def end(self) -> Sequence[StreamEvent]:
        return [self._unwrapped(event) for event in self._decoder.end()]

    def _unwrapped(self, event: StreamEvent) -> StreamEvent:
        if not event.deltas:
            return event
        deltas: Iterable[Delta] = event.deltas
        if isinstance(self._unwrapper, FromTool):
            deltas = self._unwrapper.opened(deltas)
        return replace(event, deltas=tuple(self._told(deltas)))

    def _told(self, deltas: Iterable[Delta]) -> Iterator[Delta]:
        for delta in deltas:
            match delta:
                case TextPiece():
                    yield from self._unwrapper.feed(delta.text)
                case ReasoningPiece() | UsageTold():
                    yield delta
                case _:
                    yield from self._flushed(delta)

    def _flushed(self, delta: Delta) -> Iterator[Delta]:
        """Whatever else comes, apart from the beginning, the text is over."""
        yield from self._unwrapper.end()
        yield delta


def _word(written: str) -> str:
    try:
        value = loads(written.encode("utf-8", "surrogatepass"))
    except Unreadable:
        return written
    return value if isinstance(value, str) else written
