"""JSON-RPC as it goes over the wire: codes, batches, notifications, and what never leaves the process."""

from __future__ import annotations

import asyncio
import logging
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import orjson
import pytest

from localrouter.commands.registration.calls import Calls
from localrouter.commands.registration.registry import Params, Registry, View, collect, command
from localrouter.commands.registration.services import Services
from localrouter.domain.errors import Conflict, Finding, Invalid, NotFound, Refusal, Unavailable
from localrouter.surfaces.admin_api.rpc import MAX_BATCH_CALLS, Rpc, is_too_deep
from localrouter.surfaces.admin_api.rpc_errors import MEANINGS
from tests.commands.world import World

SECRET = "sk-planted-secret"


class Word(Params):
    word: str


class Echoed(View):
    word: str


class Unserializable(View):
    number: int


@command("echo", reads=())
async def echo(services: Services, params: Word) -> Echoed:
    """Say a word back."""
    return Echoed(word=params.word)


@command("slow_echo", reads=())
async def slow_echo(services: Services, params: Word) -> Echoed:
    """Say a word back, later."""
    await asyncio.sleep(0.01)
    return Echoed(word=params.word)


@command("explode", reads=())
async def explode(services: Services) -> Echoed:
    """Fail in a way that nobody foresaw."""
    raise RuntimeError(f"could not use {SECRET}")


@command("count", reads=())
async def count(services: Services) -> Unserializable:
    """Return a number that JSON text cannot hold here."""
    return Unserializable(number=10**40)


@command("refuse", reads=())
async def refuse(services: Services, params: Word) -> Echoed:
    """Refuse in the way that the word says."""
    kinds: dict[str, Refusal] = {
        "invalid": Invalid("It is wrong.", (Finding("word", "Not this one."),)),
        "not_found": NotFound("It is not there."),
        "conflict": Conflict("It moved on.", {"revision": 7, "changed": ["clients"]}),
        "refused": Refusal("It may not be."),
        "unavailable": Unavailable("It cannot be now."),
    }
    raise kinds[params.word]


@pytest.fixture
def rpc(tmp_path: Path) -> Rpc:
    return make_rpc(collect(sys.modules[__name__]), World(tmp_path / "home").services)


def make_rpc(registry: Registry, services: Services) -> Rpc:
    numbers = iter(range(1, 1_000))
    return Rpc(Calls(registry, services), lambda: {"openrpc": "1.3.2"}, lambda: f"err_{next(numbers)}")


def send(rpc: Rpc, text: bytes) -> Any:
    answer = asyncio.run(rpc.dispatch(text))
    return None if answer is None else orjson.loads(answer)


def ask(rpc: Rpc, method: str, params: object = None, **more: object) -> Any:
    request: dict[str, object] = {"jsonrpc": "2.0", "id": 1, "method": method, **more}
    if params is not None:
        request["params"] = params
    return send(rpc, orjson.dumps(request))


def entry(method: str = "echo", number: object = 1, **params: object) -> dict[str, object]:
    return {"jsonrpc": "2.0", "id": number, "method": method, "params": params}


def code(answer: dict[str, Any]) -> int:
    found: int = answer["error"]["code"]
    return found


def test_a_result_comes_back_with_the_id_of_its_request(rpc: Rpc) -> None:
    assert ask(rpc, "echo", {"word": "hi"}, id="seven") == {"jsonrpc": "2.0", "result": {"word": "hi"}, "id": "seven"}


@pytest.mark.parametrize("number", [0, 7, -1, 1.5, "", "x", None])
def test_any_id_that_json_rpc_allows_comes_back(rpc: Rpc, number: object) -> None:
    answer = ask(rpc, "echo", {"word": "hi"}, id=number)
    assert answer["id"] == number
    assert answer["result"] == {"word": "hi"}


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"{",
        b"nothing",
        b"[1,",
        b'{"a": NaN}',
        b'{"a": Infinity}',
        b'{"a": "\\ud800"}',
        b'"\xff"',
        b"[" * 20_000,
        b"[" * 20_000 + b"]" * 20_000,
        b'{"a":' * 20_000,
        b'[{"a":' * 500_000,
        b'{"jsonrpc":"2.0","id":1,"method":"echo","params":{"word":' + b"[" * 130 + b"]" * 130 + b"}}",
    ],
)
def test_what_is_no_json_is_a_parse_error_with_no_id(rpc: Rpc, text: bytes) -> None:
    answer = send(rpc, text)
    assert code(answer) == -32700
    assert answer["id"] is None


