"""No route, method, header, name, body or command gets past the limits of a strategy that has used them up.

The tables below hold whole requests, sent byte for byte, since an HTTP library would put many of them right. Each one
is either open or closed. An open way leads to a provider as long as no limit stands in it: where the limits are lifted
every one of them is shown to make exactly one call, and where they are used up the same bytes get 429 and make none.
A closed way is refused for another reason and makes no call either. The provider counts all that it sees besides
`GET /models`.
"""

from __future__ import annotations

import base64
import gzip
import json
import re
import secrets
import socket
import time
import uuid
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import partial
from http.client import HTTPResponse
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from localrouter import client
from localrouter.commands import all_commands
from localrouter.dialects.presets import PRESETS
from localrouter.domain.access import digest, hint, new_key
from localrouter.domain.config import (
    DEFAULT_STRATEGY_ID,
    AutoModelConfig,
    Client,
    LimitMode,
    LimitType,
    PricingOverride,
    Provider,
    RateLimitTimeWindow,
    Server,
    Strategy,
    StrategyRateLimit,
)
from localrouter.domain.metrics import Measure
from localrouter.surfaces.openai_routes import PATHS
from tests.rig import Router, auto, router, strategy_id
from tests.upstream import Asked, Step, Upstream, answer, chat

CHAT_PATH = "/v1/chat/completions"
ENDPOINTS = (CHAT_PATH, "/v1/completions", "/v1/embeddings")
CHAT: dict[str, object] = {"model": "localrouter/auto", "messages": [{"role": "user", "content": "Hello"}]}
BODIES: dict[str, dict[str, object]] = {
    "chat/completions": CHAT,
    "completions": {"model": "localrouter/auto", "prompt": "Hello"},
    "embeddings": {"model": "localrouter/auto", "input": "Hello"},
}
ALIASES = (("gpt-4o", "localrouter/auto"), ("outer", "middle"), ("middle", "inner"), ("inner", "one/a"))
ORIGIN = "http://app.example"
BEARER = "authorization: Bearer <key>\r\n"
JSON = "content-type: application/json\r\n"


# What a strategy has left: nothing


def limit(limit_type: LimitType, value: float, mode: LimitMode = LimitMode.SOFT) -> StrategyRateLimit:
    return StrategyRateLimit(limit_type=limit_type, value=value, time_window=RateLimitTimeWindow.MONTH, mode=mode)


STRICT = LimitMode.STRICT
FLOORS = {
    "the one request was made": (limit(LimitType.REQUESTS, 1),),
    "tokens were used up": (limit(LimitType.TOTAL_TOKENS, 1),),
    "a millionth of a dollar was spent": (limit(LimitType.COST, 0.000001),),
    "one token, strictly": (limit(LimitType.TOTAL_TOKENS, 1, STRICT),),
    "a millionth of a dollar, strictly": (limit(LimitType.COST, 0.000001, STRICT),),
    "all of them": tuple(limit(kind, 0.000001 if kind is LimitType.COST else 1) for kind in LimitType),
}
USED_UP = {name: limits for name, limits in FLOORS.items() if "strictly" not in name}
floors = pytest.mark.parametrize("limits", FLOORS.values(), ids=FLOORS)
used_up = pytest.mark.parametrize("limits", USED_UP.values(), ids=USED_UP)  # a reset would open these again


# Requests


@dataclass(frozen=True)
class Way:
    """A request, and what it would come to if nothing was limited. `<names>` in it stand for keys and ids."""

    name: str
    request: bytes
    is_open: bool
    answers: tuple[int, ...] = ()  # statuses of what is answered without a provider: lists and pages


def written(
    target: str = CHAT_PATH,
    body: object = CHAT,
    *,
    method: str = "POST",
    key: str = BEARER,
    kind: str = JSON,
    more: str = "",
    version: str = "1.1",
) -> bytes:
    payload = body if isinstance(body, bytes) else json.dumps(body).encode()
    head = f"{method} {target} HTTP/{version}\r\nhost: localhost\r\n{key}{kind}{more}"
    return f"{head}content-length: {len(payload)}\r\n\r\n".encode("latin-1") + payload


def body_of(path: str, **changes: object) -> dict[str, object]:
    return BODIES[path.removeprefix("/v1").removeprefix("/")] | changes


def spellings(path: str) -> Iterator[tuple[str, bool]]:
    """Ways to write a path, each with whether it is that path."""
    letter = f"%{ord(path[-1]):02x}"
    yield from ((path, True), (f"{path}?", True), (f"{path}?stream=true&model=one/a&key=<key>", True))
    yield from ((path[:-1] + letter, True), (path[:-1] + letter.upper() + "?x", True))
    yield "/" + "".join(f"%{ord(sign):02X}" for sign in path[1:]), True
    yield from ((f"{path}#x", True), (f"/v1{path}", not path.startswith("/v1")))
    for prefix in ("/", "/.", "/%2e", "/x/..", "/x/%2E%2e", "/ui/..", "/ui/%2e%2e", "/rpc/..", "/health/..", "/v1/v1"):
        yield prefix + path.removeprefix("/v1" if prefix == "/v1/v1" else ""), False
    for suffix in ("/", "//", "/.", "/x/..", "%2f", "%00", "%20", "%09", "%0a", ";x", "%3Fx", "%23", "\\", "."):
        yield path + suffix, False
    for other in (path.upper(), path.title(), path.replace("/", "//"), path.replace("/", "/./"), path[:-1]):
        yield other, False
    yield from ((path[:-1] + letter.replace("%", "%25"), False), (path.replace("/", "\\"), False))
    yield from ((f"http://localhost{path}", False), (f"//localhost{path}", False), (f"localhost{path}", False))


