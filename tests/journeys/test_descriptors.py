"""A router whose descriptors are all in use: what its clients and its owner are told, and what it leaves."""

from __future__ import annotations

import http.client
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from localrouter.domain.configuration.config import Provider
from tests.no_descriptors import no_further_file
from tests.rig import CHAT, Router, auto, router, until
from tests.upstream import Upstream, chat


def provider(name: str, upstream: Upstream) -> Provider:
    return Provider(name=name, preset="openai-compatible", base_url=upstream.url, models=("a",))


@contextmanager
def connected(lr: Router) -> Iterator[http.client.HTTPConnection]:
    """A connection that was made while there was still a descriptor for it."""
    client = http.client.HTTPConnection(urlsplit(lr.url).netloc, timeout=20)
    client.connect()
    client.request("GET", "/health")
    client.getresponse().read()
    try:
        yield client
    finally:
        client.close()


def ask(
    client: http.client.HTTPConnection, lr: Router, **changes: object
) -> tuple[int, dict[str, str], dict[str, Any]]:
    headers = {"authorization": f"Bearer {lr.key}", "content-type": "application/json"}
    client.request("POST", "/v1/chat/completions", json.dumps(CHAT | changes), headers)
    answer = client.getresponse()
    return answer.status, {name.lower(): value for name, value in answer.getheaders()}, json.loads(answer.read())


@pytest.mark.parametrize("streamed", [False, True])
def test_too_few_descriptors_are_ours_and_neither_cool_nor_count_against_a_provider(
    tmp_path: Path, streamed: bool
) -> None:
    with (
        Upstream(chat) as first,
        Upstream(chat) as second,
        router(
            tmp_path, [provider("one", first), provider("two", second)], auto=auto(("one", "a"), ("two", "a"))
        ) as lr,
        connected(lr) as client,
    ):
        with no_further_file():
            status, headers, body = ask(client, lr, stream=streamed)
        assert (status, body["error"]["code"]) == (503, "no_file_descriptors")
        assert "LocalRouter has no file descriptors left" in body["error"]["message"]
        assert int(headers["retry-after"]) > 0
        assert body["error"]["localrouter"]["attempts"] == []
        assert (first.asked, second.asked) == ([], [])
        status, headers, _ = ask(client, lr)
        assert (status, headers["x-localrouter-model"], headers["x-localrouter-attempts"]) == (200, "one/a", "1")
        until(lambda: len(lr.rows("SELECT * FROM requests")) == 2, "both are recorded", patience=20)
        assert lr.rows("SELECT outcome, status, input_tokens FROM requests ORDER BY rowid LIMIT 1") == [
            ("failed", 503, 0)
        ]
        assert lr.rows("SELECT provider, kind FROM attempts") == [("one", None)]


def test_the_owner_is_told_what_is_missing_and_how_to_get_it(tmp_path: Path) -> None:
    """A change cannot be written, a database not be opened: what does not need a descriptor is still answered."""
    with Upstream(chat) as up, router(tmp_path, [provider("one", up)]) as lr, connected(lr) as client:
        token = lr.home.admin_token.read_text().strip()
        headers = {"authorization": f"Bearer {token}", "content-type": "application/json"}

        def rpc(method: str, **params: object) -> dict[str, Any]:
            call = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params})
            with no_further_file():
                client.request("POST", "/rpc", call, headers)
                document: dict[str, Any] = json.loads(client.getresponse().read())
                return document

        before = lr.home.config.read_bytes()
        assert rpc("list_strategies")["result"]
        refused = rpc("create_strategy", name="another")["error"]
        assert refused["code"] == -32004
        assert "open files" in refused["message"]
        assert lr.home.config.read_bytes() == before
        assert lr.rpc("create_strategy", name="another")["strategy"]["name"] == "another"
