"""Requests that come back to the router that sent them, and those that only pass through several."""

from __future__ import annotations

import http.client
import http.server
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from localrouter.domain.configuration.config import Provider
from localrouter.domain.routing.via import HEADER, MOST_ROUTERS
from tests.rig import Router, auto, router
from tests.upstream import Upstream, chat


@dataclass
class Relay:
    """A proxy that passes everything on to an address, and counts what passes."""

    to: str = ""
    passed: list[str] = field(default_factory=list)
    url: str = ""


@contextmanager
def relay() -> Iterator[Relay]:
    it = Relay()

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_: object) -> None:
            """Nothing is said."""

        def do_POST(self) -> None:
            it.passed.append(self.path)
            body = self.rfile.read(int(self.headers.get("content-length") or 0))
            connection = http.client.HTTPConnection(urlsplit(it.to).netloc, timeout=30)
            given = {name: value for name, value in self.headers.items() if name.lower() != "host"}
            connection.request(self.command, self.path, body, given)
            answer = connection.getresponse()
            data = answer.read()
            self.send_response(answer.status)
            for name, value in answer.getheaders():
                if name.lower() not in ("transfer-encoding", "content-length", "connection"):
                    self.send_header(name, value)
            self.send_header("content-length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)
            connection.close()

        def do_GET(self) -> None:
            self.do_POST()

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    it.url = f"http://127.0.0.1:{server.server_address[1]}"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield it
    finally:
        server.shutdown()
        server.server_close()


def to(name: str, url: str, key: str) -> Provider:
    """A LocalRouter as a provider, with the key of one of its clients."""
    return Provider(name=name, preset="openai-compatible", base_url=f"{url}/v1", secret=f"env:{key}")


def test_a_request_that_comes_back_through_a_relay_is_refused_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with relay() as proxy:
        lr = router(tmp_path, [to("self", proxy.url, "LOCALROUTER_KEY_LOOP")])
        monkeypatch.setenv("LOCALROUTER_KEY_LOOP", lr.key)
        monkeypatch.setenv("LOCALROUTER_KEY_LOOP_FOR", proxy.url)
        with lr:
            proxy.to = lr.url
            for path, asked in (("/v1/chat/completions", {}), ("/v1/chat/completions", {"stream": True})):
                proxy.passed.clear()
                reply = lr.request(
                    "POST",
                    path,
                    {"model": "self/self/self/m", "messages": [{"role": "user", "content": "Hi"}], **asked},
                )
                assert (reply.status, reply.json["error"]["code"]) == (400, "request_loop"), reply.body
                assert "base URL" in reply.json["error"]["message"]
                assert [each for each in proxy.passed if "chat" in each] == [path], "it went round once, and no further"
                assert [attempt["kind"] for attempt in reply.attempts] == ["unsupported"]
            assert lr.rpc("get_server_status")["cooling"] == []
            tested = lr.rpc("test_provider", name="self")
            assert "came back" in str(tested), tested


def test_a_loop_of_two_routers_is_refused_and_the_others_models_are_tried(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with relay() as proxy, Upstream(chat) as up:
        good = Provider(name="good", preset="openai-compatible", base_url=up.url)
        a = router(
            tmp_path / "a", [to("b", proxy.url, "LOCALROUTER_KEY_OF_B"), good], auto=auto(("b", "localrouter/auto"))
        )
        monkeypatch.setenv("LOCALROUTER_KEY_OF_A", a.key)
        with a:
            monkeypatch.setenv("LOCALROUTER_KEY_OF_A_FOR", a.url)
            b = router(
                tmp_path / "b",
                [to("a", a.url, "LOCALROUTER_KEY_OF_A"), good],
                auto=auto(("a", "localrouter/auto"), ("good", "m")),
            )
            monkeypatch.setenv("LOCALROUTER_KEY_OF_B", b.key)
            monkeypatch.setenv("LOCALROUTER_KEY_OF_B_FOR", proxy.url)
            with b:
                proxy.to = b.url
                reply = a.chat()
                assert reply.status == 200, reply.body
                assert [path for path in proxy.passed if "chat" in path] == ["/v1/chat/completions"]
                assert len([asked for asked in up.asked if asked.body]) == 1
                ids = up.asked[-1].headers[HEADER].split(", ")
                assert len(set(ids)) == len(ids) == 2


def test_a_chain_of_routers_without_a_loop_serves(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with Upstream(chat) as up:
        c = router(tmp_path / "c", [Provider(name="good", preset="openai-compatible", base_url=up.url)])
        with c:
            b = _in_front_of(c, tmp_path / "b", "LOCALROUTER_KEY_OF_C", monkeypatch)
            with b, _in_front_of(b, tmp_path / "a", "LOCALROUTER_KEY_OF_B", monkeypatch) as a:
                reply = a.chat(model="next/next/good/m")
                assert reply.status == 200, reply.body
        assert len(up.asked[-1].headers[HEADER].split(", ")) == 3


def _in_front_of(lr: Router, folder: Path, variable: str, monkeypatch: pytest.MonkeyPatch) -> Router:
    monkeypatch.setenv(variable, lr.key)
    monkeypatch.setenv(f"{variable}_FOR", lr.url)
    return router(folder, [to("next", lr.url, variable)])


def test_an_endless_chain_ends_and_what_is_no_id_is_not_passed_on(tmp_path: Path) -> None:
    with (
        Upstream(chat) as up,
        router(tmp_path, [Provider(name="p", preset="openai-compatible", base_url=up.url)]) as lr,
    ):
        passed = [f"{number:016x}" for number in range(MOST_ROUTERS)]
        asked = {"model": "p/m", "messages": [{"role": "user", "content": "Hi"}]}
        reply = lr.request("POST", "/v1/chat/completions", asked, {HEADER: ", ".join(passed)})
        assert (reply.status, reply.json["error"]["code"]) == (400, "request_loop")
        assert reply.headers["x-should-retry"] == "false"
        reply = lr.request("POST", "/v1/chat/completions", asked, {HEADER: f"<script>, {passed[0]}, x"})
        assert reply.status == 200
        told = up.asked[-1].headers[HEADER].split(", ")
        assert (told[0], len(told)) == (passed[0], 2)