OTHER_TARGETS = (
    *("/v1/messages", "/messages", "/v1/responses", "/responses", "/v1/moderations", "/v1/rerank", "/v1/batches"),
    *("/v1/audio/speech", "/v1/audio/transcriptions", "/v1/images/generations", "/v1/engines/a/completions"),
    *("/openai/v1/chat/completions", "/openai/deployments/a/chat/completions", "/v1beta/models/a:generateContent"),
    *("/api/chat", "/api/generate", "/api/v1/chat/completions", "/v2/chat/completions", "/chat", "/v1", "/v1/", "*"),
    *("/rpc", "/rpc/v1/chat/completions", "/%72pc", "/events", "/metrics", "/nothing"),
)
LISTS = ("/v1/models", "/models", "/v1/models/one/a", "/models/one%2Fa/pricing", "/v1/models/localrouter/auto")
PAGES = (
    *("/", "/ui", "/ui/", "/ui/v1/chat/completions", "/ui/../v1/chat/completions"),
    *("/health", "/docs", "/openapi.json", "/openrpc.json"),
)
ONLY_GET = {("HEAD", target) for target in ("/health", "/docs", "/openapi.json")}
METHODS = ("GET", "PUT", "PATCH", "DELETE", "OPTIONS", "HEAD", "TRACE", "CONNECT", "post", "QUERY", "LINK")


def ways_by_path() -> Iterator[Way]:
    for path in PATHS:
        for target, is_open in spellings(path):
            yield Way(f"POST {target}", written(target, body_of(path)), is_open)
        for method in METHODS:
            yield Way(f"{method} {path}", written(path, body_of(path), method=method), False)
    for target in (*OTHER_TARGETS, *LISTS, *PAGES):
        for method in ("POST", "GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS"):
            yield Way(f"{method} {target}", written(target, method=method), False, shown(method, target))


def shown(method: str, target: str) -> tuple[int, ...]:
    """The statuses with which a list or a page is shown; pages that were not built say so with 503."""
    if method not in ("GET", "HEAD") or (method, target) in ONLY_GET:
        return ()
    return (200,) if target in LISTS else (200, 307, 503) if target in PAGES else ()


BASIC = base64.b64encode(b"client:secret").decode()
OPEN_KEYS = (
    *("authorization: bearer <key>", "AUTHORIZATION: BEARER <key>", "Authorization:Bearer <key>"),
    *("authorization: Bearer   <key>", "authorization: Bearer <key>  ", "authorization: \tBearer \t<key>\t"),
    "authorization: Bearer <admin>\r\nx-localrouter-client: <client>",
    "authorization: bearer <admin>\r\nX-LOCALROUTER-CLIENT: <client>",
    "authorization: Bearer <key>\r\nx-api-key: <free key>\r\napi-key: <free key>",
    "authorization: Bearer <key>\r\nproxy-authorization: Bearer <admin>",
    "authorization: Bearer <key>\r\ncookie: key=<free key>; authorization=Bearer <free key>",
    "authorization: Bearer <key>\r\nx-localrouter-strategy: default\r\nx-localrouter-model: one/a",
    "authorization: Bearer <key>\r\nx-forwarded-for: 127.0.0.1\r\nx-real-ip: 127.0.0.1\r\nforwarded: for=127.0.0.1",
    "authorization: Bearer <key>\r\nx-original-url: /health\r\nx-rewrite-url: /health",
    "authorization: Bearer <key>\r\nopenai-organization: x\r\nopenai-project: x\r\nidempotency-key: x",
    f"authorization: Bearer <key>\r\norigin: {ORIGIN}",
)
CLOSED_KEYS = (
    *("", "authorization:", "authorization: Bearer", "authorization: <key>", "authorization: Bearer<key>"),
    *("authorization: Bearer\t<key>", 'authorization: Bearer "<key>"', "authorization: Bearer <key>,"),
    *("authorization: Bearer <key>, Bearer <key>", "authorization: Token <key>", "authorization: Key <key>"),
    *(f"authorization: Basic {BASIC}", "authorization: Basic <key>", "authorization: Bearer <KEY>"),
    *("authorization: Bearer <key>x", "authorization: Bearer <digest>", "authorization: Bearer <hint>"),
    *("authorization: Bearer \xe9<key>", "authorization: Bearer <key>\x00", "authorization: Bearer\r\n <key>"),
    *("x-api-key: <key>", "api-key: <key>", "x-goog-api-key: <key>", "proxy-authorization: Bearer <key>"),
    *("x-authorization: Bearer <key>", "authorization : Bearer <key>", "authorization_: Bearer <key>"),
    *("cookie: authorization=Bearer <key>", "cookie: key=<key>; token=<key>; session=<key>"),
    "authorization: Bearer <key>\r\nauthorization: Bearer <key>",
    "authorization: Bearer <key>\r\nAuthorization: Bearer <free key>",
    "authorization: Bearer <free key>\r\nauthorization: Bearer <key>",
    "authorization: Bearer <key>\r\nauthorization: Bearer <admin>\r\nx-localrouter-client: <client>",
    *("authorization: Bearer <admin>", "x-localrouter-client: <client>", "authorization: Bearer <client>"),
    "authorization: Bearer <key>\r\nx-localrouter-client: <client>",
    "authorization: Bearer <key>\r\nx-localrouter-client: <free client>",
    "authorization: Bearer <free key>\r\nx-localrouter-client: <client>",
    "x-api-key: <admin>\r\nx-localrouter-client: <client>",
    *(
        f"authorization: Bearer <admin>\r\nx-localrouter-client:{given}"
        for given in ("", " test", " default", " <key>", " <strategy>", " <CLIENT>", " <client>, <free client>")
    ),
    "authorization: Bearer <admin>\r\nx-localrouter-client: <client>\r\nx-localrouter-client: <free client>",
    "authorization: Bearer <key>\r\norigin: http://evil.example",
    "authorization: Bearer <key>\r\nsec-fetch-site: cross-site",
    "authorization: Bearer <key>\r\nhost: localhost",
    "authorization: Bearer <key>\r\nupgrade: websocket\r\nconnection: upgrade",
)
OPEN_TYPES = ("application/json; charset=utf-8", "APPLICATION/JSON", "application/json;", " application/json ; x=y")
CLOSED_TYPES = ("text/plain", "application/x-www-form-urlencoded", "application/jsonx", "text/json", "*/*", "")


