"""How callers over TCP get in: codes for sessions, and a server that proves itself before anything is sent to it."""

from __future__ import annotations

import base64
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from localrouter.domain.configuration.config import Provider
from localrouter.domain.configuration.server_address import prove, prove_age
from tests.rig import CHAT, Reply, Router, auto, read_until, router
from tests.upstream import Upstream, chat

NONCE = bytes(range(32))
ASKED = {"nonce": base64.b64encode(NONCE).decode()}


@pytest.fixture
def lr(tmp_path: Path) -> Iterator[Router]:
    with router(tmp_path, []) as started:
        yield started


def session_of(lr: Router, **params: object) -> str:
    reply = exchange(lr, lr.rpc("issue_session_code", **params)["code"])
    assert reply.status == 200, reply.body
    return str(reply.json["token"])


def exchange(lr: Router, code: object, headers: dict[str, str] | None = None) -> Reply:
    return lr.request("POST", "/session", {"code": code}, {"authorization": "", **(headers or {})})


def rpc(lr: Router, token: str, method: str = "list_clients") -> Reply:
    return lr.request("POST", "/rpc", {"jsonrpc": "2.0", "id": 1, "method": method, "params": {}}, key=token)


def test_a_session_opens_what_the_admin_token_opens(tmp_path: Path) -> None:
    with Upstream(chat) as up:
        one = Provider(name="one", preset="openai-compatible", base_url=up.url, models=("a",))
        with router(tmp_path, [one], auto=auto(("one", "a"))) as lr:
            token = session_of(lr)
            assert "result" in rpc(lr, token).json
            assert lr.request("GET", "/metrics", key=token).status == 200
            acting = {"x-localrouter-client": lr.config.clients[0].id}
            assert lr.request("POST", "/v1/chat/completions", CHAT, acting, key=token).status == 200
            assert lr.request("POST", "/v1/chat/completions", CHAT, key=token).status == 401
            [listed] = lr.rpc("list_sessions")
            lr.rpc("end_session", session_id=listed["session_id"])
            assert rpc(lr, token).status == 401
            assert lr.request("GET", "/metrics", key=token).status == 401
            assert lr.request("POST", "/v1/chat/completions", CHAT, acting, key=token).status == 401


def test_a_code_is_good_once_and_for_a_quarter_of_an_hour(lr: Router) -> None:
    code, late = lr.rpc("issue_session_code")["code"], lr.rpc("issue_session_code")["code"]
    assert exchange(lr, code).status == 200
    refused = exchange(lr, code)
    assert (refused.status, refused.json["error"]["code"]) == (401, "invalid_code")
    assert "Open the pages again" in refused.json["error"]["message"]
    lr.shift += 15 * 60
    assert exchange(lr, late).status == 401


def test_a_session_of_thirty_days_ago_is_refused(lr: Router) -> None:
    token = session_of(lr)
    lr.shift += 30 * 24 * 3600 - 60
    assert rpc(lr, token).status == 200
    lr.shift += 60
    assert rpc(lr, token).status == 401


def test_a_session_lets_nobody_in_for_longer_than_itself(lr: Router) -> None:
    token = session_of(lr)
    lr.shift += 30 * 24 * 3600 - 120
    code = rpc(lr, token, "issue_session_code").json["result"]["code"]
    after = str(exchange(lr, code).json["token"])
    assert rpc(lr, after).status == 200
    lr.shift += 120
    assert [rpc(lr, each).status for each in (token, after)] == [401, 401]
    assert rpc(lr, session_of(lr)).status == 200, "the owner's own code is worth thirty days"


def test_guesses_are_held_back_and_the_owner_gets_in_all_the_same(lr: Router) -> None:
    code = lr.rpc("issue_session_code")["code"]
    replies = [exchange(lr, f"lrc-{number}") for number in range(30)]
    assert {reply.status for reply in replies} == {401, 429}
    assert int(replies[-1].headers["retry-after"]) in range(1, 61)
    assert exchange(lr, code).status == 200


@pytest.mark.parametrize(
    "body", [b"", b"[]", b'"lrc-x"', b'{"code": 7}', b'{"code": null}', b'{"code": "a", "more": 1}', b"{", b"\xff"]
)
def test_what_is_no_code_at_all_is_told_what_to_send(lr: Router, body: bytes) -> None:
    reply = lr.request("POST", "/session", body)
    assert (reply.status, reply.json["error"]["code"]) == (400, "invalid_request")
    assert lr.request("POST", "/challenge", body).status == 400


def test_a_large_body_is_not_taken_in(lr: Router) -> None:
    assert lr.request("POST", "/session", {"code": "x" * 100_000}).status == 400


