"""Takes the JSON of an answer out of the wrapping that models put around it when they are asked in words: a code fence,
a sentence before it or behind it, thoughts in tags.

An answer without any JSON in sight, such as a refusal, stays as it is.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from localrouter.dialects.contract import PlainAnswer, StreamDecoder, StreamEvent
from localrouter.domain.conversation.parts import Part, ReasoningPart, TextPart
from localrouter.domain.conversation.reply import Delta, ReasoningPiece, Reply, TextPiece, UsageTold

MOST_BEFORE = 2_000  # characters of a sentence before the JSON; a longer one is an answer in words
_THINKS, _THOUGHT = "<think>", "</think>"
_FENCE = re.compile(r"```[^\n`]*\n")
_END = re.compile(r"\s*\n\s*```")
_MAY_END = re.compile(r"[\s`]+\Z")


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


def unwrapped(answer: PlainAnswer) -> PlainAnswer:
    """A whole answer that has its `reply`."""
    return answer if answer.reply is None else replace(answer, reply=_unwrapped_reply(answer.reply))


def _unwrapped_reply(reply: Reply) -> Reply:
    unwrapper, texts = JsonUnwrapper(), [part.text for part in reply.parts if isinstance(part, TextPart)]
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

    def __init__(self, decoder: StreamDecoder) -> None:
        self._decoder = decoder
        self._unwrapper = JsonUnwrapper()

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
        return replace(event, deltas=tuple(self._told(event.deltas))) if event.deltas else event

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