def ways_by_header() -> Iterator[Way]:
    for is_open, keys in ((True, OPEN_KEYS), (False, CLOSED_KEYS)):
        yield from (Way(key, written(key=key and f"{key}\r\n"), is_open) for key in keys)
    for path in PATHS:
        yield Way(f"{path}, key in the query", written(f"{path}?key=<key>&api_key=<key>", body_of(path), key=""), False)
        acting = "authorization: Bearer <admin>\r\nx-localrouter-client: <client>\r\n"
        yield Way(f"{path} as the client", written(path, body_of(path), key=acting), True)
    for is_open, kinds in ((True, OPEN_TYPES), (False, CLOSED_TYPES)):
        yield from (Way(f"content-type {kind}", written(kind=f"content-type: {kind}\r\n"), is_open) for kind in kinds)
    yield Way("no content-type", written(kind=""), False)
    yield Way("two content-types", written(kind=JSON + JSON), False)
    override = "x-http-method-override: POST\r\nx-method-override: POST\r\nx-http-method: POST\r\n"
    yield Way("GET that says POST", written(method="GET", more=override), False)
    yield Way("POST that says GET", written(more=override.replace("POST", "GET")), True)
    asking = f"origin: {ORIGIN}\r\naccess-control-request-method: POST\r\n"
    yield Way("preflight", written(method="OPTIONS", more=asking), False, (204,))
    offer = "connection: Upgrade, HTTP2-Settings\r\nupgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n"
    yield Way("offer of HTTP/2", written(more=offer), True)
    yield Way("HTTP/1.0", written(version="1.0"), True)
    yield Way("HTTP/2.0", written(version="2.0").replace(b" HTTP/2.0", b" HTTP/9.9"), False)
    yield Way("a body that is waited for", written(more="expect: 100-continue\r\n"), True)
    head, _, payload = written(more="transfer-encoding: chunked\r\n").partition(b"\r\n\r\n")
    pieces = b"".join(b"1\r\n%c\r\n" % sign for sign in payload)
    plain = head.rpartition(b"\r\n")[0] + b"\r\n\r\n" + pieces
    yield Way("in chunks", plain + b"0\r\n\r\n", True)
    yield Way("in chunks, with a key behind them", plain + b"0\r\nauthorization: Bearer <free key>\r\n\r\n", True)
    bare = plain.replace(BEARER.encode(), b"")
    yield Way("in chunks, with the only key behind them", bare + b"0\r\n" + BEARER.encode() + b"\r\n", False)
    yield Way("in chunks and with a length", head + b"\r\n\r\n" + pieces + b"0\r\n\r\n", False)


