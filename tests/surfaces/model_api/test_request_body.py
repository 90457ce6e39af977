"""Bodies of model requests: what costs more than its bytes is refused before it is parsed, what is honest is served."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from localrouter.domain.configuration.config import Provider
from tests.rig import Router, router, until
from tests.upstream import Asked, End, Script, Step, Upstream, answer, chat, completion

MB = 1024 * 1024
CHAT, EMBEDDINGS = "/v1/chat/completions", "/v1/embeddings"


def provider(upstream: Upstream) -> Provider:
    return Provider(name="one", preset="openai-compatible", base_url=upstream.url, models=("a",))


def filled(head: bytes, piece: bytes, tail: bytes, size: int) -> bytes:
    return head + piece * ((size - len(head) - len(tail)) // len(piece)) + tail


def message(text: bytes, size: int) -> bytes:
    return filled(b'{"model":"one/a","messages":[{"role":"user","content":"', text, b'"}]}', size)


def picture(size: int) -> bytes:
    head = (
        b'{"model":"one/a","messages":[{"role":"user","content":[{"type":"image_url","image_url":'
        b'{"url":"data:image/png;base64,'
    )
    return filled(head, b"QUJD", b'"}}]}]}', size)


def numbers(size: int) -> bytes:
    return filled(b'{"model":"one/a","input":[', b"12345,", b"1]}", size)


def embed(asked: object) -> Iterator[Step]:
    yield answer(200, {"object": "list", "data": [{"embedding": [0.1], "index": 0}], "usage": {"prompt_tokens": 1}})


@pytest.mark.parametrize(
    ("piece", "place"),
    [
        (b'"a",', b'"messages":'),
        (b"[],", b'"input":'),
        (b"{},", b'"messages":'),
        (b'{"a":"b"},', b'"odd":'),
    ],
)
def test_a_body_of_many_small_parts_is_refused_before_it_is_parsed(tmp_path: Path, piece: bytes, place: bytes) -> None:
    path = EMBEDDINGS if b"input" in place else CHAT
    with Upstream(chat) as up, router(tmp_path, [provider(up)]) as lr:
        body = filled(b'{"model":"one/a",' + place + b"[", piece, b"1]}", 3 * MB)
        reply = lr.request("POST", path, body)
        assert (reply.status, reply.json["error"]["code"]) == (413, "request_too_large")
        assert "Send less in one request." in reply.json["error"]["message"]
        assert not up.asked
        assert lr.state is not None
        until(lambda: lr.state.memory.held == 0)
        assert lr.chat(model="one/a").status == 200


def test_twenty_honest_megabytes_are_served(tmp_path: Path) -> None:
    with Upstream(chat) as up, router(tmp_path, [provider(up)]) as lr:
        for body in (message(b'[{\\", }] ', 19 * MB), message("日本語 ".encode(), 19 * MB), picture(50 * MB)):
            assert lr.request("POST", CHAT, body).status == 200
    with Upstream(embed) as up, router(tmp_path / "embeddings", [provider(up)]) as lr:
        assert lr.request("POST", EMBEDDINGS, numbers(19 * MB)).status == 200
        assert len(up.asked[0].json["input"]) > 3_000_000
        until(lambda: lr.state.memory.held == 0)


@pytest.mark.parametrize("body", [message(b"x", 21 * MB), numbers(21 * MB)], ids=["text", "numbers"])
def test_more_than_twenty_megabytes_must_be_pictures_audio_or_files(tmp_path: Path, body: bytes) -> None:
    with Upstream(chat) as up, router(tmp_path, [provider(up)]) as lr:
        reply = lr.request("POST", EMBEDDINGS if b"input" in body[:40] else CHAT, body)
        assert (reply.status, reply.json["error"]["code"]) == (413, "request_too_large")
        assert "20 MB that are no picture, audio or file" in reply.json["error"]["message"]


def test_the_largest_body_is_a_setting(tmp_path: Path) -> None:
    with Upstream(chat) as up, router(tmp_path, [provider(up)]) as lr:
        result = lr.rpc("update_server_config", server={"max_body_mb": 1})
        assert result["needs_restart"]
        assert lr.request("POST", CHAT, picture(2 * MB)).status == 200
    with Upstream(chat) as up:
        again = Router(lr.home, lr.config, lr.key)
        with again:
            assert again.request("POST", CHAT, picture(2 * MB)).status == 413


def held_back(release: threading.Event) -> Script:
    def script(_: Asked) -> Iterator[Step]:
        release.wait(30)
        yield answer(200, completion())

    return script


def test_what_all_requests_hold_together_is_capped_and_given_back(tmp_path: Path) -> None:
    release = threading.Event()
    with Upstream(held_back(release)) as up, router(tmp_path, [provider(up)]) as lr:
        lr.rpc("update_server_config", server={"memory_mb": 64})
        body = message(b"x", 19 * MB)
        first = threading.Thread(target=lambda: lr.request("POST", CHAT, body))
        first.start()
        until(lambda: len(up.asked) == 1, patience=30)
        held = lr.state.memory.held
        assert 2 * len(body) <= held <= 64 * MB
        reply = lr.request("POST", CHAT, body)
        assert (reply.status, reply.json["error"]["code"]) == (503, "server_busy")
        assert "server.memory_mb" in reply.json["error"]["message"]
        assert int(reply.headers["retry-after"]) >= 1
        assert lr.state.memory.held == held
        release.set()
        first.join(30)
        until(lambda: lr.state.memory.held == 0)
        assert lr.request("POST", CHAT, body).status == 200


def test_a_body_that_never_fits_says_so_and_promises_nothing(tmp_path: Path) -> None:
    with Upstream(chat) as up, router(tmp_path, [provider(up)]) as lr:
        lr.rpc("update_server_config", server={"memory_mb": 64})
        reply = lr.request("POST", CHAT, picture(60 * MB))
        assert reply.status == 413
        assert "raise server.memory_mb" in reply.json["error"]["message"]
        assert "retry-after" not in reply.headers


def test_what_a_client_that_left_had_sent_is_given_back(tmp_path: Path) -> None:
    with Upstream(lambda asked: iter([End.SILENCE])) as up, router(tmp_path, [provider(up)]) as lr:
        host, port = urlsplit(lr.url).netloc.split(":")
        client = socket.create_connection((host, int(port)), timeout=10)
        head = (
            f"POST {CHAT} HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n"
            f"authorization: Bearer {lr.key}\r\ncontent-length: 9000000\r\n\r\n"
        )
        client.sendall(head.encode() + message(b"x", 2 * MB))
        until(lambda: lr.state.memory.held > MB)
        client.close()
        until(lambda: lr.state.memory.held == 0)
        assert not up.asked


def test_a_client_that_sends_everything_before_it_reads_gets_the_refusal(tmp_path: Path) -> None:
    with Upstream(chat) as up, router(tmp_path, [provider(up)]) as lr:
        host, port = urlsplit(lr.url).netloc.split(":")
        body = filled(b'{"model":"one/a","messages":[', b"[],", b"1]}", 19 * MB)
        with socket.create_connection((host, int(port)), timeout=30) as client:
            client.sendall(
                f"POST {CHAT} HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\nconnection: close\r\n"
                f"authorization: Bearer {lr.key}\r\ncontent-length: {len(body)}\r\n\r\n".encode()
            )
            client.sendall(body)
            assert client.recv(65_536).startswith(b"HTTP/1.1 413 ")
