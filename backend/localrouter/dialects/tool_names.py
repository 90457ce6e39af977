"""Names of tools and ids of calls that a provider would refuse, as others that it takes.

A name that does not fit is always said in the same way, so that a conversation stays the same from turn to turn, and
caches of prompts stay good. What the model then calls has its own name again before the program sees it.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from localrouter.dialects.contract import PlainAnswer, StreamEvent, StreamWriter
from localrouter.domain.conversation.conversation import Conversation, Message
from localrouter.domain.conversation.error_reply import ErrorReply
from localrouter.domain.conversation.parts import Part, ToolCallPart
from localrouter.domain.conversation.reply import Delta, ToolCallBegan

MARK = 9  # characters behind what is left of a name: a line and eight digits


@dataclass(frozen=True, slots=True)
class NameRule:
    """What a provider takes as the name of a tool: letters, digits, `_` and `-` alone, so many of them. `begins`: with
    a letter or `_`."""

    longest: int
    begins: bool = False

    def fits(self, name: str) -> bool:
        if len(name) > self.longest or _OTHERS.search(name):
            return False
        return not self.begins or name[:1].isalpha() or name.startswith("_")

    def start(self, name: str) -> str:
        """As much as fits of a name, with room for a mark."""
        kept = _OTHERS.sub("_", name)
        if self.begins and not kept[:1].isalpha():
            kept = f"_{kept}"
        return kept[: self.longest - MARK]


_OTHERS = re.compile(r"[^a-zA-Z0-9_-]")
ANY_LETTERS = re.compile("(?!)")  # none are others


def fitted(conversation: Conversation, rule: NameRule) -> tuple[Conversation, Mapping[str, str]]:
    """The conversation with names that fit, and what each of those stands for; the same one where all do."""
    names = dict.fromkeys(_names_in(conversation))
    if all(map(rule.fits, names)):
        return conversation, {}
    said: dict[str, str] = {name: name for name in names if rule.fits(name)}
    taken = set(said)
    for name in names:
        if name not in said:
            said[name] = _marked(rule.start(name), name, taken)
            taken.add(said[name])
    choice = conversation.tool_choice
    told = replace(
        conversation,
        tools=tuple(replace(tool, name=said[tool.name]) for tool in conversation.tools),
        tool_choice=choice and replace(choice, names=tuple(said[name] for name in choice.names)),
        messages=tuple(_message(message, said) for message in conversation.messages),
    )
    return told, {short: name for name, short in said.items() if short != name}


def fitted_id(given: str, longest: int, others: re.Pattern[str] = _OTHERS) -> str:
    """The id of a tool call in so many characters, without `others`: the same for a call and its result, and no two
    calls have one."""
    if given and len(given) <= longest and not others.search(given):
        return given
    given = given or "call"
    return _marked(others.sub("_", given)[: longest - MARK], given, ())


def _names_in(conversation: Conversation) -> Iterable[str]:
    yield from (tool.name for tool in conversation.tools)
    yield from conversation.tool_choice.names if conversation.tool_choice is not None else ()
    for message in conversation.messages:
        yield from (part.name for part in message.parts if isinstance(part, ToolCallPart))


def _marked(start: str, name: str, taken: Iterable[str]) -> str:
    digits = hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()
    marked = (f"{start}_{digits[at : at + MARK - 1]}" for at in range(len(digits) - MARK))
    return next(each for each in marked if each not in taken)


def _message(message: Message, said: Mapping[str, str]) -> Message:
    if not any(isinstance(part, ToolCallPart) for part in message.parts):
        return message
    return replace(message, parts=tuple(_called(part, said) for part in message.parts))


def _called(part: Part, said: Mapping[str, str]) -> Part:
    return replace(part, name=said.get(part.name, part.name)) if isinstance(part, ToolCallPart) else part


def restored(answer: PlainAnswer, renamed: Mapping[str, str]) -> PlainAnswer:
    """A whole answer whose calls bear the names that its program knows."""
    if not renamed or answer.reply is None:
        return answer
    parts = tuple(_called(part, renamed) for part in answer.reply.parts)
    return replace(answer, reply=replace(answer.reply, parts=parts))


def restoring(writer: StreamWriter, renamed: Mapping[str, str]) -> StreamWriter:
    """The same for a stream."""
    return RestoringWriter(writer, renamed) if renamed else writer


@dataclass(slots=True)
class RestoringWriter:
    writer: StreamWriter
    renamed: Mapping[str, str]

    def event(self, event: StreamEvent) -> bytes:
        return self.writer.event(replace(event, deltas=tuple(map(self._delta, event.deltas))))

    def end(self) -> bytes:
        return self.writer.end()

    def error(self, reply: ErrorReply) -> bytes:
        return self.writer.error(reply)

    def _delta(self, delta: Delta) -> Delta:
        if isinstance(delta, ToolCallBegan) and delta.name in self.renamed:
            return replace(delta, name=self.renamed[delta.name])
        return delta