OPEN_MODELS = (
    *("localrouter/auto", "one/a", "ONE/a", "One/a", "two/m", "Two/m", "a", "m", "gpt-4o", "GPT-4O", "outer", "Middle"),
    *("inner", "one/A", "one/a ", "one/ a", "one//a", "one/unlisted", "one/a/b", "one/%61", "one/localrouter/auto"),
    *("one/../two/m", "one/a?x", "one/a\x00", "one/localhost:1/v1", f"one/{'x' * 2_000}"),
)
CLOSED_MODELS: tuple[object, ...] = (
    *("LOCALROUTER/AUTO", "localrouter/auto ", " localrouter/auto", "localrouter/auto/", "localrouter//auto", "auto"),
    *(" one/a", "\tone/a", "one /a", "one%2Fa", "%6fne/a", "one\\a", "one:a", "one∕a", "one", "one/", "/a", "//a"),
    *("A", "a ", " m", "gpt-4o ", "gpt-4o/", "outer/a", "nobody/a", "localrouter/one/a", "off/a", "OFF/a", "b", "*"),
    *("", " ", None, 5, True, ["one/a"], {"provider": "one", "model": "a"}),
)


def ways_by_model() -> Iterator[Way]:
    for path in ENDPOINTS:
        for is_open, models in ((True, OPEN_MODELS), (False, CLOSED_MODELS)):
            for model in models:
                yield Way(f"{path}, model {model!r:.60}", written(path, body_of(path, model=model)), is_open)


IMAGE = {"type": "image_url", "image_url": {"url": "http://localhost/cat.png"}}
FUNCTION = {"type": "function", "function": {"name": "f", "parameters": {"type": "object"}}}
OPEN_CHANGES: tuple[dict[str, object], ...] = (
    *({"n": n} for n in (1, 5, 0, -1, None, 2.5, "5", 1_000_000)),
    *({"max_tokens": cap} for cap in (1, 0, -1, None, 2**63 - 1)),
    *({"max_completion_tokens": 1}, {"max_output_tokens": 1}, {"num_predict": -1}, {"max_tokens": 1, "n": 5}),
    *({"stream": False}, {"stream": None}, {"stream_options": {"include_usage": True}}, {"best_of": 5}),
    *({"user": "x"}, {"store": True}, {"metadata": {"limit": "none"}}, {"service_tier": "priority"}, {"": 1}),
    *({"strategy": "default"}, {"strategy_id": "default", "client": "free"}, {"rate_limits": []}, {"mode": "soft"}),
    *({"localrouter": {"limits": False}}, {"models": ["one/a", "two/m"]}, {"provider": "one"}, {"route": "fallback"}),
    *({"extra_body": {"model": "one/a"}}, {"base_url": "http://localhost/v1"}, {"usage": {"total_tokens": 0}}),
    *({"tools": []}, {"plugins": [{"id": "web"}]}, {"web_search_options": {}}, {"prediction": {"content": "x"}}),
)
OPEN_BODIES: dict[str, tuple[dict[str, object], ...]] = {
    CHAT_PATH: (
        *({"stream": True}, {"stream": True, "stream_options": {"include_usage": True}}, {"stream": True, "n": 5}),
        *({"stream": True, "model": "one/a"}, {"stream": True, "model": "outer", "max_tokens": 1}),
        *({"messages": []}, {"messages": [{}]}, {"messages": [{"role": "user", "content": None}]}),
        {"messages": [{"role": "user", "content": [{"type": "text", "text": "Hello"}, IMAGE]}]},
        {"messages": [{"role": "user", "content": "é" * 100_000}]},
        *({"tools": [FUNCTION]}, {"tools": [{"type": "web_search"}]}, {"audio": {"voice": "x"}}),
        {"response_format": {"type": "json_schema", "json_schema": {"name": "x", "schema": {}}}},
    ),
    "/v1/completions": (
        *({"stream": True}, {"stream": True, "model": "one/a"}, {"prompt": ""}, {"prompt": []}, {"prompt": [1, 2, 3]}),
        *({"prompt": ["a", "b"]}, {"prompt": [[1], [2]]}, {"suffix": "x"}, {"echo": True, "max_tokens": 0}),
    ),
    "/v1/embeddings": (
        *({"input": ""}, {"input": []}, {"input": ["a", "b"]}, {"input": [1, 2, 3]}, {"input": [[1], [2]]}),
        *({"encoding_format": "base64"}, {"dimensions": 1}),
    ),
}
CLOSED_CHANGES: tuple[dict[str, object], ...] = (
    *({"max_tokens": 1.5}, {"max_tokens": "1"}, {"max_tokens": True}, {"stream": "true"}, {"stream": 1}),
    *({"stream_options": True}, {"messages": None, "prompt": None, "input": None}),
    *({"messages": 5, "prompt": 5, "input": 5}, {"messages": {}, "prompt": {}, "input": {}}),
)


def ways_by_body() -> Iterator[Way]:
    for path in ENDPOINTS:
        for is_open, changes in ((True, (*OPEN_CHANGES, *OPEN_BODIES[path])), (False, CLOSED_CHANGES)):
            for each in changes:
                yield Way(f"{path} with {each!r:.80}", written(path, body_of(path, **each)), is_open)
        yield from ways_by_text(path, json.dumps(body_of(path)).encode())


