"""What an attempt leaves, row by row: what its record says was used, and what limits count, soft and strict, plain and
streamed. "Received" is what came from the provider, whether or not the client has seen it."""

from __future__ import annotations

import asyncio
import json
import select
import socket
import threading
import time
from collections.abc import Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import pytest

from localrouter.domain.configuration.config import LimitType, Provider, RetryPolicy, StrategyRateLimit, Timeouts
from localrouter.domain.limits.windows import MONTH
from localrouter.services.metrics.queries import RecentUsage
from localrouter.services.metrics.retention import Retention, step
from localrouter.services.metrics.schema import open_writer
from tests.journeys.strictly import PROMPT
from tests.killable import serving
from tests.limits import limit
from tests.rig import Router, auto, router, strategy_id, until
from tests.upstream import (
    DONE,
    STREAM_END,
    STREAM_HEAD,
    Asked,
    End,
    Step,
    Upstream,
    answer,
    chat,
    chunked,
    completion,
    event,
)

T = TypeVar("T")
CAP = 300
REFUSALS = (400, 401, 404, 422, 429, 500, 503, 529)
AT_MOST = PROMPT + CAP  # what strict limits hold of the shortest chat
MODES = ("soft", "strict")
OVERLOADED = b'data: {"error": {"message": "Overloaded", "type": "overloaded_error"}}\n\n'
SLOW_DOWN = {"error": {"message": "Slow down", "code": "rate_limit_exceeded"}}
SENT = threading.Event()  # all that a provider says before it falls silent
NOTHING, LOST = (0, 0, 0), (0, 0, 1)


def told(tokens_in: object, tokens_out: object, **more: object) -> dict[str, Any]:
    return {"prompt_tokens": tokens_in, "completion_tokens": tokens_out, **more}


def plain(text: str, usage: dict[str, Any] | None) -> bytes:
    return answer(200, completion(text) | {"usage": usage})


def streamed(*events: bytes, ends: bool = True) -> bytes:
    return STREAM_HEAD + b"".join(map(chunked, events)) + (chunked(DONE) + STREAM_END if ends else b"")


def text(size: int, **more: Any) -> bytes:
    return event({"content": "x" * size}, **more)


def whole(size: int, usage: dict[str, Any] | None) -> tuple[list[Step], list[Step]]:
    """An answer of that many bytes, plain and streamed, that tells this usage."""
    last = [] if usage is None else [event(usage=usage)]
    return [plain("x" * size, usage)], [streamed(text(size), event(finish="stop"), *last)]


def same(*steps: Step) -> tuple[list[Step], list[Step]]:
    return list(steps), list(steps)


BODY_BEGINS = b'HTTP/1.1 200 OK\r\ncontent-length: 9000\r\n\r\n{"choices": [{"message": {"content": "' + b"x" * 400
BEGUN: tuple[list[Step], list[Step]] = [BODY_BEGINS], [streamed(text(400), ends=False)]
BEGUN_WITH_USAGE = streamed(event({"role": "assistant"}, usage=told(5_000, 1)), text(400), ends=False)
MUCH: tuple[list[Step], list[Step]] = (
    [BODY_BEGINS.replace(b"9000", b"90000") + b"x" * 15_600],
    [streamed(text(16_000), ends=False)],
)


def then(begun: tuple[list[Step], list[Step]], *steps: Step) -> tuple[list[Step], list[Step]]:
    return [*begun[0], *steps], [*begun[1], *steps]


@dataclass(frozen=True)
class Row:
    """What a provider does, plain and streamed; what is recorded of it: input, output, and whether it is marked;
    whether limits count no less than was reserved even if they are soft, and whether the client leaves in the middle.
    """

    does: tuple[list[Step], list[Step]]
    recorded: tuple[int, int, int]
    at_least_reserved: bool = False
    leaves: bool = False
    only: str | None = None


