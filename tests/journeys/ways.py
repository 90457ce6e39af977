"""The ways to a model that are tried at a limit, open and closed: whole requests, sent byte for byte, since an HTTP
library would put many of them right.

An open way leads to a provider as long as no limit stands in it. A closed way is refused for another reason.
"""

from __future__ import annotations

import base64
import gzip
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from localrouter.surfaces.model_api.requests import MODEL, PATHS
from tests.journeys.changes import (
    GEMINI_CLOSED,
    GEMINI_OPEN,
    MESSAGES_CLOSED,
    MESSAGES_OPEN,
    RESPONSES_CLOSED,
    RESPONSES_OPEN,
)
from tests.rig import CHAT

CHAT_PATH = "/v1/chat/completions"
ENDPOINTS = (CHAT_PATH, "/v1/completions", "/v1/embeddings")
RESPONSES_PATH = "/v1/responses"
MESSAGES_PATH = "/v1/messages"
BODIES: dict[str, dict[str, object]] = {
    "chat/completions": CHAT,
    "completions": {"model": "localrouter/auto", "prompt": "Hello"},
    "embeddings": {"model": "localrouter/auto", "input": "Hello"},
    "messages": CHAT | {"max_tokens": 5},
    "messages/count_tokens": CHAT,
    "responses": {"model": "localrouter/auto", "input": "Hello"},
}
# Paths that name the model, and one of each.
NAMED = {
    f"{version}/models/localrouter/auto:{action}": action
    for version, action in (
        *(("/v1beta", action) for action in ("generateContent", "streamGenerateContent", "countTokens")),
        *((version, "generateContent") for version in ("/v1alpha", "/v1", "")),
    )
}
GEMINI_PATH = next(iter(NAMED))
GEMINI: dict[str, object] = {"contents": [{"role": "user", "parts": [{"text": "Hello"}]}]}
UNNAMED = tuple(path for path in PATHS if MODEL not in path)
ORIGIN = "http://app.example"
BEARER = "authorization: Bearer <key>\r\n"
JSON = "content-type: application/json\r\n"


@dataclass(frozen=True)
class Way:
    """A request, and what it would come to if nothing was limited. `<names>` in it stand for keys and ids."""

    name: str
    request: bytes
    is_open: bool
    answers: tuple[int, ...] = ()  # statuses of what is answered without a provider: lists and pages
    calls: int = 1  # that an open one makes


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


def calls_of(path: str) -> int:
    """The provider here counts no tokens: the router estimates them by itself."""
    return 0 if path.endswith(("/count_tokens", ":countTokens")) else 1


def body_of(path: str, **changes: object) -> dict[str, object]:
    return (GEMINI if path in NAMED else BODIES[path.removeprefix("/v1").removeprefix("/")]) | changes


def spellings(path: str) -> Iterator[tuple[str, bool]]:
    """Ways to write a path, each with whether it is that path."""
    letter = f"%{ord(path[-1]):02x}"
    yield from ((path, True), (f"{path}?", True), (f"{path}?stream=true&model=one/a&key=<key>", True))
    yield from ((path[:-1] + letter, True), (path[:-1] + letter.upper() + "?x", True))
    yield "/" + "".join(f"%{ord(sign):02X}" for sign in path[1:]), True
    yield from ((f"{path}#x", True), (f"/v1{path}", True))
    bare = path.removeprefix("/v1")
    for near in (f"/{path}", f"/v1/v1{bare}", f"{path}/", f"{path}//", f"{path}%2f", path.replace("/", "//")):
        yield near, True
    for prefix in ("/.", "/%2e", "/x/..", "/x/%2E%2e", "/ui/..", "/ui/%2e%2e", "/rpc/..", "/health/.."):
        yield prefix + path, False
    for suffix in ("/.", "/x/..", "%00", "%20", "%09", "%0a", ";x", "%3Fx", "%23", "\\", "."):
        yield path + suffix, False
    for other in (path.upper(), path.title(), path.replace("/", "/./"), path[:-1]):
        yield other, False
    yield from ((path[:-1] + letter.replace("%", "%25"), False), (path.replace("/", "\\"), False))
    yield from ((f"http://localhost{path}", False), (f"//localhost{path}", False), (f"localhost{path}", False))


