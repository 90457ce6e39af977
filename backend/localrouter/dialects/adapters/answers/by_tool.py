"""An answer by a tool: a model that follows schemas in its tools alone has to call one whose input is the answer.

The input becomes the answer's text on the way back, whole or streamed. Where the model answers otherwise, such as with
a refusal, its words stay.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Protocol

from localrouter.domain.conversation.parts import Part, TextPart, ToolCallPart
from localrouter.domain.conversation.reply import (
    ArgumentsPiece,
    Delta,
    Finish,
    Finished,
    FinishReason,
    Reply,
    TextPiece,
    ToolCallBegan,
)

ANSWER_TOOL = "answer"
BY_TOOL = "structured output by a tool"
_DESCRIPTION = "Give your answer. Its input is the whole answer."


def answer_tool(schema: Mapping[str, object]) -> dict[str, object]:
    """The tool as Anthropic is told of it."""
    return {"name": ANSWER_TOOL, "description": _DESCRIPTION, "input_schema": schema}


class _Taker(Protocol):
    def feed(self, text: str) -> Iterator[Delta]: ...

    def end(self) -> Iterator[Delta]: ...


class FromTool:
    """Takes one answer out of the call of its tool; `then` takes the value out of what that holds."""

    __slots__ = ("_held", "_index", "_is_empty", "_then")

    def __init__(self, then: _Taker | None = None) -> None:
        self._then = then
        self._index: int | None = None  # of the call
        self._is_empty = True
        self._held: list[Delta] = []  # words before a call are none of the answer

    def feed(self, text: str) -> Iterator[Delta]:
        yield from (TextPiece(text),) if self._then is None else self._then.feed(text)

    def end(self) -> Iterator[Delta]:
        yield from () if self._then is None else self._then.end()

    def opened(self, deltas: Iterable[Delta]) -> Iterator[Delta]:
        """The pieces of the answer: those of the call as text."""
        for delta in deltas:
            match delta:
                case TextPiece() if self._index is None:
                    self._held.append(delta)
                case TextPiece():
                    pass  # words behind the call
                case ToolCallBegan():
                    if self._index is None:
                        self._index, self._held = delta.index, []
                case ArgumentsPiece():
                    if delta.index == self._index and delta.text:
                        self._is_empty = False
                        yield TextPiece(delta.text)
                case Finished():
                    yield from self._finished(delta)
                case _:
                    yield delta

    def _finished(self, delta: Finished) -> Iterator[Delta]:
        yield from self.rest()
        if self._index is not None and self._is_empty and delta.finish.reason is FinishReason.TOOLS:
            yield TextPiece("{}")
        yield Finished(_as_answer(delta.finish))

    def rest(self) -> Iterator[Delta]:
        """What was kept back where no call came."""
        held, self._held = self._held, []
        yield from held


def opened_reply(reply: Reply) -> Reply:
    """A whole answer with the input of the tool as its text."""
    call = next((part for part in reply.parts if isinstance(part, ToolCallPart)), None)
    if call is None:
        return reply
    others: list[Part] = [part for part in reply.parts if not isinstance(part, (TextPart, ToolCallPart))]
    return replace(reply, parts=(*others, TextPart(call.arguments or "{}")), finish=_as_answer(reply.finish))


def _as_answer(finish: Finish) -> Finish:
    return Finish(FinishReason.STOP) if finish.reason is FinishReason.TOOLS else finish