@pytest.mark.parametrize(
    "request_",
    [
        7,
        "echo",
        None,
        True,
        [],
        {},
        {"jsonrpc": "1.0", "id": 1, "method": "echo"},
        {"id": 1, "method": "echo"},
        {"jsonrpc": "2.0", "id": 1},
        {"jsonrpc": "2.0", "id": 1, "method": 7},
        {"jsonrpc": "2.0", "id": 1, "method": "echo", "params": "hi"},
        {"jsonrpc": "2.0", "id": 1, "method": "echo", "params": None},
        {"jsonrpc": "2.0", "id": {"a": 1}, "method": "echo"},
        {"jsonrpc": "2.0", "id": True, "method": "echo"},
    ],
)
def test_what_is_no_request_is_an_invalid_request(rpc: Rpc, request_: object) -> None:
    assert code(send(rpc, orjson.dumps(request_))) == -32600


def test_an_invalid_request_keeps_an_id_that_can_be_read(rpc: Rpc) -> None:
    assert send(rpc, b'{"id": "seven", "method": "echo"}')["id"] == "seven"
    assert send(rpc, b'{"id": [7], "method": "echo"}')["id"] is None


def test_an_unknown_method_is_named(rpc: Rpc) -> None:
    answer = ask(rpc, "dance")
    assert code(answer) == -32601
    assert "dance" in answer["error"]["message"]


@pytest.mark.parametrize("name", ["__class__", "call", "_run", "keys", "get", ""])
def test_only_commands_are_methods(rpc: Rpc, name: str) -> None:
    assert code(ask(rpc, name)) == -32601


@pytest.mark.parametrize(
    ("params", "places"),
    [
        ({}, ["word"]),
        ({"word": 7}, ["word"]),
        ({"word": "hi", "self": 1}, ["self"]),
        ({"word": "hi", "listed": 1}, ["listed"]),
        ({"word": "hi", "name": 1}, ["name"]),
        (["hi"], [""]),
    ],
)
def test_wrong_parameters_come_with_their_places(rpc: Rpc, params: object, places: list[str]) -> None:
    answer = ask(rpc, "echo", params)
    assert code(answer) == -32602
    assert [finding["path"] for finding in answer["error"]["data"]["findings"]] == places


@pytest.mark.parametrize(
    ("word", "expected"),
    [("invalid", -32602), ("not_found", -32001), ("conflict", -32002), ("refused", -32003), ("unavailable", -32004)],
)
def test_every_refusal_has_its_code_and_its_sentence(rpc: Rpc, word: str, expected: int) -> None:
    answer = ask(rpc, "refuse", {"word": word})
    assert code(answer) == expected
    assert answer["error"]["message"].startswith("It ")
    assert expected in MEANINGS


def test_a_conflict_tells_the_revision_and_what_changed(rpc: Rpc) -> None:
    answer = ask(rpc, "refuse", {"word": "conflict"})
    assert answer["error"]["data"] == {"revision": 7, "changed": ["clients"]}


