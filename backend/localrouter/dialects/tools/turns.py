"""The calls and results of a conversation as strict servers want them.

Every call has an id of its own, in the form that the server takes, and the results of an answer's calls stand at once
behind it. Programs are not so strict: some servers give the ids of one turn again in the next, a note or a picture may
stand between a call and its result, and a program that shortens its history may keep the result alone.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from functools import partial
from hashlib import sha256

from localrouter.dialects.tool_names import fitted_id
from localrouter.domain.conversation.conversation import Message, Role
from localrouter.domain.conversation.parts import Part, ReasoningPart, TextPart, ToolCallPart, ToolKind, ToolResultPart

Shape = Callable[[str], str]
_NO_RESULT = "Interrupted."
_NO_CALL = "Result of an earlier tool call:"  # no longer than what stands around a result in a body


def at_most(longest: int, others: re.Pattern[str] | None = None) -> Shape:
    """Ids of so many characters, without `others`: by default of letters, digits, `_` and `-` alone."""
    return partial(fitted_id, longest=longest) if others is None else partial(fitted_id, longest=longest, others=others)


def exactly(length: int) -> Shape:
    """Ids of so many letters and digits."""
    fits = re.compile(rf"[A-Za-z0-9]{{{length}}}")
    return lambda given: given if fits.fullmatch(given) else _digest(given)[:length]


def _digest(text: str) -> str:
    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def in_order(messages: Iterable[Message], shape: Shape, adapted: set[str]) -> tuple[Message, ...]:
    """The messages with the ids and places of calls and results put right; `adapted` is told of results that never
    came, and of those whose call is not there."""
    order = _Order(shape)
    for message in messages:
        order.take(message)
    if order.end():
        adapted.add("calls without a result")
    if order.has_lone_results:
        adapted.add("results without a call")
    return tuple(order.messages())


@dataclass(slots=True)
class _Turn:
    """A message, and the results of its calls that stood elsewhere."""

    message: Message
    results: list[Part] = field(default_factory=list)


class _Order:
    __slots__ = ("_open", "_shape", "_taken", "_turns", "_unanswered", "has_lone_results")

    def __init__(self, shape: Shape) -> None:
        self.has_lone_results = False
        self._shape = shape
        self._turns: list[_Turn] = []
        self._taken: set[str] = set()
        self._unanswered: dict[str, tuple[int, ToolKind]] = {}  # ids of calls, and their turns
        self._open: dict[str, list[tuple[str, int]]] = {}  # given ids: what they became, and the turn of their call

    def messages(self) -> Iterator[Message]:
        for turn in self._turns:
            yield turn.message
            if turn.results:
                yield Message(Role.USER, tuple(turn.results))

    def end(self) -> bool:
        """Answer the calls whose results never came though the conversation went on: no strict server takes those."""
        interrupted = [each for each in self._unanswered.items() if each[1][0] < len(self._turns) - 1]
        for name, (turn, kind) in interrupted:
            self._turns[turn].results.append(ToolResultPart(name, (TextPart(_NO_RESULT),), is_error=True, kind=kind))
        return bool(interrupted)

    def take(self, message: Message) -> None:
        parts: list[Part] = []
        lone: list[Part] = []  # said by the user, behind the results that have a call
        for part in message.parts:
            if isinstance(part, ToolCallPart):
                parts.append(self._called(part))
            elif isinstance(part, ToolResultPart):
                if (answered := self._answered(part)) is None:
                    lone += _in_words(part)
                elif self._is_next_to(answered[1]):
                    parts.append(answered[0])
                else:
                    self._turns[answered[1]].results.append(answered[0])
            else:
                parts.append(part)
        if lone:
            self.has_lone_results = True
            results = [part for part in parts if isinstance(part, ToolResultPart)]
            parts = [*results, *lone, *(part for part in parts if not isinstance(part, ToolResultPart))]
        if parts or not message.parts:
            same = all(new is old for new, old in zip(parts, message.parts, strict=False))
            is_same = same and len(parts) == len(message.parts)
            self._turns.append(_Turn(message if is_same else replace(message, parts=_signed(message.parts, parts))))

    def _called(self, call: ToolCallPart) -> ToolCallPart:
        shaped = name = self._shape(call.id)
        number = 1
        while name in self._taken:
            number += 1
            name = self._shape(f"{shaped}-{number}")
        self._taken.add(name)
        self._unanswered[name] = (len(self._turns), call.kind)
        open_calls = self._open.setdefault(call.id, [])
        turn = len(self._turns)
        open_calls[:] = [(each, place) for each, place in open_calls if place == turn] + [(name, turn)]
        return call if name == call.id else replace(call, id=name)

    def _answered(self, result: ToolResultPart) -> tuple[ToolResultPart, int] | None:
        """A result under its call's new id, and the turn of that call; None where no call waits for it."""
        calls = self._open.get(result.call_id)
        if not calls:
            return None
        name, turn = calls.pop(0) if len(calls) > 1 else calls[0]
        if self._unanswered.pop(name, None) is None:
            return None
        return (result if name == result.call_id else replace(result, call_id=name)), turn

    def _is_next_to(self, turn: int) -> bool:
        """Whether only results stand between a turn and the message that comes now."""
        between = (part for each in self._turns[turn + 1 :] for part in each.message.parts)
        return all(isinstance(part, ToolResultPart) for part in between)


def _in_words(result: ToolResultPart) -> list[Part]:
    """A result as the user tells it."""
    texts = [part.text for part in result.parts if isinstance(part, TextPart)]
    others = [part for part in result.parts if not isinstance(part, TextPart)]
    said = (f"{_NO_CALL} error" if result.is_error else _NO_CALL, *texts)
    return [TextPart("\n".join(said), cache=result.cache), *others]


def _signed(before: tuple[Part, ...], after: list[Part]) -> tuple[Part, ...]:
    """Seals that name a call name it by its new id."""
    new = dict(zip(_calls(before), _calls(after), strict=True))
    return tuple(
        replace(part, item_id=new[part.item_id])
        if isinstance(part, ReasoningPart) and part.item_id in new and part.item_id is not None
        else part
        for part in after
    )


def _calls(parts: Iterable[Part]) -> list[str]:
    return [part.id for part in parts if isinstance(part, ToolCallPart)]