def ways_by_text(path: str, text: bytes) -> Iterator[Way]:
    """The same JSON written otherwise, and what is no JSON."""
    model = b'"model": "localrouter/auto"'
    last = text.removesuffix(b"}")
    open_texts = {
        "a second model": last + b', "model": "one/a"}',
        "a model after one that is none": text.replace(model, b'"model": 5, ' + model),
        "a model after one that nobody has": text.replace(model, b'"model": "nobody/a", ' + model),
        "three models": last + b', "model": "free", "model": "outer"}',
        "a second cap": last + b', "max_tokens": 1, "max_tokens": -1}',
        "escapes": text.replace(b'"model"', b'"\\u006dodel"').replace(b"localrouter", b"\\u006cocalrouter"),
        "white space": b" \r\n\t" + text + b"\r\n" * 50,
    }
    closed_texts = {
        "a second model that nobody has": last + b', "model": "nobody/a"}',
        "a second model that is none": last + b', "model": null}',
        "a mark in front": b"\xef\xbb\xbf" + text,
        "UTF-16": text.decode().encode("utf-16"),
        "compressed": gzip.compress(text, mtime=0),
        "cut": last,
        "something behind it": text + b"x",
        "another one behind it": text + text,
        "not a number": last + b', "n": NaN}',
        "a lone surrogate": text.replace(b"localrouter/auto", b"one/\\ud800"),
        "bytes that are no text": text.replace(b"localrouter/auto", b"one/\xff"),
        "a list of it": b"[" + text + b"]",
        "a text of it": json.dumps(text.decode()).encode(),
        "too deep": last + b', "x": ' + b"[" * 200 + b"]" * 200 + b"}",
        **{f"only {rest}": rest.encode() for rest in ("", "null", "{}", "5", "model=one/a&prompt=Hello")},
    }
    for is_open, texts in ((True, open_texts), (False, closed_texts)):
        yield from (
            Way(f"{path}: {name}", written(path, written_text), is_open) for name, written_text in texts.items()
        )


ROUTES = (*ways_by_path(), *ways_by_header())
REQUESTS = (*ways_by_model(), *ways_by_body())
CLOSED = tuple(way for way in (*ROUTES, *REQUESTS) if not way.is_open)
OPEN_ROUTES = tuple(way for way in ROUTES if way.is_open)
OPEN_REQUESTS = tuple(way for way in REQUESTS if way.is_open)
ONE_OF_EACH = tuple(Way(path, written(path, body_of(path)), True) for path in PATHS)


# The scene


@dataclass
class Wire:
    """A connection that is kept as long as the router keeps it, and says what it is told."""

    url: str
    _socket: socket.socket | None = None

    def send(self, request: bytes) -> tuple[int, bytes]:
        """Status and body of the answer."""
        if self._socket is None:
            host, port = urlsplit(self.url).netloc.split(":")
            self._socket = socket.create_connection((host, int(port)), timeout=20)
        self._socket.sendall(request)
        with HTTPResponse(self._socket, method=request.split(b" ", 1)[0].decode()) as response:
            response.begin()
            body = response.read()
            if response.will_close:
                self.close()
            return response.status, body

    def close(self) -> None:
        if self._socket is not None:
            self._socket.close()
            self._socket = None


@dataclass
class Scene:
    """A router whose one client is limited and whose other one is not, and the provider behind both."""

    lr: Router
    up: Upstream
    free_key: str
    wire: Wire = field(default_factory=lambda: Wire(""))

    @property
    def calls(self) -> int:
        """How often the provider was asked for anything but its list."""
        return sum(1 for asked in self.up.asked if asked.body or not asked.path.endswith("/models"))

    @property
    def commands(self) -> client.Client:
        return client.connect(self.lr.home.root, timeout=20)

    @property
    def strategy(self) -> str:
        return strategy_id(self.lr)

    @property
    def client(self) -> str:
        return self.lr.config.clients[0].id

    def start(self) -> None:
        self.lr.__enter__()
        self.wire = Wire(self.lr.url)

    def stop(self) -> None:
        self.wire.close()
        self.lr.stop()

    def send(self, way: Way) -> tuple[int, bytes]:
        free = self.lr.config.clients[1]
        names = {
            "key": self.lr.key,
            "KEY": self.lr.key.upper(),
            "digest": digest(self.lr.key),
            "hint": hint(self.lr.key),
            "admin": self.lr.home.read_admin_token() or "",
            "client": self.client,
            "CLIENT": self.client.upper(),
            "strategy": self.strategy,
            "free client": free.id,
            "free key": self.free_key,
        }
        request = way.request
        for name, value in names.items():
            request = request.replace(f"<{name}>".encode(), value.encode())
        return self.wire.send(request)

    def limit(self, limits: Iterable[StrategyRateLimit]) -> None:
        written_limits = [each.model_dump(mode="json") for each in limits]
        self.commands.update_strategy(strategy_id=self.strategy, rate_limits=written_limits)


def provider_script(asked: Asked) -> Iterator[Step]:
    if asked.path.endswith("/embeddings"):
        vectors = [{"object": "embedding", "index": 0, "embedding": [0.5]}]
        used = {"prompt_tokens": 10, "total_tokens": 10}
        yield answer(200, {"object": "list", "data": vectors, "model": "m", "usage": used})
    else:
        yield from chat(asked)