def test_the_text_of_an_exception_goes_nowhere(rpc: Rpc, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        answer = ask(rpc, "explode")
    assert answer["error"] == {"code": -32603, "message": "Internal error", "data": {"id": "err_1"}}
    assert "err_1" in caplog.text
    assert "RuntimeError" in caplog.text
    assert "in explode" in caplog.text
    assert SECRET not in caplog.text


def test_a_result_that_cannot_be_written_is_an_internal_error(rpc: Rpc) -> None:
    assert code(ask(rpc, "count")) == -32603


def test_a_notification_is_run_and_not_answered(rpc: Rpc, caplog: pytest.LogCaptureFixture) -> None:
    assert send(rpc, b'{"jsonrpc": "2.0", "method": "echo", "params": {"word": "hi"}}') is None
    assert send(rpc, b'{"jsonrpc": "2.0", "method": "dance"}') is None
    assert send(rpc, b'{"jsonrpc": "2.0", "method": "explode"}') is None
    assert "err_1" in caplog.text


def test_a_batch_is_answered_entry_by_entry_in_order(rpc: Rpc) -> None:
    entries = [entry("slow_echo", 1, word="a"), entry("echo", 2, word="b"), entry("slow_echo", 3, word="c")]
    answers = send(rpc, orjson.dumps(entries))
    assert [(answer["id"], answer["result"]["word"]) for answer in answers] == [(1, "a"), (2, "b"), (3, "c")]


def test_one_bad_entry_of_a_batch_fails_alone(rpc: Rpc) -> None:
    entries = [
        entry(word="a"),
        7,
        {"jsonrpc": "2.0"},
        entry("dance", 4),
        entry("explode", 5),
        entry("count", 6),
        entry(number=7, word="b"),
    ]
    answers = send(rpc, orjson.dumps(entries))
    assert [answer.get("error", {}).get("code") for answer in answers] == [
        None,
        -32600,
        -32600,
        -32601,
        -32603,
        -32603,
        None,
    ]
    assert [answer["id"] for answer in answers] == [1, None, None, 4, 5, 6, 7]


def test_notifications_of_a_batch_are_left_out_of_its_answer(rpc: Rpc) -> None:
    notification = {"jsonrpc": "2.0", "method": "echo", "params": {"word": "x"}}
    assert [answer["id"] for answer in send(rpc, orjson.dumps([notification, entry(word="a"), notification]))] == [1]
    assert send(rpc, orjson.dumps([notification, notification])) is None


def test_a_batch_of_too_many_is_refused_as_a_whole(rpc: Rpc) -> None:
    assert len(send(rpc, orjson.dumps([entry(number=number, word="a") for number in range(MAX_BATCH_CALLS)]))) == 50
    answer = send(rpc, orjson.dumps([entry(word="a")] * (MAX_BATCH_CALLS + 1)))
    assert code(answer) == -32600


def test_the_entries_of_a_batch_see_what_the_ones_before_them_did(tmp_path: Path) -> None:
    world = World(tmp_path / "home")
    rpc = make_rpc(world.calls.registry, world.services)
    entries = [
        entry("create_strategy", 1, name="First", expect_revision=0),
        entry("create_strategy", 2, name="Second", expect_revision=1),
        entry("create_strategy", 3, name="Third", expect_revision=1),
        entry("list_strategies", 4),
    ]
    first, second, third, listed = send(rpc, orjson.dumps(entries))
    assert (first["result"]["revision"], second["result"]["revision"], code(third)) == (1, 2, -32002)
    assert [strategy["name"] for strategy in listed["result"]] == ["Default Strategy", "First", "Second"]


def test_discover_answers_with_the_document(rpc: Rpc) -> None:
    assert ask(rpc, "rpc.discover")["result"] == {"openrpc": "1.3.2"}


def test_a_cancelled_command_is_not_turned_into_an_answer(rpc: Rpc) -> None:
    async def story() -> None:
        task = asyncio.ensure_future(rpc.dispatch(orjson.dumps(entry("slow_echo", word="a"))))
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(story())


def brackets() -> Iterator[tuple[bytes, bool]]:
    yield b"[" * 128 + b"]" * 128, False
    yield b"[" * 129 + b"]" * 129, True
    yield b'{"a":' * 128 + b"1" + b"}" * 128, False
    yield b"[]," * 10_000, False
    yield b'["' + b"[" * 500 + b'"]', False
    yield b'["\\"' + b"{" * 500 + b'"]', False
    yield b'["\\\\",' + b"[" * 200, True
    yield b'["' + b"[" * 200, True  # a text that never ends: no JSON at all


@pytest.mark.parametrize(("text", "expected"), list(brackets()))
def test_depth_is_counted_outside_of_texts(text: bytes, expected: bool) -> None:
    assert is_too_deep(text) is expected


def test_an_empty_registry_has_no_methods(tmp_path: Path) -> None:
    rpc = make_rpc(collect(ModuleType("nothing")), World(tmp_path / "home").services)
    assert code(ask(rpc, "echo", {"word": "hi"})) == -32601


TWICE = b'{"jsonrpc": "2.0", "id": %d, "method": "echo", "params": {"word": "a", "word": "b"}}'


def test_a_key_that_stands_twice_in_the_parameters_is_refused_with_its_place(rpc: Rpc) -> None:
    answer = send(rpc, TWICE % 7)
    assert (code(answer), answer["id"]) == (-32602, 7)
    assert [finding["path"] for finding in answer["error"]["data"]["findings"]] == ["word"]
    assert send(rpc, TWICE.replace(b'"id": %d, ', b"")) is None


@pytest.mark.parametrize(
    "twice", [b'"id": 1, "id": 2', b'"method": "echo", "method": "refuse"', b'"params": {}, "params": {}']
)
def test_a_request_that_says_a_thing_twice_is_no_request(rpc: Rpc, twice: bytes) -> None:
    answer = send(rpc, b'{"jsonrpc": "2.0", "id": 1, "method": "echo", %s}' % twice)
    assert code(answer) == -32600
    assert " once." in answer["error"]["message"]


def test_a_repeated_key_fails_its_entry_of_a_batch_alone(rpc: Rpc) -> None:
    sound = orjson.dumps(entry(number=2, word="hi"))
    first, second, third = send(rpc, b"[%s,%s,%s]" % (TWICE % 1, sound, TWICE % 3))
    assert (code(first), second["result"], code(third)) == (-32602, {"word": "hi"}, -32602)


def test_repeated_keys_are_found_in_a_large_text_too(rpc: Rpc) -> None:
    text = (TWICE % 7).replace(b'"a"', b'"%s"' % (b"a" * 300_000))
    assert code(send(rpc, text)) == -32602
