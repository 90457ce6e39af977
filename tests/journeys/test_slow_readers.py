"""A client that stops taking its stream: the call to the provider ends, and the record says why."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from localrouter.domain.configuration.config import Provider
from localrouter.surfaces.http.protocol import GuardedProtocol
from tests.rig import read_until, router, until
from tests.upstream import STREAM_HEAD, Asked, Step, Upstream, chunked, event


def test_a_reader_that_stops_ends_the_call_and_is_recorded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(GuardedProtocol, "reader_seconds", 0.5)
    sent_at = [0.0]

    def floods(_: Asked) -> Iterator[Step]:
        yield STREAM_HEAD
        while True:
            sent_at[0] = time.monotonic()
            yield chunked(event({"content": "x" * 20_000}))

    with (
        Upstream(floods) as up,
        router(tmp_path, [Provider(name="one", preset="openai-compatible", base_url=up.url, models=("a",))]) as lr,
        lr.send_chat(model="one/a", stream=True) as client,
    ):
        read_until(client, b"xxx")
        until(lambda: lr.rows("SELECT * FROM requests") != [], "it is recorded", patience=30)
        ((outcome, status, request_id),) = lr.rows("SELECT outcome, status, request_id FROM requests")
        assert (outcome, status) == ("cancelled", 499)
        told = lr.rpc("get_request", request_id=request_id)
        assert "stopped reading" in str(told)
        assert lr.rows("SELECT output_tokens > 0 FROM requests") == [(1,)]
        assert lr.rpc("list_running_requests") == []
        until(lambda: time.monotonic() - sent_at[0] > 1.0, "the provider is let go", patience=30)