OTHER_TARGETS = (
    *(
        "/v1/messages/batches",
        "/v1/complete",
        "/v1/responses/resp_1",
        "/responses/compact",
        "/v1/moderations",
        "/v1/rerank",
        "/v1/batches",
    ),
    *("/v1/audio/speech", "/v1/audio/transcriptions", "/v1/images/generations", "/v1/engines/a/completions"),
    *("/openai/v1/chat/completions", "/openai/deployments/a/chat/completions", "/v1beta/models/a:predict"),
    *("/api/chat", "/api/generate", "/api/v1/chat/completions", "/v2/chat/completions", "/chat", "/v1", "/v1/", "*"),
    *("/rpc", "/rpc/v1/chat/completions", "/%72pc", "/events", "/metrics", "/nothing"),
)
LISTS = (
    "/v1/models",
    "/models",
    "/v1beta/models",
    "/v1beta/models/one/a",
    "/v1/models/one/a",
    "/models/one%2Fa/pricing",
    "/v1/models/localrouter/auto",
)
PAGES = (
    *("/", "/ui", "/ui/", "/ui/v1/chat/completions", "/ui/../v1/chat/completions"),
    *("/health", "/docs", "/openapi.json", "/openrpc.json"),
)
ONLY_GET = {("HEAD", target) for target in ("/health", "/docs", "/openapi.json")}
METHODS = ("GET", "PUT", "PATCH", "DELETE", "OPTIONS", "HEAD", "TRACE", "CONNECT", "post", "QUERY", "LINK")


def ways_by_path() -> Iterator[Way]:
    for path in UNNAMED:
        for target, is_open in spellings(path):
            yield Way(f"POST {target}", written(target, body_of(path)), is_open, calls=calls_of(path))
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
    "authorization: Bearer <key>\r\nproxy-authorization: Bearer <admin>",
    "authorization: Bearer <key>\r\ncookie: key=<free key>; authorization=Bearer <free key>",
    "authorization: Bearer <key>\r\nx-localrouter-strategy: default\r\nx-localrouter-model: one/a",
    "authorization: Bearer <key>\r\nx-forwarded-for: 127.0.0.1\r\nx-real-ip: 127.0.0.1\r\nforwarded: for=127.0.0.1",
    "authorization: Bearer <key>\r\nx-original-url: /health\r\nx-rewrite-url: /health",
    "authorization: Bearer <key>\r\nopenai-organization: x\r\nopenai-project: x\r\nidempotency-key: x",
    f"authorization: Bearer <key>\r\norigin: {ORIGIN}",
    *("x-api-key: <key>", "api-key: <key>", "x-goog-api-key: <key>", "x-api-key: sk-stray\r\napi-key: <key>"),
    "authorization: Bearer <key>\r\nauthorization: Bearer <key>",
    "authorization: Bearer <key>\r\nauthorization: Bearer <admin>\r\nx-localrouter-client: <client>",
    "x-api-key: <admin>\r\nx-localrouter-client: <client>",
)
CLOSED_KEYS = (
    *("", "authorization:", "authorization: Bearer", "authorization: <key>", "authorization: Bearer<key>"),
    *("authorization: Bearer\t<key>", 'authorization: Bearer "<key>"', "authorization: Bearer <key>,"),
    *("authorization: Bearer <key>, Bearer <key>", "authorization: Token <key>", "authorization: Key <key>"),
    *(f"authorization: Basic {BASIC}", "authorization: Basic <key>", "authorization: Bearer <KEY>"),
    *("authorization: Bearer <key>x", "authorization: Bearer <digest>", "authorization: Bearer <hint>"),
    *("authorization: Bearer \xe9<key>", "authorization: Bearer <key>\x00", "authorization: Bearer\r\n <key>"),
    *("proxy-authorization: Bearer <key>", "authorization: Bearer <key>\r\nx-api-key: <free key>"),
    *("x-authorization: Bearer <key>", "authorization : Bearer <key>", "authorization_: Bearer <key>"),
    *("cookie: authorization=Bearer <key>", "cookie: key=<key>; token=<key>; session=<key>"),
    "authorization: Bearer <key>\r\nAuthorization: Bearer <free key>",
    "authorization: Bearer <free key>\r\nauthorization: Bearer <key>",
    *("authorization: Bearer <admin>", "x-localrouter-client: <client>", "authorization: Bearer <client>"),
    "authorization: Bearer <key>\r\nx-localrouter-client: <client>",
    "authorization: Bearer <key>\r\nx-localrouter-client: <free client>",
    "authorization: Bearer <free key>\r\nx-localrouter-client: <client>",
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
    for path in UNNAMED:
        yield Way(f"{path}, key in the query", written(f"{path}?key=<key>&api_key=<key>", body_of(path), key=""), False)
        acting = "authorization: Bearer <admin>\r\nx-localrouter-client: <client>\r\n"
        yield Way(f"{path} as the client", written(path, body_of(path), key=acting), True, calls=calls_of(path))
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
    *(
        "localrouter/auto",
        "LOCALROUTER/AUTO",
        "one/a",
        "ONE/a",
        "One/a",
        "two/m",
        "Two/m",
        "a",
        "m",
        "gpt-4o",
        "GPT-4O",
        "outer",
        "Middle",
    ),
    *("inner", "one/A", "one/a ", "one/ a", "one//a", "one/unlisted", "one/a/b", "one/%61", "one/localrouter/auto"),
    *("one/../two/m", "one/a?x", "one/a\x00", "one/localhost:1/v1", f"one/{'x' * 500}"),
)
CLOSED_MODELS: tuple[object, ...] = (
    *("localrouter/auto ", " localrouter/auto", "localrouter/auto/", "localrouter//auto", "auto"),
    *(" one/a", "\tone/a", "one /a", "one%2Fa", "%6fne/a", "one\\a", "one:a", "one∕a", "one", "one/", "/a", "//a"),
    *("A", "a ", " m", "gpt-4o ", "gpt-4o/", "outer/a", "nobody/a", "localrouter/one/a", "off/a", "OFF/a", "b", "*"),
    *("", " ", None, 5, True, ["one/a"], {"provider": "one", "model": "a"}, f"one/{'x' * 2_000}"),
)