ROWS = {
    # Whole, usage told and possible.
    "told": Row(whole(40, told(10, 5)), (10, 5, 0)),
    "told with cache and reasoning": Row(
        whole(
            40,
            told(10, 5, prompt_tokens_details={"cached_tokens": 10}, completion_tokens_details={"reasoning_tokens": 5}),
        ),
        (10, 5, 0),
    ),
    "told with every piece, the last of all": Row(
        (
            [],
            [
                streamed(
                    text(20, usage=told(10, 2)),
                    text(20, usage=told(10, 4)),
                    event(finish="stop", usage=told(10, 5)),
                    event(usage=told(10, 5)),
                    event(usage=told(10, 5)),
                )
            ],
        ),
        (10, 5, 0),
        only="streamed",
    ),
    "told beside an empty piece": Row(
        ([], [streamed(text(40), event(finish="stop"), event({}, usage=told(10, 5)))]), (10, 5, 0), only="streamed"
    ),
    "told, then zeros": Row(
        ([], [streamed(text(40), event(finish="stop", usage=told(10, 5)), event(usage=told(0, 0)))]),
        (10, 5, 0),
        only="streamed",
    ),
    "told, but nothing was said": Row(
        (
            [answer(200, {"choices": [], "usage": told(900, 7)})],
            [],
        ),
        (900, 7, 0),
        only="plain",
    ),
    # Whole, usage missing or impossible.
    "zeros": Row(whole(400, told(0, 0, total_tokens=0)), (1, 100, 1)),
    "missing": Row(whole(400, None), (1, 100, 1)),
    "no input": Row(whole(160, told(0, 50)), (1, 50, 1)),
    "no output": Row(whole(400, told(10, 0)), (10, 100, 1)),
    "negative": Row(whole(400, told(-10, 5)), (1, 100, 1)),
    "fractions": Row(whole(400, told(10.5, 5.5)), (1, 100, 1)),
    "not numbers": Row(whole(400, told("10", True)), (1, 100, 1)),
    "more than can be": Row(whole(400, told(999_999_999, 5)), (1, 100, 1)),
    "more cached than went in": Row(whole(16, told(10, 5, prompt_tokens_details={"cached_tokens": 70})), (80, 5, 1)),
    "more reasoning than came out": Row(
        whole(40, told(10, 5, completion_tokens_details={"reasoning_tokens": 70})), (10, 75, 1)
    ),
    # Left, cut or too late: told in part, or nothing told.
    "left in silence": Row(same(End.SILENCE), (1, 0, 1), at_least_reserved=True, leaves=True),
    "left in the middle": Row(then(BEGUN, End.SILENCE), (1, 100, 1), at_least_reserved=True, leaves=True),
    "left after much": Row(then(MUCH, End.SILENCE), (1, 4_000, 1), at_least_reserved=True, leaves=True),
    "left, told in part": Row(
        ([], [BEGUN_WITH_USAGE, End.SILENCE]), (5_000, 100, 1), at_least_reserved=True, leaves=True, only="streamed"
    ),
    "deadline": Row(same(2.0, End.CLOSE), (1, 0, 1), at_least_reserved=True),
    "deadline in the middle": Row(then(BEGUN, 2.0, End.CLOSE), (1, 100, 1), at_least_reserved=True),
    "broken off": Row(then(BEGUN, End.RESET), (1, 100, 1), at_least_reserved=True),
    "broken off by an error": Row(
        ([], [streamed(text(400), OVERLOADED)]), (1, 100, 1), at_least_reserved=True, only="streamed"
    ),
    "broken off, told in part": Row(
        ([], [BEGUN_WITH_USAGE, End.RESET]), (5_000, 100, 1), at_least_reserved=True, only="streamed"
    ),
    # An error status, or its like in the place of an answer.
    **{f"status {status}": Row(same(answer(status, {})), NOTHING) for status in REFUSALS},
    "an error in the place of an answer": Row(
        ([answer(200, SLOW_DOWN)], [streamed(b"data: " + json.dumps(SLOW_DOWN).encode() + b"\n\n")]), NOTHING
    ),
    # Statuses behind which a provider may have worked, and answers that were lost.
    **{
        f"status {status}": Row(same(answer(status, {})), LOST, at_least_reserved=True)
        for status in (408, 499, 504, 524, 598, 599)
    },
    "lost": Row(same(End.RESET), LOST, at_least_reserved=True),
}


