"""Puts the pieces of a stream's tool calls together, however a server numbers and names them.

OpenAI says index, id and name once and then only the index. Others leave the index or the id out, repeat the name, say
it in pieces, give one call several indexes or several calls the same, or write the arguments as an object.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from hashlib import sha256

import orjson

from localrouter.dialects.json_bodies.number_lists import dumps
from localrouter.dialects.json_bodies.values import arguments_at, object_at, text_at
from localrouter.dialects.openai_chat.neutral.thought_signatures import signature_beside
from localrouter.domain.conversation.parts import ReasoningPart, ToolKind
from localrouter.domain.conversation.reply import ArgumentsPiece, Delta, ReasoningSealed, ToolCallBegan

Json = Mapping[str, object]

_NOT_IN_AN_ID = re.compile(r"[^A-Za-z0-9]+")
_LONGEST_BASE = 24  # characters
_NUMBERED = re.compile(r"(?:^|[^A-Za-z0-9]|^[A-Za-z]+)\d{1,4}$")  # 0, call_1, functions.read:2


def made_id(answer: Json, asked: Json, number: int) -> str:
    """The id of a call that has none, in an answer to what was asked. No other answer has it: a program keeps the calls
    of all its turns, some servers call all answers the same, and a conversation grows with every turn."""
    base = _NOT_IN_AN_ID.sub("", text_at(answer, "id"))[-_LONGEST_BASE:] or sha256(dumps(asked)).hexdigest()
    length = sum(len(value) for value in asked.values() if isinstance(value, list))
    return f"call_{base[-_LONGEST_BASE:]}_{length}_{number}"


def is_taken(call_id: str, asked: Json) -> bool:
    """Whether the conversation has a call of this id already: some servers number their calls anew in every answer.
    Only what looks like a number is looked for."""
    if not _NUMBERED.search(call_id):
        return False
    found: list[object] = [value for value in asked.values() if isinstance(value, list)]
    while found:
        match found.pop():
            case dict() as told:
                if call_id in (told.get("id"), told.get("call_id")):
                    return True
                found.extend(value for value in told.values() if isinstance(value, dict | list))
            case list() as several:
                found.extend(value for value in several if isinstance(value, dict | list))
    return False


class CallPieces:
    """The tool calls of one stream. A call begins once its name is known, which the first of its arguments, another
    call or the end of the answer says."""

    __slots__ = ("_answer", "_asked", "_by_id", "_by_index", "_calls")

    def __init__(self, asked: Json) -> None:
        self._asked = asked
        self._answer: Json | None = None  # what first told of a call
        self._calls: list[_Call] = []
        self._by_index: dict[int, _Call] = {}
        self._by_id: dict[str, _Call] = {}

    def take(self, piece: Json, chunk: Json) -> Iterator[Delta]:
        kind = ToolKind.CUSTOM if isinstance(piece.get("custom"), dict) else ToolKind.FUNCTION
        inner = object_at(piece, kind.value) or {}
        name, text = text_at(inner, "name"), arguments_at(inner, "input" if kind is ToolKind.CUSTOM else "arguments")
        call = self._found(piece, name)
        if call is None:
            yield from self.end()
            call = self._added(piece, kind, chunk)
        yield from call.take(name, text)

    def end(self) -> Iterator[Delta]:
        """All calls that have not begun yet do."""
        for call in self._calls:
            yield from call.begin()

    def _found(self, piece: Json, name: str) -> _Call | None:
        """The call that a piece goes on with. One that is named anew while its arguments are whole is another one."""
        index, call_id = piece.get("index"), text_at(piece, "id")
        call = self._by_index.get(index) if isinstance(index, int) else None
        if call is not None:
            is_new = bool(call_id and name) and call_id != call.given_id
        else:
            call = self._by_id.get(call_id)
            if call is None and not call_id and not isinstance(index, int) and self._calls:
                call = self._calls[-1]
            is_new = False
        return None if call is None or is_new or (name and call.is_whole()) else call

    def _added(self, piece: Json, kind: ToolKind, chunk: Json) -> _Call:
        if self._answer is None:
            self._answer = chunk
        number, given = len(self._calls), text_at(piece, "id")
        is_free = given and all(given != each.id for each in self._calls) and not is_taken(given, self._asked)
        call_id = given if is_free else made_id(self._answer, self._asked, number)
        call = _Call(number, given, call_id, kind, signature_beside(piece, call_id))
        self._calls.append(call)
        self._by_id[given] = call
        if isinstance(index := piece.get("index"), int):
            self._by_index[index] = call
        return call


class _Call:
    __slots__ = ("_arguments", "_has_begun", "_kind", "_name", "_number", "_signature", "given_id", "id")

    def __init__(self, number: int, given: str, call_id: str, kind: ToolKind, signature: ReasoningPart | None) -> None:
        self._number, self.given_id, self.id, self._kind = number, given, call_id, kind
        self._signature = signature
        self._name = ""
        self._arguments: list[str] = []
        self._has_begun = False

    def take(self, name: str, text: str) -> Iterator[Delta]:
        if name and not self._has_begun and name != self._name:
            self._name += name
        if text:
            self._arguments.append(text)
            if self._has_begun:
                yield ArgumentsPiece(self._number, text)
            elif self._name:
                yield from self.begin()

    def begin(self) -> Iterator[Delta]:
        if self._has_begun:
            return
        self._has_begun = True
        if (sealed := self._signature) is not None:
            yield ReasoningSealed(encrypted=sealed.encrypted, dialect=sealed.dialect, item_id=sealed.item_id)
        yield ToolCallBegan(self._number, self.id, self._name, self._kind)
        if self._arguments:
            yield ArgumentsPiece(self._number, "".join(self._arguments))

    def is_whole(self) -> bool:
        """Whether it has all its arguments, as far as they tell."""
        text = "".join(self._arguments)
        if not text.rstrip().endswith("}"):
            return False
        try:
            return isinstance(orjson.loads(text), dict)
        except ValueError:
            return False
