"""What is left alone after a failure, for how long, and who finds out that it works again."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from localrouter.domain.configuration.config import Provider, RetryPolicy, Timeouts
from tests.gateway.test_loop import text_of
from tests.rig import Router, auto, router, until
from tests.upstream import STREAM_HEAD, Asked, End, Step, Upstream, answer, chat, chunked, completion, event

A, B = ("one", "a"), ("two", "b")
NO_RETRY = RetryPolicy(attempts=0)
BUSY = {"error": {"message": "Too busy", "type": "overloaded_error"}}
SLOW_DOWN = {"error": {"message": "Slow down", "code": "rate_limit_exceeded"}}
TOO_LARGE = {"error": {"message": "Request too large for a on tokens per minute (TPM): Limit 6, Requested 9."}}
WRONG_KEY = {"error": {"message": "Incorrect API key", "code": "invalid_api_key"}}


@dataclass
class Moody:
    """A provider that fails as it is told, until it is told to be well."""

    status: int = 200
    body: object = None
    headers: dict[str, str] = field(default_factory=dict)
    thinks: float = 0.0
    silent_models: tuple[str, ...] = ()

    def __call__(self, asked: Asked) -> Iterator[Step]:
        if asked.path.endswith("/models"):
            yield answer(404, {})
            return
        if asked.json["model"] in self.silent_models:
            yield End.SILENCE
        if self.thinks:
            yield self.thinks
        if self.status != 200:
            yield answer(self.status, self.body, self.headers)
        else:
            yield from chat(asked)


def provider(name: str, up: Upstream | str, **changes: Any) -> Provider:
    url = up if isinstance(up, str) else up.url
    return Provider(name=name, preset="openai-compatible", base_url=url, models=("a", "b"), **changes)


def two_of(folder: Path, first: Upstream, second: Upstream) -> Router:
    return router(folder, [provider("one", first), provider("two", second)], auto=auto(A, B))


def cooling(lr: Router) -> list[tuple[str, str | None, str]]:
    assert lr.state is not None
    return sorted((c.provider, c.model, c.kind.value) for c in lr.call(lr.state.health.cooling))


def requests(up: Upstream) -> int:
    return len([asked for asked in up.asked if asked.body])


def served(lr: Router, **changes: object) -> str | None:
    return lr.chat(**changes).headers.get("x-localrouter-model")


def test_silence_before_the_first_token_cools_the_model_and_not_its_provider(tmp_path: Path) -> None:
    with Upstream(Moody(silent_models=("slow",))) as up:
        models = auto(("one", "slow"), ("one", "quick"), first_token_timeout=0.2)
        with router(tmp_path, [provider("one", up)], auto=models) as lr:
            assert served(lr, stream=True) == "one/quick"
            assert cooling(lr) == [("one", "slow", "unreachable")]
            assert served(lr, stream=True) == "one/quick"
            assert up.models.count("slow") == 1, "silence is never tried again at once"


def test_silence_of_a_plain_answer_cools_the_provider(tmp_path: Path) -> None:
    with Upstream(Moody(silent_models=("slow",))) as up, Upstream(chat) as good:
        one = provider("one", up, timeouts=Timeouts(first_byte=0.2))
        models = auto(("one", "slow"), ("one", "quick"), B)
        with router(tmp_path, [one, provider("two", good)], auto=models) as lr:
            assert served(lr) == "two/b"
            assert cooling(lr) == [("one", None, "unreachable")]
            assert up.models == ["slow"]


def test_a_provider_that_cannot_be_reached_is_left_alone_and_then_tried_again(tmp_path: Path) -> None:
    with Upstream(chat) as gone:
        address = gone.url
    with Upstream(chat) as good:
        models = auto(A, ("one", "b"), B)
        with router(tmp_path, [provider("one", address), provider("two", good)], auto=models) as lr:
            reply = lr.chat()
            assert (reply.headers["x-localrouter-model"], reply.headers["x-localrouter-attempts"]) == ("two/b", "3")
            assert cooling(lr) == [("one", None, "unreachable")]
            assert lr.chat().headers["x-localrouter-attempts"] == "1"
            for pause in (5, 10, 20, 20):
                lr.shift += pause - 0.5
                assert lr.chat().headers["x-localrouter-attempts"] == "1", "still cooling"
                lr.shift += 0.5
                assert lr.chat().headers["x-localrouter-attempts"] == "3", "tried again"


def test_a_request_larger_than_a_whole_limit_takes_the_model_from_nobody(tmp_path: Path) -> None:
    moody = Moody(429, TOO_LARGE)
    with Upstream(moody) as up, Upstream(chat) as good, two_of(tmp_path, up, good) as lr:
        assert served(lr) == "two/b"
        assert cooling(lr) == []
        moody.status = 200
        assert served(lr) == "one/a"


@pytest.mark.parametrize("remedy", ["key", "edit", "delete_key", "time"])
def test_a_wrong_key_cools_the_provider_until_somebody_does_something_about_it(tmp_path: Path, remedy: str) -> None:
    moody = Moody(401, WRONG_KEY)
    with Upstream(moody) as up, Upstream(chat) as good:
        models = auto(A, ("one", "b"), B)
        with router(tmp_path, [provider("one", up), provider("two", good)], auto=models) as lr:
            lr.rpc("set_provider_key", name="one", key="sk-wrong-key")
            assert served(lr) == "two/b"
            assert cooling(lr) == [("one", None, "auth")]
            asked = requests(up)
            lr.shift += 590
            assert served(lr) == "two/b"
            assert requests(up) == asked
            moody.status = 200
            match remedy:
                case "key":
                    lr.rpc("set_provider_key", name="one", key="sk-right-key")
                case "edit":
                    lr.rpc("update_provider", name="one", models=["a", "b", "c"])
                case "delete_key":
                    lr.rpc("delete_provider_key", name="one")
                case _:
                    lr.shift += 10
            assert served(lr) == "one/a"
            assert cooling(lr) == []
            if remedy == "key":
                assert up.asked[-1].headers["authorization"] == "Bearer sk-right-key"


@pytest.mark.parametrize("streamed", [False, True])
def test_one_request_probes_while_the_others_go_on_skipping(tmp_path: Path, streamed: bool) -> None:
    moody = Moody(429, SLOW_DOWN, {"retry-after": "30"})
    with Upstream(moody) as up, Upstream(chat) as good, two_of(tmp_path, up, good) as lr:
        assert served(lr, stream=streamed) == "two/b"
        lr.shift += 31
        moody.thinks = 0.5
        before = requests(up)
        with ThreadPoolExecutor(8) as clients:
            by = list(clients.map(lambda _: served(lr, stream=streamed), range(8)))
        assert by == ["two/b"] * 8, "the probe failed too, and fell back"
        assert requests(up) == before + 1
        lr.shift += 31
        moody.status = 200
        with ThreadPoolExecutor(8) as clients:
            by = list(clients.map(lambda _: served(lr, stream=streamed), range(8)))
        assert sorted(map(str, by)) == ["one/a"] + ["two/b"] * 7
        assert served(lr, stream=streamed) == "one/a"


def test_a_probe_lets_the_others_in_as_soon_as_its_answer_begins(tmp_path: Path) -> None:
    begun, over = threading.Event(), threading.Event()

    def slow_stream(asked: Asked) -> Iterator[Step]:
        if asked.path.endswith("/models"):
            yield answer(404, {})
        elif len([each for each in up.asked if each.body]) == 1:
            yield answer(503, BUSY)
        elif not begun.is_set():
            begun.set()
            yield STREAM_HEAD + chunked(event({"content": "Hel"}))
            over.wait(10)
            yield End.CLOSE
        else:
            yield from chat(asked)

    with Upstream(slow_stream) as up, Upstream(chat) as good, two_of(tmp_path, up, good) as lr:
        assert served(lr, stream=True) == "two/b"
        lr.shift += 6
        threading.Thread(target=lambda: served(lr, stream=True), daemon=True).start()
        assert begun.wait(5)
        until(lambda: served(lr) == "one/a", "the probe is not waited for")
        over.set()


def test_a_client_that_leaves_does_not_keep_the_probe(tmp_path: Path) -> None:
    moody = Moody(503, BUSY)
    with Upstream(moody) as up, Upstream(chat) as good, two_of(tmp_path, up, good) as lr:
        assert served(lr) == "two/b"
        lr.shift += 6
        moody.thinks, moody.status = 5.0, 200
        probe = lr.send_chat()
        until(lambda: requests(up) >= 2)
        assert served(lr) == "two/b"
        probe.close()
        until(lambda: up.asked[-1].left_at is not None)
        moody.thinks = 0.0
        assert served(lr) == "one/a"


def test_a_named_model_is_tried_though_it_cools(tmp_path: Path) -> None:
    moody = Moody(503, BUSY)
    with Upstream(moody) as up, router(tmp_path, [provider("one", up)]) as lr:
        for count in range(1, 4):
            assert lr.chat(model="one/a").status == 503
            assert requests(up) == count
        assert cooling(lr) == [("one", "a", "overloaded")]
        moody.status = 200
        assert served(lr, model="one/a") == "one/a"
        assert cooling(lr) == []


def test_where_all_cool_the_one_that_is_ready_first_is_tried(tmp_path: Path) -> None:
    first, second = Moody(429, SLOW_DOWN, {"retry-after": "60"}), Moody(429, SLOW_DOWN, {"retry-after": "20"})
    with Upstream(first) as one, Upstream(second) as two, two_of(tmp_path, one, two) as lr:
        assert lr.chat().status == 429
        second.status = 200
        assert served(lr) == "two/b"
        assert (requests(one), requests(two)) == (1, 2)


@pytest.mark.parametrize(
    ("first", "second", "status", "wait"),
    [
        (Moody(429, SLOW_DOWN, {"retry-after": "60"}), Moody(429, SLOW_DOWN, {"retry-after": "20"}), 429, 20),
        (Moody(429, SLOW_DOWN, {"retry-after": "20"}), Moody(503, BUSY, {"retry-after": "40"}), 503, 20),
        (Moody(429, SLOW_DOWN, {"retry-after": "40"}), Moody(503, BUSY), 503, 5),
        (Moody(401, WRONG_KEY), Moody(429, SLOW_DOWN), 429, 5),
    ],
)
def test_retry_after_is_the_earliest_instant_at_which_a_model_could_serve(
    tmp_path: Path, first: Moody, second: Moody, status: int, wait: int
) -> None:
    with Upstream(first) as one, Upstream(second) as two:
        models = auto(A, B, retry=NO_RETRY)
        with router(tmp_path, [provider("one", one), provider("two", two)], auto=models) as lr:
            reply = lr.chat()
            assert reply.status == status
            assert int(reply.headers["retry-after"]) == wait
            for moody in (first, second):
                moody.status = 200
            lr.shift += wait
            assert lr.chat().status == 200


def test_three_server_errors_in_a_row_cool_the_model(tmp_path: Path) -> None:
    moody = Moody(500, {"error": {"message": "Oh", "type": "server_error"}})
    with Upstream(moody) as up, Upstream(chat) as good:
        models = auto(A, B, retry=NO_RETRY)
        with router(tmp_path, [provider("one", up), provider("two", good)], auto=models) as lr:
            for count in (1, 2, 3, 3):
                reply = lr.chat(stream=True)
                assert text_of(reply.body) == "Hello"
                assert requests(up) == count
            assert cooling(lr) == [("one", "a", "server_error")]


@dataclass
class HeldBack:
    """A provider whose first answer waits until `let_go`. Each answer is decided when its call comes in."""

    decide: Callable[[Asked], Step]
    let_go: threading.Event = field(default_factory=threading.Event)
    came: threading.Event = field(default_factory=threading.Event)

    def __call__(self, asked: Asked) -> Iterator[Step]:
        if not asked.body:
            yield answer(404, {})
            return
        said, is_first = self.decide(asked), not self.came.is_set()
        self.came.set()
        if is_first:
            self.let_go.wait(10)
        yield said


def test_a_success_that_began_before_a_failure_does_not_end_its_cooling(tmp_path: Path) -> None:
    outcomes = iter([answer(200, completion()), answer(429, SLOW_DOWN, {"retry-after": "60"})])
    held = HeldBack(lambda _asked: next(outcomes))
    with Upstream(held) as up, Upstream(chat) as good, two_of(tmp_path, up, good) as lr:
        with ThreadPoolExecutor() as pool:
            early = pool.submit(served, lr)
            assert held.came.wait(10)
            assert served(lr) == "two/b"
            held.let_go.set()
            assert early.result(10) == "one/a"
        assert cooling(lr) == [("one", "a", "rate_limited")]
        assert served(lr) == "two/b"


def test_a_late_refusal_of_the_former_key_does_not_cool_the_provider_with_its_new_one(tmp_path: Path) -> None:
    def keyed(asked: Asked) -> Step:
        right = asked.headers["authorization"] == "Bearer sk-new-key"
        return answer(200, completion()) if right else answer(401, WRONG_KEY)

    held = HeldBack(keyed)
    with Upstream(held) as up, Upstream(chat) as good, two_of(tmp_path, up, good) as lr:
        lr.rpc("set_provider_key", name="one", key="sk-old-key")
        with ThreadPoolExecutor() as pool:
            early = pool.submit(served, lr)
            assert held.came.wait(10)
            lr.rpc("set_provider_key", name="one", key="sk-new-key")
            held.let_go.set()
            assert early.result(10) == "two/b"
        assert cooling(lr) == []
        assert served(lr) == "one/a"