@contextmanager
def scene(folder: Path, limits: tuple[StrategyRateLimit, ...]) -> Iterator[Scene]:
    """The strategy's limits are used up by one request, where they let one through at all."""
    with Upstream(provider_script) as up:
        providers = [
            Provider(name="one", preset="openai-compatible", base_url=up.url, models=("a",)),
            Provider(name="two", preset="openai-compatible", base_url=up.url),
            Provider(name="off", preset="openai-compatible", base_url=up.url, models=("b",), enabled=False),
        ]
        lr = router(folder, providers, auto=auto(("one", "a"), ("two", "m")), limits=limits, aliases=ALIASES)
        free_key = new_key(secrets.token_bytes(32))
        free = Strategy(id=str(uuid.uuid4()), name="Free")
        other = Client(
            id=str(uuid.uuid4()),
            name="free",
            strategy_id=free.id,
            created_at=datetime.now(UTC),
            key_digest=digest(free_key),
            key_hint=hint(free_key),
        )
        priced = partial(PricingOverride, input_per_million=1.0, output_per_million=1.0)
        lr.config = lr.config.model_copy(
            update={
                "server": Server(cors_origins=(ORIGIN,)),
                "clients": (*lr.config.clients, other),
                "strategies": (*lr.config.strategies, free),
                "pricing_overrides": (priced(provider="one", model="a"), priced(provider="two", model="m")),
            }
        )
        there = Scene(lr, up, free_key)
        there.start()
        try:
            there.commands.refresh_models()
            assert any(asked.path.endswith("/models") for asked in up.asked), "a bare name needs a list to be found in"
            status, _ = there.send(ONE_OF_EACH[0])
            is_strict = any(each.mode is STRICT for each in limits)
            assert (status, there.calls) == ((429, 0) if is_strict else (200, 1))
            yield there
        finally:
            there.stop()


def faults(there: Scene, ways: Iterable[Way], judge: Callable[[Way, int, bytes, int], bool]) -> list[str]:
    """Every way that does not come to what it should; `judge` gets its status, its body and how many calls it made."""
    found = []
    for way in ways:
        before = there.calls
        status, body = there.send(way)
        if not judge(way, status, body, there.calls - before):
            found.append(f"{way.name}: {status}, {there.calls - before} calls, {body[:200]!r}")
    return found


def is_held_by_a_limit(way: Way, status: int, body: bytes, calls: int) -> bool:
    if (status, calls) != (429, 0):
        return False
    return json.loads(body)["error"]["code"] in ("rate_limit_exceeded", "limit_too_small")


def leads_nowhere(way: Way, status: int, body: bytes, calls: int) -> bool:
    """Not even as far as a limit."""
    is_told = status in way.answers if way.answers else 400 <= status < 500 or status == 505
    return is_told and status != 429 and calls == 0


def is_served(way: Way, status: int, body: bytes, calls: int) -> bool:
    return (status, calls) == (200, 1)


# What was asked


@floors
def test_every_request_ends_at_the_limit(tmp_path: Path, limits: tuple[StrategyRateLimit, ...]) -> None:
    with scene(tmp_path, limits) as there:
        before = there.calls
        assert faults(there, (*ONE_OF_EACH, *OPEN_REQUESTS), is_held_by_a_limit) == []
    assert there.calls == before, "nothing was sent later either"


def test_every_route_ends_at_the_limit(tmp_path: Path) -> None:
    with scene(tmp_path, FLOORS["all of them"]) as there:
        before = there.calls
        assert faults(there, OPEN_ROUTES, is_held_by_a_limit) == []
    assert there.calls == before, "nothing was sent later either"


def test_every_closed_way_leads_nowhere(tmp_path: Path) -> None:
    with scene(tmp_path, FLOORS["all of them"]) as there:
        before = there.calls
        assert faults(there, CLOSED, leads_nowhere) == []
    assert there.calls == before, "nothing was sent later either"


def test_with_the_limits_lifted_every_open_way_reaches_the_provider(tmp_path: Path) -> None:
    with scene(tmp_path, FLOORS["all of them"]) as there:
        free = written(body=body_of(CHAT_PATH, model="one/a"), key="authorization: Bearer <free key>\r\n")
        assert faults(there, [Way("another client", free, True)], is_served) == []
        assert faults(there, ONE_OF_EACH, is_held_by_a_limit) == []
        there.limit(())
        assert faults(there, ONE_OF_EACH, is_served) == []
        assert faults(there, (*OPEN_ROUTES, *OPEN_REQUESTS), is_served) == []
        there.limit(FLOORS["the one request was made"])
        assert faults(there, ONE_OF_EACH, is_held_by_a_limit) == [], "what was used without a limit counts too"