def ways_by_model() -> Iterator[Way]:
    for path in (path for path in UNNAMED if path.startswith("/v1/") and calls_of(path)):
        for is_open, models in ((True, OPEN_MODELS), (False, CLOSED_MODELS)):
            for model in models:
                yield Way(f"{path}, model {model!r:.60}", written(path, body_of(path, model=model)), is_open)


IMAGE = {"type": "image_url", "image_url": {"url": "http://localhost/cat.png"}}
FUNCTION = {"type": "function", "function": {"name": "f", "parameters": {"type": "object"}}}
OPEN_CHANGES: tuple[dict[str, Any], ...] = (
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
OPEN_BODIES: dict[str, tuple[dict[str, Any], ...]] = {
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
CLOSED_CHANGES: tuple[dict[str, Any], ...] = (
    *({"max_tokens": 1.5}, {"max_tokens": "1"}, {"max_tokens": True}, {"stream": "true"}, {"stream": 1}),
    *({"stream_options": True}, {"messages": None, "prompt": None, "input": None}),
    *({"messages": 5, "prompt": 5, "input": 5}, {"messages": {}, "prompt": {}, "input": {}}),
)

COUNTED = f"{MESSAGES_PATH}/count_tokens"
BETAS = (
    "anthropic-beta: context-1m-2025-08-07",
    "anthropic-beta: fast-mode-2026-02-01,some-beta",
    "anthropic-version: 1",
)


def ways_of_messages() -> Iterator[Way]:
    for is_open, changes in ((True, MESSAGES_OPEN), (False, MESSAGES_CLOSED)):
        for each in changes:
            yield Way(f"messages with {each!r:.80}", written(MESSAGES_PATH, body_of(MESSAGES_PATH, **each)), is_open)
    yield from ways_by_text(MESSAGES_PATH, json.dumps(body_of(MESSAGES_PATH)).encode(), second_cap=b"2")
    for beta in BETAS:
        body = body_of(MESSAGES_PATH)
        yield Way(f"messages with {beta}", written(MESSAGES_PATH, body, more=f"{beta}\r\n"), True)
    for name in ("one/a", "gpt-4o", "m"):
        yield Way(f"counted, model {name}", written(COUNTED, body_of(COUNTED, model=name)), True, calls=0)
    for model in ("nobody/a", "off/b", None):
        yield Way(f"counted, model {model}", written(COUNTED, body_of(COUNTED, model=model)), False)


def ways_of_gemini() -> Iterator[Way]:
    before, after = GEMINI_PATH.split("localrouter/auto")
    streamed = GEMINI_PATH.replace(":generate", ":streamGenerate")
    targets = {
        True: (
            *(
                f"{before}{name}{after}"
                for name in ("one/a", "ONE/a", "gpt-4o", "m", "one%2Fa", "one/a/b", "models/one/a")
            ),
            *(f"/{GEMINI_PATH}", f"/v1{GEMINI_PATH}", f"/v1beta{GEMINI_PATH}", f"{GEMINI_PATH}/", f"{GEMINI_PATH}?x=1"),
            *(
                f"{GEMINI_PATH}#x",
                f"{GEMINI_PATH}?key=<key>",
                f"{GEMINI_PATH}?key=<admin>&x",
                streamed,
                f"{streamed}?alt=sse",
                f"{streamed}?alt=json",
            ),
        ),
        False: (
            *(f"{before}{name}{after}" for name in ("nobody/a", "off/a", "", "%20", "one", "one/", "*", "models/")),
            *(f"{GEMINI_PATH}x", GEMINI_PATH.lower(), GEMINI_PATH.replace(":", "/"), f"{before}one/a:predict"),
            *(f"/x{GEMINI_PATH}", f"/rpc/..{GEMINI_PATH}", f"{GEMINI_PATH}?key=<free key>"),
        ),
    }
    for is_open, given in targets.items():
        for target in given:
            yield Way(f"POST {target}", written(target, GEMINI), is_open)
    yield Way("only a key in the query", written(f"{GEMINI_PATH}?key=<key>", GEMINI, key=""), True)
    yield Way("two keys in the query", written(f"{GEMINI_PATH}?key=<key>&key=<free key>", GEMINI, key=""), False)
    for is_open, changes in ((True, GEMINI_OPEN), (False, GEMINI_CLOSED)):
        for each in changes:
            yield Way(f"Gemini with {each!r:.80}", written(GEMINI_PATH, GEMINI | each), is_open)


def ways_by_body() -> Iterator[Way]:
    for path in ENDPOINTS:
        for is_open, changes in ((True, (*OPEN_CHANGES, *OPEN_BODIES[path])), (False, CLOSED_CHANGES)):
            for each in changes:
                yield Way(f"{path} with {each!r:.80}", written(path, body_of(path, **each)), is_open)
        yield from ways_by_text(path, json.dumps(body_of(path)).encode())
    for is_open, changes in ((True, RESPONSES_OPEN), (False, RESPONSES_CLOSED)):
        for each in changes:
            yield Way(
                f"{RESPONSES_PATH} with {each!r:.80}", written(RESPONSES_PATH, body_of(RESPONSES_PATH, **each)), is_open
            )
    yield from ways_by_text(RESPONSES_PATH, json.dumps(body_of(RESPONSES_PATH)).encode(), b"MAX_OUTPUT_TOKENS")
    yield from ways_of_messages()


def ways_by_text(path: str, text: bytes, like_a_cap: bytes = b"MAX_TOKENS", second_cap: bytes = b"-1") -> Iterator[Way]:
    """The same JSON written otherwise, and what is no JSON."""
    model = b'"model": "localrouter/auto"'
    last = text.removesuffix(b"}")
    open_texts = {
        "a second model": last + b', "model": "one/a"}',
        "a model after one that is none": text.replace(model, b'"model": 5, ' + model),
        "a model after one that nobody has": text.replace(model, b'"model": "nobody/a", ' + model),
        "three models": last + b', "model": "free", "model": "outer"}',
        "a second cap": last + b', "max_tokens": 1, "max_tokens": %b}' % second_cap,
        "escapes": text.replace(b'"model"', b'"\\u006dodel"').replace(b"localrouter", b"\\u006cocalrouter"),
        "white space": b" \r\n\t" + text + b"\r\n" * 50,
        "a mark in front": b"\xef\xbb\xbf" + text,
        "not a number": last + b', "x": NaN}',
    }
    closed_texts = {
        "a second model that nobody has": last + b', "model": "nobody/a"}',
        "another model in a field that looks like it": last + b', "Model": "one/a"}',
        "a cap in a field that looks like it": last + b', "%b": 100000}' % like_a_cap,
        "a second model that is none": last + b', "model": null}',
        "UTF-16": text.decode().encode("utf-16"),
        "compressed": gzip.compress(text, mtime=0),
        "cut": last,
        "something behind it": text + b"x",
        "another one behind it": text + text,
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
REQUESTS = (*ways_by_model(), *ways_by_body(), *ways_of_gemini())
CLOSED = tuple(way for way in (*ROUTES, *REQUESTS) if not way.is_open)
OPEN_ROUTES = tuple(way for way in ROUTES if way.is_open)
OPEN_REQUESTS = tuple(way for way in REQUESTS if way.is_open)
ONE_OF_EACH = tuple(Way(path, written(path, body_of(path)), True, calls=calls_of(path)) for path in (*UNNAMED, *NAMED))
