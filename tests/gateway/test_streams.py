"""What a client gets of a provider that breaks, stalls, lies about its framing or sends what nobody asked for."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import openai
import pytest
from openai.types.chat import ChatCompletionMessageParam

from localrouter.domain.configuration.config import Provider, Timeouts
from tests.gateway.hostile import SCRIPTS, hostile
from tests.gateway.test_loop import events, refusal, text_of
from tests.rig import Reply, Router, auto, router
from tests.upstream import Asked, End, Step, Upstream, answer, chat, completion, stream

QUICK = Timeouts(first_byte=0.5, first_token=0.5, idle=0.4, total=1.5)
PATIENT = Timeouts(first_byte=20, first_token=20, idle=20, total=40)
LARGE = ("large", "bomb", "large_event")

UNREACHABLE, SERVER_ERROR, OVERLOADED = ("unreachable", 502), ("server_error", 502), ("overloaded", 503)
SILENT = ("unreachable", 504)
# What a plain request and a streamed one get where nothing was sent to the client yet: a kind and a status.
FAILS: dict[str, tuple[tuple[str, int] | None, tuple[str, int] | None]] = {
    "closes": (UNREACHABLE, UNREACHABLE),
    "resets": (UNREACHABLE, UNREACHABLE),
    "garbage": (UNREACHABLE, UNREACHABLE),
    "endless_head": (SERVER_ERROR, SERVER_ERROR),
    "endless_header": (SERVER_ERROR, SERVER_ERROR),
    "slow_head": (SILENT, SILENT),
    "only_informational": (SILENT, SILENT),
    "informational_flood": (SERVER_ERROR, SERVER_ERROR),
    "answer_flood": (SERVER_ERROR, SERVER_ERROR),
    "redirects": (("not_found", 404), ("not_found", 404)),
    "not_modified": (SERVER_ERROR, SERVER_ERROR),
    "web_page": (SERVER_ERROR, SERVER_ERROR),
    "plain_error": (OVERLOADED, OVERLOADED),
    "data_error_first": (None, OVERLOADED),
    "named_error_first": (None, OVERLOADED),
    "field_error_first": (None, OVERLOADED),
    "empty_stream": (None, SERVER_ERROR),
    "gzipped_error": (("quota_exhausted", 429), ("quota_exhausted", 429)),
    "gzip_cut": (SERVER_ERROR, SERVER_ERROR),
    "gzip_false": (SERVER_ERROR, SERVER_ERROR),
    "brotli": (SERVER_ERROR, SERVER_ERROR),
    "brotli_error": (("rate_limited", 429), ("rate_limited", 429)),
    "longer_than_said": (UNREACHABLE, None),
    "two_framings": (UNREACHABLE, UNREACHABLE),
    "two_lengths": (UNREACHABLE, UNREACHABLE),
    "bad_chunk_size": (UNREACHABLE, UNREACHABLE),
    "drip": (SILENT, None),
    "stall": (SILENT, None),
    "large": (SERVER_ERROR, None),
    "bomb": (SERVER_ERROR, SERVER_ERROR),
}
# What a streamed request gets after its first content: the kind in its error event.
BREAKS = {
    "breaks": "unreachable",
    "breaks_off": "unreachable",
    "stall": "unreachable",
    "drip": "unreachable",
    "bad_chunk_later": "unreachable",
    "ends_without_finish": "server_error",
    "error_in_the_middle": "overloaded",
    "large_event": "server_error",
}
# What arrives whole, though the provider is odd.
WHOLE = {
    "well_behaved": (True, True),
    "informational_first": (True, True),
    "gzipped": (True, True),
    "gzipped_piece_by_piece": (True, True),
    "plain_answer": (True, True),
    "slow_but_whole": (True, True),
    "ends_without_done": (False, True),
    "close_after_finish": (False, True),
    "done_and_silent": (False, True),
    "malformed": (False, True),
    "large": (False, True),
    # Once every answer has finished, a stream is complete, whatever the body had still promised.
    "longer_than_said": (False, True),
}


def of_kind(outcomes: dict[str, tuple[Any, ...]], streamed: bool) -> list[str]:
    return [name for name, outcome in outcomes.items() if outcome[streamed]]


def patience_for(name: str) -> str:
    return "patient" if name in LARGE else "quick"


@pytest.fixture(scope="module")
def lr(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Router]:
    with Upstream(hostile) as up:
        models = tuple(SCRIPTS)
        providers = [
            Provider(name=name, preset="openai-compatible", base_url=up.url, timeouts=timeouts, models=models)
            for name, timeouts in (("quick", QUICK), ("patient", PATIENT))
        ]
        with router(tmp_path_factory.mktemp("streams"), providers) as started:
            yield started


def ask(lr: Router, name: str, *, streamed: bool) -> Reply:
    return lr.chat(model=f"{patience_for(name)}/{name}", stream=streamed)


HELLO: list[ChatCompletionMessageParam] = [{"role": "user", "content": "Hello"}]


def sdk(lr: Router) -> openai.OpenAI:
    return openai.OpenAI(base_url=f"{lr.url}/v1", api_key=lr.key, max_retries=0)


def say(lr: Router, name: str, *, streamed: bool) -> str:
    """The text that the official SDK makes of it."""
    with sdk(lr) as client:
        answered: Any = client.chat.completions.create(
            model=f"{patience_for(name)}/{name}", messages=HELLO, stream=streamed
        )
        if not streamed:
            return str(answered.choices[0].message.content)
        return "".join(chunk.choices[0].delta.content or "" for chunk in answered if chunk.choices)


def test_every_script_has_its_outcome() -> None:
    assert set(FAILS) | set(BREAKS) | set(WHOLE) == set(SCRIPTS)


@pytest.mark.parametrize(
    ("name", "streamed"), [(name, streamed) for streamed in (False, True) for name in of_kind(FAILS, streamed)]
)
def test_what_is_no_answer_is_an_error_with_its_kind(lr: Router, name: str, streamed: bool) -> None:
    expected = FAILS[name][streamed]
    status, error = refusal(ask(lr, name, streamed=streamed))
    assert (error["localrouter"]["attempts"][-1]["kind"], status) == expected
    assert error["message"].isprintable(), "no raw bytes of the provider reach the client"


@pytest.mark.parametrize("name", BREAKS)
def test_a_stream_that_broke_says_so_at_its_end(lr: Router, name: str) -> None:
    reply = ask(lr, name, streamed=True)
    got = events(reply.body)
    assert reply.status == 200
    assert text_of(reply.body).startswith("Hel"), "what came before is delivered"
    assert got[-1]["error"]["localrouter"]["attempts"][-1]["kind"] == BREAKS[name]
    assert "[DONE]" not in got
    request = reply.headers["x-request-id"]
    [recorded] = lr.rows("SELECT outcome, kind, output_tokens > 0 FROM requests WHERE request_id = ?", request)
    assert recorded == ("failed", BREAKS[name], 1)


@pytest.mark.parametrize(
    ("name", "streamed"), [(name, streamed) for streamed in (False, True) for name in of_kind(WHOLE, streamed)]
)
def test_what_is_whole_arrives_whole(lr: Router, name: str, streamed: bool) -> None:
    reply = ask(lr, name, streamed=streamed)
    assert reply.status == 200
    assert "content-encoding" not in reply.headers
    if streamed:
        assert events(reply.body)[-1] == "[DONE]"
        assert text_of(reply.body)
    else:
        assert reply.json == completion(model=reply.json["model"])
    [outcome] = lr.rows("SELECT outcome FROM requests WHERE request_id = ?", reply.headers["x-request-id"])
    assert outcome == ("success",)


@pytest.mark.parametrize("name", ["stall", "garbage", "brotli", "two_framings", "closes", "web_page", "plain_error"])
@pytest.mark.parametrize("streamed", [False, True])
def test_the_official_sdk_raises_what_is_no_answer(lr: Router, name: str, streamed: bool) -> None:
    with pytest.raises(openai.APIError):
        say(lr, name, streamed=streamed)


@pytest.mark.parametrize("name", BREAKS)
def test_the_official_sdk_raises_a_stream_that_broke(lr: Router, name: str) -> None:
    with pytest.raises(openai.APIError):
        say(lr, name, streamed=True)


@pytest.mark.parametrize("name", [name for name in of_kind(WHOLE, True) if name not in LARGE])
def test_the_official_sdk_reads_a_stream_that_is_whole(lr: Router, name: str) -> None:
    assert say(lr, name, streamed=True) in ("Hello", "Hel")


FALLS_BACK = ("data_error_first", "named_error_first", "field_error_first", "empty_stream", "plain_error", "web_page")


@pytest.mark.parametrize("name", [*FALLS_BACK, "redirects", "garbage", "brotli", "stall_before", "closes"])
def test_a_stream_that_failed_before_its_first_content_falls_back(tmp_path: Path, name: str) -> None:
    scripted = "only_informational" if name == "stall_before" else name
    with (
        Upstream(hostile) as bad,
        Upstream(chat) as good,
        router(
            tmp_path,
            [
                Provider(name="one", preset="openai-compatible", base_url=bad.url, timeouts=QUICK),
                Provider(name="two", preset="openai-compatible", base_url=good.url),
            ],
            auto=auto(("one", scripted), ("two", "b")),
        ) as lr,
    ):
        reply = lr.chat(stream=True)
        assert reply.headers["x-localrouter-model"] == "two/b"
        assert text_of(reply.body) == "Hello"
        assert events(reply.body)[-1] == "[DONE]"


@pytest.mark.parametrize("kind", ["together", "later", "half", "streamed"])
def test_what_comes_behind_an_answer_is_not_the_answer_to_the_next_request(tmp_path: Path, kind: str) -> None:
    said = answer(200, completion("Not yours"))

    def script(asked: Asked) -> Iterator[Step]:
        whole = answer(200, completion(asked.json["messages"][0]["content"])) if asked.body else answer(404, {})
        if asked.body and asked.json["model"] == "chatty":
            if kind == "streamed":
                yield from stream(["Hello"])
            else:
                yield whole + said if kind == "together" else whole
            yield 0.05
            yield said[:40] if kind == "half" else said
        else:
            yield whole

    one = Provider(name="one", preset="openai-compatible", base_url="http://127.0.0.1:1", timeouts=PATIENT)
    with Upstream(script) as up, router(tmp_path, [one.model_copy(update={"base_url": up.url})]) as lr:
        for _ in range(3):
            lr.chat(model="one/chatty", stream=kind == "streamed")
        time.sleep(0.2)
        for number in range(6):
            reply = lr.chat(model="one/quiet", messages=[{"role": "user", "content": f"Number {number}"}])
            assert reply.status == 200
            assert reply.json["choices"][0]["message"]["content"] == f"Number {number}"


@pytest.mark.parametrize("end", [End.CLOSE, End.RESET])
def test_a_pooled_connection_that_the_provider_gave_up_is_no_failure_for_the_client(tmp_path: Path, end: End) -> None:
    """Every connection is good for one answer, and is closed as soon as a second request arrives on it."""
    served: dict[int, int] = {}

    def script(asked: Asked) -> Iterator[Step]:
        served[asked.connection] = served.get(asked.connection, 0) + 1
        if served[asked.connection] > 1:
            yield end
        else:
            yield 0.05
            yield from chat(asked)

    with Upstream(script) as up:
        one = Provider(name="one", preset="openai-compatible", base_url=up.url)
        with router(tmp_path, [one], auto=auto(("one", "a"))) as lr:
            many_at_once(lr, 8)
            for _ in range(8):
                reply = lr.chat()
                assert reply.status == 200
                assert int(reply.headers["x-localrouter-attempts"]) <= 2
            assert lr.call(lr.state.health.cooling) == (), "an old connection says nothing about its provider"


def many_at_once(lr: Router, count: int) -> None:
    """Leaves that many connections in the pool."""
    threads = [threading.Thread(target=lr.chat) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
