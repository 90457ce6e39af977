"""Keys of many shapes, echoed by their provider in every way that it has: none of them gets any further."""

from __future__ import annotations

import base64
import json
import logging
import secrets
import uuid
from collections.abc import Iterable, Iterator
from pathlib import Path
from urllib.parse import quote

import pytest

from localrouter.domain.configuration.config import Config, Logging, LogLevel, Provider
from tests.rig import Router, router
from tests.upstream import STREAM_HEAD, Asked, End, Step, Upstream, answer, chunked, event

HEX, WORDS = secrets.token_hex(16), "correct-horse-battery-staple"
SHAPES = (
    f"sk-{HEX}",
    f"sk-proj-{secrets.token_urlsafe(48)}",
    f"sk-ant-api03-{secrets.token_urlsafe(40)}-AA",
    f"gsk_{secrets.token_hex(20)}",
    f"AIza{secrets.token_urlsafe(26)}",
    f"hf_{secrets.token_hex(17)}",
    str(uuid.uuid4()),
    uuid.uuid4().hex.upper(),
    HEX[::-1],
    secrets.token_hex(32),
    secrets.token_hex(4),
    f"{WORDS}-{secrets.token_hex(2)}",
    f"Tr0ub4dor&3{secrets.token_hex(2)}",
    "onlylettersbutlongenough",
    "UPPERANDlowerLetters",
    str(secrets.randbelow(10**16) + 10**16),
    "".join(str(n % 10) for n in range(40)),
    f"{secrets.randbelow(10**6) + 10**6}:{secrets.token_urlsafe(24)}",
    f"key.with.dots.{secrets.token_hex(6)}",
    f"eyJhbGciOiJIUzI1NiJ9.{secrets.token_urlsafe(20)}.{secrets.token_urlsafe(20)}",
    base64.b64encode(secrets.token_bytes(31)).decode(),
    base64.b64encode(b"\xfb\xff\xfe" * 9).decode(),
    f"a/b/c/{secrets.token_hex(5)}",
    f"p%20c+{secrets.token_hex(5)}=",
    f'quo"te\\{secrets.token_hex(5)}',
    f"<ang>&le;{secrets.token_hex(5)}",
    f"under_score_{secrets.token_hex(5)}",
    f"tilde~bang!{secrets.token_hex(5)}",
    f"local{secrets.token_hex(8)}",
    f"dev-key-{secrets.token_hex(3)}",
)


def _said(message: str, **more: object) -> dict[str, object]:
    return {"error": {"message": message, **more}}


def _broken_stream(first: bytes, error: dict[str, object]) -> Iterator[Step]:
    yield STREAM_HEAD + first + chunked(b"data: " + json.dumps(error).encode() + b"\n\n")
    yield End.CLOSE


def _echo(way: int, key: str) -> Iterator[Step]:
    bearer, raw = f"Bearer {key}", key.encode()
    match way:
        case 0:
            yield answer(401, _said(f"Incorrect API key provided: {key}."))
        case 1:
            yield answer(400, _said("refused", code=key, param=key, type=key))
        case 2:
            yield answer(403, {"detail": {"error": {"msg": f"[{key}]", "message": f"x{key}x"}}})
        case 3:
            yield answer(500, f"no access with {bearer}".encode(), {"content-type": "text/plain"})
        case 4:
            yield answer(502, f"<html>{key}</html>".encode(), {"content-type": "text/html"})
        case 5:
            yield answer(429, _said("slow"), {"retry-after": "0", "x-request-id": key, "x-ratelimit-reset-tokens": key})
        case 6:
            yield answer(307, b"", {"location": f"http://127.0.0.1:9/?key={quote(key)}"})
        case 7:
            yield answer(500, _said(json.dumps({"error": {"message": f"inner {key}"}})))
        case 8:
            yield answer(400, _said(f"at https://api.example/v1?key={quote(key, safe='')}&x=1"))
        case 9:
            yield answer(400, _said(f"header was Basic {base64.b64encode(b'me:' + raw).decode()}"))
        case 10:
            yield answer(400, _said(f"{bearer.upper()} / {key.lower()}"))
        case 11:
            yield answer(400, _said(f"starts with {key[: max(12, len(key) // 2)]}"))
        case 12:
            yield answer(200, _said(f"key {key} expired", code=401))
        case 13:
            yield from _broken_stream(b"", _said(f"key {key} expired", code=key))
        case _:
            yield from _broken_stream(chunked(event({"content": "Hel"})), _said(f"key {key} expired"))


WAYS = 15


def echoing(asked: Asked) -> Iterator[Step]:
    key = asked.headers.get("authorization", "").removeprefix("Bearer ")
    if asked.path.endswith("/models"):
        yield answer(200, {"data": [{"id": f"model-{key}"}, {"id": "m"}]})
    else:
        yield from _echo(asked.json["seed"], key)


def _with_keys(config: Config) -> Config:
    return config.model_copy(update={"logging": Logging(level=LogLevel.DEBUG, access_log=True)})


def _ask(lr: Router, number: int, ways: Iterable[int]) -> Iterator[bytes]:
    for way in ways:
        reply = lr.chat(model=f"p{number}/m", seed=way, stream=way >= 13)
        yield reply.body
        yield repr(reply.headers).encode()
        yield lr.rpc_reply("get_request", request_id=reply.headers["x-request-id"]).body


@pytest.mark.parametrize("half", [0, 1])
def test_no_key_of_any_shape_gets_further(
    half: int,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    full: bool,
) -> None:
    caplog.set_level(logging.DEBUG)
    monkeypatch.setenv("LOCALROUTER_SECRETS", "file")
    shapes = SHAPES[half::2]
    with Upstream(echoing) as up:
        providers = [Provider(name=f"p{n}", preset="openai-compatible", base_url=up.url) for n in range(len(shapes))]
        lr = router(tmp_path, providers)
        lr.config = _with_keys(lr.config)
        seen: list[bytes] = []
        with lr:
            for number, key in enumerate(shapes):
                seen.append(lr.rpc_reply("set_provider_key", name=f"p{number}", key=key).body)
                seen += _ask(lr, number, range(WAYS) if full else range(number % 3, WAYS, 3))
                seen.append(lr.rpc_reply("test_provider", name=f"p{number}").body)
            seen.append(lr.rpc_reply("refresh_models").body)
            queries = ("list_models", "list_providers", "list_requests", "get_server_status", "export_config")
            seen += [lr.rpc_reply(query).body for query in queries]
            seen.append(lr.request("GET", "/v1/models").body)
    sent = {
        asked.headers["authorization"].removeprefix("Bearer ") for asked in up.asked if "authorization" in asked.headers
    }
    assert sent == set(shapes)
    files = [
        p.read_bytes() for p in tmp_path.rglob("*") if p.is_file() and p.name not in ("secrets.json", "admin.token")
    ]
    said = b"\n".join([*seen, *files, caplog.text.encode(), "".join(capfd.readouterr()).encode()]).lower()
    for key in shapes:
        for form in (
            key,
            json.dumps(key)[1:-1],
            quote(key, safe=""),
            base64.b64encode(b"me:" + key.encode()).decode()[3:-4],
        ):
            assert form.lower().encode() not in said, form
        assert key[: max(12, len(key) // 2)].lower().encode() not in said, f"the beginning of {key}"