def script(asked: Asked) -> Iterator[Step]:
    if asked.path.endswith("/models"):
        yield answer(404, {})
        return
    row = ROWS.get(asked.json["model"])
    if row is None:
        yield from chat(asked)
        return
    for each in row.does[bool(asked.json.get("stream"))]:
        if each is End.SILENCE:
            SENT.set()
        yield each


def limits(mode: str) -> list[StrategyRateLimit]:
    kinds = (LimitType.TOTAL_TOKENS, LimitType.INPUT_TOKENS, LimitType.OUTPUT_TOKENS)
    return [limit(kind, 1e9, "month", mode) for kind in kinds]


def providers(up: Upstream) -> list[Provider]:
    """The same one with little patience and with much, for clients that leave."""
    quick = Timeouts(first_byte=0.4, first_token=0.4, idle=0.4, total=20)
    return [
        Provider(name="one", preset="openai-compatible", base_url=up.url, timeouts=quick),
        Provider(name="patient", preset="openai-compatible", base_url=up.url),
    ]


def used(lr: Router) -> list[int]:
    return [each["used"] for each in lr.rpc("get_strategy_usage", strategy_id=strategy_id(lr))]


def reserved(lr: Router) -> list[int]:
    return [each["reserved"] for each in lr.rpc("get_strategy_usage", strategy_id=strategy_id(lr))]


def recent(lr: Router) -> RecentUsage:
    lr.rows("SELECT 1")
    assert lr.state is not None
    return on_loop(lr, lr.state.metrics.get_recent_usage_for_strategy(strategy_id(lr), MONTH))


def on_loop(lr: Router, question: Coroutine[object, object, T]) -> T:
    assert lr._loop is not None
    return asyncio.run_coroutine_threadsafe(question, lr._loop).result(20)


@pytest.fixture(scope="module", params=MODES)
def lr(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Router]:
    with (
        Upstream(script) as up,
        router(tmp_path_factory.mktemp(request.param), providers(up), limits=limits(request.param)) as started,
    ):
        assert started.chat(model="one/good").status == 200
        yield started


def ask(lr: Router, name: str, row: Row, *, stream: bool) -> None:
    """One request, up to its record."""
    before = lr.rows("SELECT count(*) FROM requests")
    if row.leaves:
        SENT.clear()
        with lr.send_chat(model=f"patient/{name}", stream=stream, max_tokens=CAP):
            assert SENT.wait(20)
            for _ in range(3):
                lr.rpc("list_running_requests")  # by then the router has read what was sent
    else:
        lr.chat(model=f"one/{name}", stream=stream, max_tokens=CAP)
    until(lambda: lr.rows("SELECT count(*) FROM requests") != before, "it is recorded", patience=20)


CASES = [
    (name, stream)
    for name, row in ROWS.items()
    for stream in (False, True)
    if row.only is None or stream == (row.only == "streamed")
]


