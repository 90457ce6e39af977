"""What stands in the records of requests that went an unusual way."""

from __future__ import annotations

import http.client
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from localrouter.domain.configuration.config import Metrics, Provider
from localrouter.services.metrics.store import MetricsStore
from tests.rig import CHAT, Router, auto, router
from tests.upstream import STREAM_HEAD, Asked, End, Step, Upstream, always, chat, chunked, completion, event

USAGE = {"prompt_tokens": 1_000, "completion_tokens": 77, "total_tokens": 1_077}


def provider(upstream: Upstream, **changes: Any) -> Provider:
    return Provider(name="one", preset="openai-compatible", base_url=upstream.url, models=("a",), **changes)


def test_a_plain_answer_without_usage_is_estimated_by_what_was_written(tmp_path: Path) -> None:
    silent = {name: value for name, value in completion("x" * 400).items() if name != "usage"}
    with Upstream(always(200, silent)) as up, router(tmp_path, [provider(up)]) as lr:
        assert lr.chat(model="one/a").status == 200
        assert lr.rows("SELECT output_tokens, estimated FROM requests") == [(100, 1)]


def test_a_client_that_leaves_after_the_usage_chunk_is_billed_what_the_provider_told(tmp_path: Path) -> None:
    def script(_: Asked) -> Iterator[Step]:
        yield STREAM_HEAD + chunked(event({"content": "Hi"})) + chunked(event(finish="stop"))
        yield chunked(event(usage=USAGE))
        yield End.SILENCE

    with Upstream(script) as up, router(tmp_path, [provider(up)]) as lr:
        connection = http.client.HTTPConnection(urlsplit(lr.url).netloc, timeout=10)
        body = CHAT | {"model": "one/a", "stream": True, "stream_options": {"include_usage": True}}
        connection.request(
            "POST",
            "/v1/chat/completions",
            json.dumps(body),
            {"content-type": "application/json", "authorization": f"Bearer {lr.key}"},
        )
        answer = connection.getresponse()
        seen = b""
        while b'"completion_tokens"' not in seen:
            seen += answer.read1(65_536)
        answer.close()
        connection.close()
        for _ in range(100):
            if rows := lr.rows("SELECT outcome, input_tokens, output_tokens, estimated FROM requests"):
                break
        assert rows == [("cancelled", 1_000, 77, 0)]


def test_the_overhead_of_a_stream_is_the_routers_own(tmp_path: Path) -> None:
    def slow(asked: Asked) -> Iterator[Step]:
        yield 0.5
        yield from chat(asked)

    with Upstream(slow) as up, router(tmp_path, [provider(up)]) as lr:
        reply = lr.chat(model="one/a", stream=True)
        assert float(reply.headers["x-localrouter-overhead-ms"]) < 400


def test_a_call_whose_proxy_or_header_cannot_be_resolved_is_not_made(tmp_path: Path) -> None:
    with Upstream(chat) as up:
        unresolved: list[dict[str, Any]] = [
            {"proxy": "env:NO_SUCH_PROXY"},
            {"headers": {"x-token": "env:NO_SUCH_TOKEN"}},
        ]
        for place, changes in enumerate(unresolved):
            with router(tmp_path / str(place), [provider(up, **changes)], auto=auto(("one", "a"))) as lr:
                reply = lr.chat()
                assert (reply.status, reply.json["error"]["code"]) == (502, "provider_auth")
                assert "NO_SUCH" in reply.json["error"]["message"]
        assert up.asked == []


def test_the_retention_of_the_configuration_holds_from_the_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[tuple[float, float]] = []
    original = MetricsStore.set_retention

    def noting(self: MetricsStore, *, days: float, max_mb: float) -> None:
        told.append((days, max_mb))
        original(self, days=days, max_mb=max_mb)

    monkeypatch.setattr(MetricsStore, "set_retention", noting)
    started = router(tmp_path, [])
    started.config = started.config.model_copy(update={"metrics": Metrics(retention_days=365, max_mb=4096)})
    with started:
        assert told == [(365, 4096)]


def told(lr: Router, request_id: str) -> dict[str, object] | None:
    """The error that the record keeps; the list of requests tells the same."""
    kept: dict[str, object] | None = lr.rpc("get_request", request_id=request_id)["request"]["error"]
    (listed,) = [each for each in lr.rpc("list_requests")["items"] if each["request_id"] == request_id]
    assert listed["error"] == kept
    return kept


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("model", ["localrouter/auto", "one/a", "nowhere/a", "nobody"])
def test_a_record_keeps_the_words_and_the_code_that_the_client_was_told(
    tmp_path: Path, model: str, stream: bool
) -> None:
    with Upstream(always(500, {"error": {"message": "Kaputt."}})) as up, router(tmp_path, [provider(up)]) as lr:
        reply = lr.chat(model=model, stream=stream)
        error = reply.json["error"]
        assert told(lr, error["localrouter"]["request_id"]) == {"code": error["code"], "message": error["message"]}


def test_an_answer_leaves_no_words(tmp_path: Path) -> None:
    with Upstream(chat) as up, router(tmp_path, [provider(up)]) as lr:
        assert told(lr, lr.chat(model="one/a").headers["x-request-id"]) is None


