"""Planted secrets must not turn up anywhere: not in a reply, a file, an event or a line of a log."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Iterator
from pathlib import Path

import pytest

from localrouter.domain.configuration.config import Logging, LogLevel, Provider
from tests.rig import CHAT, auto, router
from tests.upstream import STREAM_HEAD, Asked, End, Step, Upstream, answer, chat, chunked, event

KEPT_IN = {"secrets.json", "admin.token"}
A, B = ("one", "a"), ("two", "b")


def echoing(asked: Asked) -> Iterator[Step]:
    """A provider that tells its caller's key to everybody, in each way that it can."""
    key = asked.headers["authorization"].removeprefix("Bearer ")
    told = {
        "error": {"message": f"Incorrect API key provided: {key}. Bearer {key} is wrong", "code": "invalid_api_key"}
    }
    match asked.json.get("seed", 0) if asked.body else 0:
        case 1:
            yield STREAM_HEAD + chunked(event({"content": "Hel"}))
            yield chunked(b'data: {"error": {"message": "key ' + key.encode() + b' expired", "code": 401}}\n\n')
            yield End.CLOSE
        case 2:
            yield answer(500, f"<html>{key}</html>".encode(), {"content-type": "text/html"})
        case 3:
            yield answer(429, told, {"retry-after": "1", "x-echo": key})
        case _:
            yield answer(401, told, {"www-authenticate": f"Bearer {key}"})


def test_no_secret_turns_up_anywhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    provider_key, header_secret = f"sk-canary-{secrets.token_hex(16)}", f"hdr{secrets.token_hex(16)}"
    monkeypatch.setenv("LOCALROUTER_SECRETS", "file")
    monkeypatch.setenv("LOCALROUTER_KEY_CANARY", header_secret)
    seen: list[bytes] = []
    with Upstream(echoing) as up, Upstream(chat) as good:
        bad = Provider(
            name="one",
            preset="openai",
            base_url=up.url,
            models=("a",),
            headers={"x-secret-token": "env:LOCALROUTER_KEY_CANARY"},
        )
        second = Provider(name="two", preset="openai-compatible", base_url=good.url, models=("b",))
        started = router(tmp_path, [bad, second], auto=auto(A, B))
        chatty = Logging(level=LogLevel.DEBUG, access_log=True)
        started.config = started.config.model_copy(update={"logging": chatty})
        with started as lr:
            token = lr.home.read_admin_token() or ""
            seen.append(lr.rpc_reply("set_provider_key", name="one", key=provider_key).body)
            for seed in range(4):
                for model in ("one/a", "localrouter/auto"):
                    for stream in (False, True):
                        reply = lr.chat(model=model, seed=seed, stream=stream)
                        seen += [reply.body, repr(reply.headers).encode()]
                        seen.append(lr.rpc_reply("get_request", request_id=reply.headers["x-request-id"]).body)
            assert provider_key in {a.headers["authorization"].removeprefix("Bearer ") for a in up.asked}
            assert {a.headers["x-secret-token"] for a in up.asked} == {header_secret}
            client = lr.rpc_reply("create_client", name="another").body
            client_key = client.split(b'"key":"')[1].split(b'"')[0].decode()
            seen.append(lr.request("POST", "/v1/chat/completions", CHAT, key=client_key).body)
            queries = (
                "get_config",
                "export_config",
                "list_providers",
                "list_clients",
                "list_requests",
                "list_revisions",
            )
            seen += [lr.rpc_reply(method).body for method in (*queries, "get_server_status", "list_models")]
            seen.append(lr.rpc_reply("test_provider", name="one").body)
            seen.append(lr.rpc_reply("update_client", client_id=client_key, name=provider_key[:0]).body)
            seen.append(lr.request("POST", "/rpc", {"jsonrpc": "2.0", "id": 1, "method": token[:0]}, key="wrong").body)
            seen += [lr.request("GET", path).body for path in ("/docs", "/openapi.json", "/openrpc.json", "/health")]
    files = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file() and path.name not in KEPT_IN}
    assert any(path.name == "metrics.db" for path in files)
    assert any(path.name == "localrouter.log" for path in files)
    said = [*seen, *files.values(), caplog.text.encode(), "".join(capfd.readouterr()).encode()]
    for canary in (provider_key, header_secret, token, client_key, lr.key):
        assert canary
        found = [text[:300] for text in said if canary.encode() in text]
        assert not found, f"{canary} was told"