@pytest.mark.parametrize("path", ["/session", "/challenge"])
@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"host": "evil.example"}, 421),
        ({"origin": "http://evil.example"}, 403),
        ({"origin": "null"}, 403),
        ({"sec-fetch-site": "cross-site"}, 403),
        ({"sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate", "sec-fetch-dest": "document"}, 403),
        ({"content-type": "text/plain"}, 415),
        ({"content-type": "application/x-www-form-urlencoded"}, 415),
    ],
)
def test_all_gates_stand_before_a_code_too(lr: Router, path: str, headers: dict[str, str], status: int) -> None:
    code = lr.rpc("issue_session_code")["code"]
    assert lr.request("POST", path, {"code": code}, headers).status == status
    assert exchange(lr, code).status == 200, "it was not used up"


def test_the_answer_to_a_code_is_kept_by_nobody(lr: Router) -> None:
    reply = exchange(lr, lr.rpc("issue_session_code")["code"])
    assert reply.headers["cache-control"] == "no-store"
    assert "set-cookie" not in reply.headers


def test_codes_and_sessions_stand_in_no_file_of_the_home(lr: Router) -> None:
    code = lr.rpc("issue_session_code")["code"]
    token = exchange(lr, code).json["token"]
    lr.rows("SELECT 1")
    holders = [
        path
        for path in lr.home.root.rglob("*")
        if path.is_file() and any(secret.encode() in path.read_bytes() for secret in (code, token))
    ]
    assert holders == []


def test_after_a_restart_of_the_program_codes_and_sessions_are_nothing(tmp_path: Path) -> None:
    with router(tmp_path, []) as first:
        token, code = session_of(first), first.rpc("issue_session_code")["code"]
    again = Router(first.home, first.config, first.key)
    with again:
        assert rpc(again, token).status == 401
        assert exchange(again, code).status == 401


def test_after_a_rotation_nothing_old_opens_anything(lr: Router) -> None:
    admin, token, code = lr.home.read_admin_token() or "", session_of(lr), lr.rpc("issue_session_code")["code"]
    lr.rpc("rotate_admin_token")
    assert [rpc(lr, old).status for old in (admin, token)] == [401, 401]
    assert exchange(lr, code).status == 401
    assert lr.home.read_admin_token() != admin
    assert "result" in lr.rpc_reply("list_clients").json


def test_a_reader_of_events_whose_session_ends_hears_no_more(lr: Router) -> None:
    token = session_of(lr)
    with socket.create_connection(("127.0.0.1", urlsplit(lr.url).port or 0), timeout=20) as reader:
        reader.sendall(f"GET /events HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {token}\r\n\r\n".encode())
        read_until(reader, b": connected")
        lr.rpc("rotate_admin_token")
        rest = b""
        while piece := reader.recv(65_536):
            rest += piece
            if rest.endswith(b"0\r\n\r\n"):
                break
    assert b"event:" not in rest


# The challenge


def test_the_server_proves_how_long_it_has_listened(lr: Router) -> None:
    token, port = lr.home.read_admin_token() or "", urlsplit(lr.url).port or 0
    first = lr.request("POST", "/challenge", ASKED, {"authorization": ""}).json
    time.sleep(0.05)
    then = lr.request("POST", "/challenge", ASKED, {"authorization": ""}).json
    assert 0 <= first["listening_ms"] <= then["listening_ms"] - 50
    for told in (first, then):
        age = told["listening_ms"]
        assert told["listening_proof"] == prove_age(token, NONCE, "127.0.0.1", port, age)
        assert told["listening_proof"] != prove_age(token, NONCE, "127.0.0.1", port, age + 1)
        assert told["listening_proof"] != told["proof"]


def test_the_server_proves_itself_for_the_address_that_it_was_reached_at(lr: Router) -> None:
    proof = lr.request("POST", "/challenge", ASKED, {"authorization": ""}).json["proof"]
    port = urlsplit(lr.url).port or 0
    token = lr.home.read_admin_token() or ""
    assert proof == prove(token, NONCE, "127.0.0.1", port)
    assert proof != prove(token, NONCE, "127.0.0.1", port + 1)
    assert proof != prove(token, NONCE, "127.0.0.2", port)
    assert proof != prove(token, NONCE[::-1], "127.0.0.1", port)
    assert proof != prove("another", NONCE, "127.0.0.1", port)


def test_a_host_header_makes_no_proof_for_another_address(lr: Router) -> None:
    port = urlsplit(lr.url).port or 0
    plain = lr.request("POST", "/challenge", ASKED).json["proof"]
    assert lr.request("POST", "/challenge", ASKED, {"host": f"localhost:{port + 1}"}).json["proof"] == plain


@pytest.mark.parametrize("nonce", ["", "AAAA", "!" * 44, base64.b64encode(bytes(31)).decode()])
def test_a_nonce_has_32_bytes(lr: Router, nonce: str) -> None:
    assert lr.request("POST", "/challenge", {"nonce": nonce}).status == 400