def test_a_stream_that_broke_off_keeps_the_words_of_its_last_event(tmp_path: Path) -> None:
    def script(_: Asked) -> Iterator[Step]:
        yield STREAM_HEAD + chunked(event({"content": "Hi"}))
        yield End.RESET

    with Upstream(script) as up, router(tmp_path, [provider(up)]) as lr:
        reply = lr.chat(model="one/a", stream=True)
        last = json.loads(reply.body.strip().rpartition(b"data: ")[2])["error"]
        kept = told(lr, reply.headers["x-request-id"])
        assert kept == {"code": last["code"], "message": last["message"]}


def test_kept_words_are_one_line_bounded_and_without_a_key(tmp_path: Path) -> None:
    words = "Bad \x1b[31mkey sk-abcdefghijklmnopqrstuvwx\nof " + "x" * 2_000
    with Upstream(always(401, {"error": {"message": words}})) as up, router(tmp_path, [provider(up)]) as lr:
        reply = lr.chat(model="one/a")
        kept = told(lr, reply.headers["x-request-id"])
        assert kept is not None
        message = str(kept["message"])
        assert message.isprintable()
        assert 0 < len(message) <= 500
        assert "abcdefghijklmnop" not in message


def everything_stored(lr: Router) -> bytes:
    return b"".join(path.read_bytes() for path in lr.home.root.rglob("*") if path.is_file() and path.suffix != ".json")


@pytest.mark.parametrize("form", ["{}", "one/{}", "Bearer {}", "one/x-{}-y"])
def test_a_key_given_as_the_model_reaches_no_record_no_log_and_no_provider(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, form: str
) -> None:
    monkeypatch.setenv("LOCALROUTER_KEY_ONE", "canary/9f.Zq-of-a-provider")
    with Upstream(chat) as up, router(tmp_path, [provider(up, secret="env:LOCALROUTER_KEY_ONE")]) as lr:
        assert lr.chat(model="one/a").status == 200
        for key in (lr.key, "canary/9f.Zq-of-a-provider"):
            reply = lr.chat(model=form.format(key))
            assert (reply.status, reply.json["error"]["code"]) == (404, "model_not_found")
            assert "contains a key" in reply.json["error"]["message"]
            assert key.encode() not in reply.body
        assert len(up.asked) == 1
        assert [row for (row,) in lr.rows("SELECT model_asked FROM requests WHERE status = 404")] == [
            form.format("[key]").replace("x-[key]-y", row_end) if "y" in form else form.format("[key]")
            for row_end in ("x-[key]", "x-[key]-y")
        ]
        lr.stop()
        kept = everything_stored(lr)
        assert lr.key.encode() not in kept
        assert b"of-a-provider" not in kept


def test_a_name_that_a_provider_lists_is_no_key_whatever_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOCALROUTER_KEY_ONE", "lm-studio-key")
    with Upstream(chat) as up:
        named = Provider(
            name="lm-studio-key",
            preset="openai-compatible",
            base_url=up.url,
            models=("lm-studio-key",),
            secret="env:LOCALROUTER_KEY_ONE",
        )
        with router(tmp_path, [named]) as lr:
            assert lr.chat(model="lm-studio-key/lm-studio-key").status == 200
            assert lr.chat(model="lm-studio-key").status == 200
            assert lr.rows("SELECT DISTINCT model_asked FROM requests ORDER BY 1") == [
                ("lm-studio-key",),
                ("lm-studio-key/lm-studio-key",),
            ]


@pytest.mark.parametrize("hosts", [(), ("router.example",)])
def test_clients_that_may_be_elsewhere_are_told_no_path_of_this_machine(tmp_path: Path, hosts: tuple[str, ...]) -> None:
    with Upstream(chat) as up, router(tmp_path, [provider(up)]) as lr:
        server = {"allowed_hosts": list(hosts)}
        lr.rpc("update_server_config", server=server)
        reply = lr.chat(model="localrouter/auto")
        assert reply.status == 404
        assert "call update_strategy" in reply.json["error"]["message"]
        assert (str(tmp_path) in reply.json["error"]["message"]) == (not hosts)


def test_a_price_too_small_for_a_number_is_a_price_all_the_same(tmp_path: Path) -> None:
    with Upstream(chat) as up, router(tmp_path, [provider(up, free=True)]) as lr:
        text = (
            b'{"jsonrpc": "2.0", "id": 1, "method": "set_pricing_override", "params": {"provider": "one", '
            b'"model": "a", "input_per_million": 1e-400, "output_per_million": 1e-400}}'
        )
        assert lr.state is not None
        headers = {"content-type": "application/json", "authorization": f"Bearer {lr.home.read_admin_token()}"}
        connection = http.client.HTTPConnection(urlsplit(lr.url).netloc, timeout=10)
        connection.request("POST", "/rpc", text, headers)
        told = json.loads(connection.getresponse().read())
        connection.close()
        assert told["result"]["pricing_override"]["input_per_million"] > 0
        assert lr.chat(model="one/a").status == 200
        assert lr.rows("SELECT cost > 0 FROM requests") == [(1,)]