def test_a_limit_holds_for_requests_that_are_sent_all_at_once_on_one_connection(tmp_path: Path) -> None:
    def statuses(there: Scene) -> list[bytes]:
        there.wire.close()
        *others, last = [way.request.replace(b"<key>", there.lr.key.encode()) for way in ONE_OF_EACH * 4]
        host, port = urlsplit(there.lr.url).netloc.split(":")
        with socket.create_connection((host, int(port)), timeout=20) as wire:
            wire.sendall(b"".join(others) + last.replace(b"host:", b"connection: close\r\nhost:", 1))
            return re.findall(rb"HTTP/1.1 (\d+)", b"".join(iter(partial(wire.recv, 65_536), b"")))

    with scene(tmp_path, FLOORS["tokens were used up"]) as there:
        assert statuses(there) == [b"429"] * 24
        assert there.calls == 1
        there.limit(())
        assert statuses(there) == [b"200"] * 24
        assert there.calls == 25


def test_a_count_of_answers_beyond_all_measure_is_refused_like_any_other(tmp_path: Path) -> None:
    counts = (2**53, 2**58, 2**63 - 1, 2**64 - 1)
    asked = [(path, count) for path in ENDPOINTS[:2] for count in counts]
    ways = [Way(f"{path}, n {count}", written(path, body_of(path, n=count)), True) for path, count in asked]
    with scene(tmp_path, FLOORS["one token, strictly"]) as there:
        assert faults(there, ways, is_held_by_a_limit) == []


# Commands


