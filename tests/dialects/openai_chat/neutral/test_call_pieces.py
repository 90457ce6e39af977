"""Tool calls as servers write them: without ids or numbers, named in pieces, with arguments that are no text."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from localrouter.dialects.contract import PlainAnswer
from localrouter.dialects.openai_chat.neutral.call_pieces import is_taken
from localrouter.dialects.openai_chat.provider import OpenAIChatProvider
from localrouter.dialects.presets import PRESETS
from localrouter.domain.conversation.parts import ToolCallPart
from localrouter.domain.conversation.reply import ArgumentsPiece, Delta, ToolCallBegan
from localrouter.domain.conversation.request import Endpoint, ModelRequest

PROVIDER, PRESET = OpenAIChatProvider(), PRESETS["openai-compatible"]
Piece = dict[str, object]


def asked(text: str = "a") -> ModelRequest:
    return ModelRequest(Endpoint.CHAT_COMPLETIONS, "one/a", {"input": text}, "another", stream=True)


def piece(call_id: str | None, name: str | None, arguments: object = "", **more: object) -> Piece:
    function = {"arguments": arguments} | ({} if name is None else {"name": name})
    return {"function": function} | ({} if call_id is None else {"id": call_id}) | more


def streamed(*pieces: Piece, answer_id: str = "x", request: ModelRequest | None = None) -> list[Delta]:
    decoder = PROVIDER.stream_decoder(request or asked(), PRESET)
    ended: list[tuple[object, str | None]] = [({"tool_calls": [each]}, None) for each in pieces] + [({}, "tool_calls")]
    chunks = [
        {"id": answer_id, "choices": [{"index": 0, "delta": delta, "finish_reason": reason}]} for delta, reason in ended
    ]
    events = decoder.feed(b"".join(b"data: " + orjson.dumps(chunk) + b"\n\n" for chunk in chunks))
    return [delta for event in events for delta in event.deltas]


def calls(deltas: list[Delta]) -> list[tuple[str, str, str]]:
    """The id, name and arguments of each call."""
    told: dict[int, list[str]] = {}
    for delta in deltas:
        if isinstance(delta, ToolCallBegan):
            told[delta.index] = [delta.id, delta.name, ""]
        elif isinstance(delta, ArgumentsPiece):
            told[delta.index][2] += delta.text
    return [(each[0], each[1], each[2]) for each in told.values()]


@pytest.mark.parametrize(
    "pieces",
    [
        [piece("c", "f", index=0), piece(None, None, '{"a":', index=0), piece(None, None, "1}", index=0)],
        [piece("c", "f"), piece("c", None, '{"a":'), piece("c", None, "1}")],
        [piece("c", "f"), piece("c", "f", '{"a":'), piece("c", "f", "1}")],
        [piece("c", "f", index=0), piece("c", None, '{"a":', index=1), piece("c", None, "1}", index=2)],
        [piece("c", "f", '{"a":', index=None), piece(None, None, "1}", index=None)],
        [piece("c", "f", {"a": 1}, index=0)],
        [piece("c", None, index=0), piece(None, "f", '{"a":1}', index=0)],
    ],
)
def test_the_pieces_of_one_call_are_one_however_they_are_numbered(pieces: list[Piece]) -> None:
    assert calls(streamed(*pieces)) == [("c", "f", '{"a":1}')]


def test_a_name_may_come_in_pieces_and_again() -> None:
    assert calls(streamed(piece("c", "get_", index=0), piece(None, "it", index=0), piece(None, None, "{}", index=0)))[
        0
    ] == ("c", "get_it", "{}")
    assert calls(streamed(piece("c", "f", index=0), piece(None, "f", "{}", index=0))) == [("c", "f", "{}")]
    assert calls(streamed(piece("c", "f", index=0))) == [("c", "f", "")]


@pytest.mark.parametrize(
    "pieces",
    [
        [piece("a", "f", "{}", index=0), piece("b", "g", "{}", index=0)],
        [piece("a", "f", "{}"), piece("b", "g", "{}")],
        [piece("a", "f", "{}", index=0), piece("b", "g", "{}", index=1)],
    ],
)
def test_calls_of_the_same_number_are_told_apart_by_their_ids(pieces: list[Piece]) -> None:
    assert calls(streamed(*pieces)) == [("a", "f", "{}"), ("b", "g", "{}")]


def test_calls_that_share_an_id_get_one_each() -> None:
    told = calls(streamed(piece("a", "f", "{}", index=0), piece("a", "g", "{}", index=1)))
    assert [each[1] for each in told] == ["f", "g"]
    assert len({each[0] for each in told}) == 2


def ids(deltas: list[Delta]) -> list[str]:
    return [each[0] for each in calls(deltas)]


def test_a_call_without_an_id_gets_one_that_no_other_turn_has() -> None:
    nameless = piece(None, "f", "{}", index=0)
    turns = [
        *ids(streamed(nameless, answer_id="chatcmpl-1")),
        *ids(streamed(nameless, answer_id="chatcmpl-2")),
        *ids(streamed(nameless, answer_id="")),
        *ids(streamed(nameless, answer_id="", request=asked("b"))),
    ]
    assert len(set(turns)) == 4
    answer = {"id": "chatcmpl-3", "choices": [{"message": {"tool_calls": [piece(None, "f"), piece(None, "g")]}}]}
    plain = PROVIDER.plain_answer(orjson.dumps(answer), asked(), PRESET)
    assert isinstance(plain, PlainAnswer)
    assert plain.reply is not None
    whole = [part.id for part in plain.reply.parts if isinstance(part, ToolCallPart)]
    assert len(set(turns) | set(whole)) == 6


def test_arguments_of_a_whole_answer_may_be_an_object() -> None:
    answer = {"choices": [{"message": {"tool_calls": [piece("c", "f", {"a": [1]})]}}]}
    plain = PROVIDER.plain_answer(orjson.dumps(answer), asked(), PRESET)
    assert isinstance(plain, PlainAnswer)
    assert plain.reply is not None
    assert plain.reply.parts == (ToolCallPart("c", "f", '{"a":[1]}'),)


def test_a_made_id_is_another_in_every_turn_although_the_answers_are_called_the_same() -> None:
    ids = set()
    for turns in (1, 3):
        request = ModelRequest(Endpoint.CHAT_COMPLETIONS, "one/a", {"messages": [{}] * turns}, "another", stream=True)
        ids.add(calls(streamed(piece(None, "f", "{}"), request=request))[0][0])
    assert len(ids) == 2


@pytest.mark.parametrize("given", ["0", "call_1", "functions.read:2", "call3"])
@pytest.mark.parametrize(
    "turn",
    [
        {"messages": [{"tool_calls": [{"id": None}]}]},
        {"messages": [{"content": [{"type": "tool_use", "id": None}]}]},
        {"input": [{"type": "function_call", "call_id": None, "id": "fc_1"}]},
    ],
)
def test_a_call_that_is_numbered_anew_in_every_answer_gets_an_id_of_its_own(given: str, turn: dict[str, Any]) -> None:
    [[name, [item]]] = turn.items()
    before = orjson.loads(orjson.dumps({name: [item]}).replace(b"null", orjson.dumps(given)))
    message = {"tool_calls": [{"id": given, "function": {"name": "f", "arguments": "{}"}}]}
    answer = orjson.dumps({"id": "x", "choices": [{"message": message, "finish_reason": "tool_calls"}]})
    cases: tuple[tuple[dict[str, object], bool], ...] = ((before, False), ({name: []}, True))
    for body, keeps in cases:
        request = ModelRequest(Endpoint.CHAT_COMPLETIONS, "one/a", body, "another", stream=True)
        [[call_id, _, _]] = calls(streamed(piece(given, "f", "{}"), request=request))
        told = PROVIDER.plain_answer(answer, request, PRESET)
        assert isinstance(told, PlainAnswer)
        assert told.reply is not None
        [part] = [part for part in told.reply.parts if isinstance(part, ToolCallPart)]
        assert call_id == part.id
        assert (call_id == given) is keeps


def test_ids_that_are_no_numbers_are_not_looked_for() -> None:
    assert not is_taken("call_8fK2x9aQ1", {"messages": [{"id": "call_8fK2x9aQ1"}]})