@pytest.mark.parametrize(("name", "stream"), CASES)
def test_each_row(lr: Router, name: str, stream: bool) -> None:
    row, before = ROWS[name], used(lr)
    lr.call(lr.state.health.forget_provider, "one")
    ask(lr, name, row, stream=stream)
    [(identity, recorded, trace)] = [
        (each[0], each[1:4], json.loads(each[4]))
        for each in lr.rows(
            "SELECT request_id, input_tokens, output_tokens, estimated, trace FROM requests"
            " JOIN traces ON traces.request = requests.id ORDER BY id DESC LIMIT 1"
        )
    ]
    details = lr.rpc("get_request", request_id=identity)
    attempts = len(details["attempts"])
    assert recorded == (row.recorded[0] * attempts, row.recorded[1] * attempts, row.recorded[2])
    tokens_in, tokens_out, marked = row.recorded
    held = {each["limit_type"]: each["estimate"] for each in trace["limits"]}
    is_strict = trace["limits"][0]["mode"] == "strict"
    assert held["total_tokens"] == AT_MOST if is_strict else held["total_tokens"] > 0
    floor = bool(marked) and (is_strict or row.at_least_reserved)
    expected = [
        attempts * max(amount, held[kind] if floor else 0)
        for kind, amount in (
            ("total_tokens", tokens_in + tokens_out),
            ("input_tokens", tokens_in),
            ("output_tokens", tokens_out),
        )
    ]
    assert [after - earlier for after, earlier in zip(used(lr), before, strict=True)] == expected
    usage = details["request"]["usage"]
    counted = usage["counted"]
    shown = usage if counted is None else counted
    assert [shown["input_tokens"], shown["output_tokens"]] == expected[1:]
    assert (counted is None) == (expected == [attempts * n for n in (tokens_in + tokens_out, tokens_in, tokens_out)])
    assert reserved(lr) == [0, 0, 0], "idle, nothing is held"
    tried = trace["candidates"][0]["attempts"]
    assert [each.get("estimated", False) for each in tried] == [bool(marked)] * attempts
    assert [each.get("counted", {}).get("total_tokens") for each in tried] == (
        [None] * attempts if counted is None else [expected[0] // attempts] * attempts
    )


def test_no_row_moves_an_average_and_idle_the_ledger_says_what_the_metrics_say(tmp_path: Path) -> None:
    with Upstream(script) as up:
        started = router(tmp_path, providers(up), limits=limits("soft"))

        def average(lr: Router) -> tuple[Any, ...]:
            lr.rows("SELECT 1")
            assert lr.state is not None
            found = on_loop(lr, lr.state.metrics.get_pre_estimate_for_strategy(strategy_id(lr)))
            assert found is not None
            told = lr.rpc("explain_route", strategy_id=strategy_id(lr), model="one/good")
            return (found.input_tokens, found.output_tokens), [each["estimate"] for each in told["limits"]]

        def agrees(lr: Router) -> list[int]:
            said, counted = recent(lr), used(lr)
            assert [said.total_tokens, said.input_tokens, said.output_tokens] == counted
            return counted

        with started as lr:
            lr.chat(model="one/good")
            before = average(lr)
            assert before == ((10, 5), [15, 10, 5])
            for name, row in ROWS.items():
                if not name.startswith("told"):
                    lr.call(lr.state.health.forget_provider, "one")
                    ask(lr, name, row, stream=True)
            assert average(lr) == before
            counted = agrees(lr)
        with Router(started.home, started.config, started.key) as again:
            assert used(again) == counted, "a restart forgets nothing"
            assert agrees(again) == counted
            assert average(again) == before
        db = open_writer(started.home.metrics)
        while step(db, Retention(max_mb=0), time.time()):
            pass
        assert db.execute("SELECT count(*) FROM requests").fetchone() == (0,)
        db.close()
        with Router(started.home, started.config, started.key) as last:
            assert used(last) == counted, "what retention took was counted all the same"


def test_an_attempt_that_was_lost_on_the_way_counts_beside_the_one_that_answered(tmp_path: Path) -> None:
    once = RetryPolicy(attempts=0, max_wait=0)
    hops = auto(("two", "lost"), ("one", "left in silence"), ("patient", "good"), retry=once)
    with Upstream(script) as up:
        three = [*providers(up), providers(up)[0].model_copy(update={"name": "two"})]
        with router(tmp_path, three, auto=hops, limits=limits("soft")) as lr:
            reply = lr.chat()
            assert reply.headers["x-localrouter-model"] == "patient/good"
            assert lr.rows("SELECT input_tokens, output_tokens, estimated FROM requests") == [(11, 5, 1)]
            assert used(lr)[0] == 1_000 + 1_000 + 15
            attempts = "SELECT counted_total_tokens FROM attempts ORDER BY number"
            assert lr.rows(attempts) == [(1_000,), (1_000,), (None,)]


@pytest.mark.parametrize("name", ["left in silence", "left in the middle"])
def test_whoever_leaves_early_does_not_empty_a_soft_limit(tmp_path: Path, name: str) -> None:
    allowed = 20_000
    only = [limit(LimitType.TOTAL_TOKENS, allowed, "hour")]
    with Upstream(script) as up, router(tmp_path, providers(up), limits=only) as lr:

        def leave(number: int) -> None:
            with lr.send_chat(model=f"patient/{name}", stream=True, user=f"{number}") as client:
                while not select.select([client], [], [], 0.01)[0]:  # its first byte, or the refusal
                    if "silence" in name and any(f'"{number}"'.encode() in asked.body for asked in up.asked.copy()):
                        break

        with ThreadPoolExecutor(8) as clients:
            list(clients.map(leave, range(120)))
        until(lambda: lr.rpc("list_running_requests") == [], "all have ended", patience=30)
        dispatched = sum(1 for asked in up.asked if asked.body)
        assert dispatched == allowed // 1_000
        assert used(lr) == [1_000 * dispatched]


@pytest.mark.parametrize("mode", MODES)
def test_no_input_for_a_prompt_does_not_empty_a_limit_of_input(tmp_path: Path, mode: str) -> None:
    only = [limit(LimitType.INPUT_TOKENS, 6_000, "hour", mode)]
    with Upstream(script) as up, router(tmp_path, providers(up), limits=only) as lr:
        prompt = [{"role": "user", "content": "prompt " * 600}]
        answers = [lr.chat(model="one/no input", messages=prompt, max_tokens=CAP) for _ in range(12)]
        assert [reply.status for reply in answers].count(200) == (5 if mode == "soft" else 1)
        assert "0 input and 50 output tokens, which cannot be true" in answers[0].headers["x-localrouter-warnings"]


def test_a_provider_that_cannot_be_connected_to_leaves_nothing(tmp_path: Path) -> None:
    with Upstream(script) as up:
        gone = providers(up)
    with router(tmp_path, gone, limits=limits("soft")) as lr:
        assert lr.chat(model="one/good").status == 502
        assert used(lr) == [0, 0, 0]
        assert lr.rows("SELECT input_tokens + output_tokens, estimated, counted_cost FROM requests") == [(0, 0, None)]


@pytest.mark.parametrize("leaves", [True, False])
def test_a_call_that_never_got_a_connection_leaves_nothing_whoever_gives_up_first(tmp_path: Path, leaves: bool) -> None:
    with socket.create_server(("127.0.0.1", 0), backlog=0) as full, socket.create_connection(full.getsockname()):
        url = f"http://127.0.0.1:{full.getsockname()[1]}/v1"  # its queue is full: nobody else gets a connection
        patience = Timeouts(connect=20, first_byte=20 if leaves else 0.3)
        deaf = Provider(name="one", preset="openai-compatible", base_url=url, models=("m",), timeouts=patience)
        with router(tmp_path, [deaf], limits=limits("strict")) as lr:
            if leaves:
                with lr.send_chat(model="one/m"):
                    until(lambda: any(reserved(lr)), "it is being called", patience=20)
            else:
                assert lr.chat(model="one/m").status == 504
            until(lambda: lr.rpc("list_running_requests") == [], "it is over", patience=20)
            assert (used(lr), reserved(lr)) == ([0, 0, 0], [0, 0, 0])
            assert lr.rows("SELECT input_tokens, estimated, counted_cost FROM attempts") == [(0, 0, None)]


@pytest.mark.parametrize("mode", MODES)
def test_what_was_counted_outlives_a_kill(tmp_path: Path, mode: str) -> None:
    with Upstream(script) as up:
        lr = router(tmp_path, providers(up), limits=limits(mode))
        with serving(lr) as process:
            SENT.clear()
            with lr.send_chat(model="patient/left after much", stream=True, max_tokens=CAP):
                assert SENT.wait(20)
                until(lambda: 'first_token_ms": null' not in json.dumps(lr.rpc("list_running_requests")), patience=20)
            until(lambda: lr.rpc("list_running_requests") == [], "it has ended", patience=20)
            before = used(lr)
            process.kill()
            process.wait()
        with serving(lr):
            assert used(lr) == before
            assert before[0] >= (AT_MOST if mode == "strict" else 1_000)
            [record] = lr.rpc("list_requests")["items"]
            counted = record["usage"]["counted"]
            assert [counted[name] for name in ("total_tokens", "input_tokens", "output_tokens")] == before
            assert record["usage"]["estimated"]