def read_commands(there: Scene) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every command that changes no configuration, so often that all it could ask a provider is asked."""
    strategy, since = {"strategy_id": there.strategy}, {"since": time.time() - 60}
    yield from ((name, {}) for name, needed in READ_COMMANDS.items() if not needed)
    for name in ("one", "two", "TWO", "off"):
        yield "test_provider", {"name": name}
        yield "refresh_models", {"provider": name}
    yield from ((name, strategy) for name in ("get_strategy", "get_strategy_usage", "get_clients_using_strategy"))
    yield "get_client", {"client_id": there.client}
    yield "get_metrics", {"scope": "llm_global", "measure": Measure.REQUESTS.value, **since}
    yield "get_usage_summary", since
    yield "list_metric_scopes", {"tier": "llm_model"}
    until(lambda: bool(there.commands.list_requests()["items"]))
    yield "get_request", {"request_id": there.commands.list_requests()["items"][0]["request_id"]}
    yield "validate_config", {"document": there.commands.export_config()}
    for endpoint in BODIES:
        for model in (*SERVED, *UNSERVED):
            asked = {"model": model, "endpoint": endpoint}
            yield "explain_route", {**asked, "client_id": there.client}
            yield "explain_route", {**asked, **strategy, "request": {"n": 5, "stream": endpoint != "embeddings"}}


SERVED = ("localrouter/auto", "one/a", "ONE/a", "m", "gpt-4o", "outer", "one/unlisted")
UNSERVED = ("off/b", "nobody/a")
ELSEWHERE = {"restart_server", "show_window"}  # the one is below, for the other there is no window here
READ_COMMANDS = {
    each.name: {name for name, parameter in each.params.model_fields.items() if parameter.is_required()}
    for each in all_commands()
    if not each.is_mutation and each.name not in ELSEWHERE
}


def test_commands_about_models_call_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with scene(tmp_path, FLOORS["all of them"]) as there:
        local = [name for name, preset in PRESETS.items() if preset.local]
        for name in local:
            monkeypatch.setitem(PRESETS, name, replace(PRESETS[name], base_url=there.up.url))
        lists, commands = len(there.up.asked), list(read_commands(there))
        assert {name for name, _ in commands} == READ_COMMANDS.keys(), "a new command has to be tried here too"
        for is_limited in (True, False):
            for name, params in commands:
                result = there.commands.call(name, **params)
                if name == "explain_route" and params["model"] in SERVED:
                    assert result["decision"] == ("refuse" if is_limited else "try"), params
            assert there.calls == 1, "the one that used the limits up"
            there.limit(())
        assert len(there.up.asked) >= lists + 2 * (len(local) + 4), "lists were asked for"


def test_the_door_for_commands_leads_to_no_model(tmp_path: Path) -> None:
    def rpc(method: str, key: str, params: object) -> Way:
        one = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
        yes = (200,) if "<admin>" in key else ()
        return Way(f"{method} with {key}", written("/rpc", [one] * 3, key=f"{key}\r\n"), False, yes)

    admin = "authorization: Bearer <admin>"
    keys = (BEARER.strip(), admin, f"{admin}\r\nx-localrouter-client: <client>")
    names = ("chat/completions", CHAT_PATH, "chat.completions.create", "chat", "explain_route", "rpc.discover")
    with scene(tmp_path, FLOORS["all of them"]) as there:
        asked = {"model": "localrouter/auto", "client_id": there.client}
        ways = [rpc(name, key, params) for name in names for key in keys for params in (CHAT, asked)]
        assert faults(there, ways, leads_nowhere) == []
        assert there.calls == 1


# What an owner does meanwhile


def changes(there: Scene) -> Iterator[tuple[str, Callable[[client.Client], object]]]:
    """What may be done to a client and its strategy without giving it anything more to use."""
    me: dict[str, Any] = {"client_id": there.client}
    own: dict[str, Any] = {"strategy_id": there.strategy}
    free: dict[str, Any] = {"strategy_id": there.lr.config.strategies[2].id}
    limits = there.lr.config.strategies[1].rate_limits

    def new_key_for_me(commands: client.Client) -> None:
        there.lr.key = commands.rotate_client_key(**me)["key"]

    def restore_the_last(commands: client.Client) -> None:
        revision = commands.get_config()["revision"]
        commands.update_strategy(**own, aliases=[])
        commands.restore_revision(revision=revision)

    def restart(commands: client.Client) -> None:
        began = commands.get_server_status()["started_at"]
        assert commands.restart_server() == {"accepted": True}
        until(lambda: there.commands.get_server_status()["started_at"] > began)
        there.wire.close()

    def start_anew(_: client.Client) -> None:
        there.stop()
        there.lr = Router(there.lr.home, there.lr.config, there.lr.key)
        there.start()

    yield "rename the strategy", lambda c: c.rename_strategy(**own, name="Another")
    yield "rename it by an update", lambda c: c.update_strategy(**own, name="Yet another")
    yield "rename the client", lambda c: c.update_client(**me, name="another")
    yield "disable the client", lambda c: (c.update_client(**me, enabled=False), c.update_client(**me, enabled=True))
    yield "assign the same strategy", lambda c: c.assign_client_strategy(**me, **own)
    for other in ({"strategy_id": DEFAULT_STRATEGY_ID}, free):
        yield (
            "assign another strategy and this one again",
            lambda c, other=other: (c.assign_client_strategy(**me, **other), c.assign_client_strategy(**me, **own)),
        )
    yield "another key", new_key_for_me
    yield "the same limits", lambda _: there.limit(limits)
    yield "no limits, and again", lambda _: (there.limit(()), there.limit(limits))
    for window in (RateLimitTimeWindow.DAY, RateLimitTimeWindow.HOUR, RateLimitTimeWindow.MONTH):
        yield f"each {window}", lambda _, w=window: there.limit(x.model_copy(update={"time_window": w}) for x in limits)
    yield "strict", lambda _: there.limit(each.model_copy(update={"mode": STRICT}) for each in limits)
    yield "as before", lambda _: there.limit(limits)
    yield (
        "another order of models",
        lambda c: c.update_strategy(**own, auto_config=dump(auto(("two", "m"), ("one", "a")))),
    )
    yield "restore a revision", restore_the_last
    yield "import what was exported", lambda c: c.import_config(document=c.export_config())
    yield "rename a provider", lambda c: c.update_provider(name="one", new_name="uno")
    yield "and back", lambda c: c.update_provider(name="uno", new_name="one")
    yield (
        "other prices",
        lambda c: c.set_pricing_override(provider="one", model="a", input_per_million=2.0, output_per_million=2.0),
    )
    yield "acknowledge a loss that never was", lambda c: c.acknowledge_usage_loss()
    yield "keep metrics for a day", lambda c: c.update_server_config(metrics={"retention_days": 1})
    yield "ask for the lists", lambda c: c.refresh_models()
    yield "restart", restart
    yield "start anew", start_anew
    yield "and once more", start_anew


def dump(value: AutoModelConfig) -> dict[str, Any]:
    return value.model_dump(mode="json")


def until(is_so: Callable[[], bool]) -> None:
    for _ in range(200):
        with suppress(client.NotRunning):
            if is_so():
                return
        time.sleep(0.02)
    raise AssertionError("it did not come to that")


@used_up
def test_nothing_that_an_owner_renames_assigns_or_restarts_resets_a_limit(
    tmp_path: Path, limits: tuple[StrategyRateLimit, ...]
) -> None:
    with scene(tmp_path, limits) as there:
        before = there.calls
        for name, change in changes(there):
            change(there.commands)
            assert faults(there, ONE_OF_EACH[::2], is_held_by_a_limit) == [], name
        assert there.calls == before
        there.limit(())
        assert faults(there, ONE_OF_EACH, is_served) == []


def test_clients_of_one_strategy_share_what_is_left_of_it(tmp_path: Path) -> None:
    with scene(tmp_path, FLOORS["the one request was made"]) as there:
        before, commands = there.calls, there.commands
        made = commands.create_client(name="a second")
        key = f"authorization: Bearer {made['key']}\r\n"
        second = [Way(path, written(path, body_of(path, model="one/a"), key=key), True) for path in PATHS]
        assert faults(there, second[:1], is_served) == [], "what it may use before it shares"
        commands.assign_client_strategy(client_id=made["client"]["id"], strategy_id=there.strategy)
        assert faults(there, second, is_held_by_a_limit) == []
        commands.assign_client_strategy(client_id=there.client, strategy_id=made["strategy"]["id"])
        assert faults(there, second, is_held_by_a_limit) == [], "the strategy's first client has left it"
        commands.assign_client_strategy(client_id=there.client, strategy_id=there.strategy)
        commands.delete_client(client_id=made["client"]["id"])
        assert faults(there, ONE_OF_EACH, is_held_by_a_limit) == []
        assert there.calls == before + 1
