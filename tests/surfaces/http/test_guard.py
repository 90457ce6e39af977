"""Which requests reach a handler, and with which headers its answers leave."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterable

import pytest
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from localrouter.domain.configuration.config import Server
from localrouter.domain.conversation.error_reply import ErrorReply
from localrouter.surfaces.http.guard import (
    CONTENT_SECURITY_POLICY,
    Access,
    AdminOnly,
    Guard,
    Header,
    Passed,
    Preflight,
    Verdict,
    access_of,
    bearer,
    examine,
    policy_of,
)

TOKEN = "the-admin-token"
APP_ORIGIN = b"https://app.example"
HOST = (b"host", b"127.0.0.1:3625")
JSON = (b"content-type", b"application/json")
ADMIN = (b"authorization", b"Bearer the-admin-token")
SERVER = Server(allowed_hosts=("Router.Example", "box:3625", "fe80::1"), cors_origins=("https://App.example/", "null"))
POLICY = policy_of(SERVER)


def judged(*headers: Header, method: str = "GET", path: str = "/v1/models") -> Verdict:
    return examine(method, path, headers, POLICY, admits)


def admits(given: str | None) -> bool:
    return given == TOKEN


def status_of(verdict: Verdict) -> int:
    return verdict.status if isinstance(verdict, ErrorReply) else 200


# Access


@pytest.mark.parametrize(
    ("path", "access"),
    [
        ("/", Access.OPEN),
        ("/health", Access.OPEN),
        ("/ui", Access.OPEN),
        ("/ui/", Access.OPEN),
        ("/ui/assets/index.js", Access.OPEN),
        ("/docs", Access.OPEN),
        ("/session", Access.OPEN),
        ("/challenge", Access.OPEN),
        ("/openapi.json", Access.OPEN),
        ("/openrpc.json", Access.OPEN),
        ("/rpc", Access.ADMIN),
        ("/rpc/", Access.ADMIN),
        ("/events", Access.ADMIN),
        ("/metrics", Access.ADMIN),
        ("/metrics/more", Access.ADMIN),
        ("/v1/chat/completions", Access.CLIENT_KEY),
        ("/chat/completions", Access.CLIENT_KEY),
        ("/v1/models/localrouter/auto", Access.CLIENT_KEY),
        ("/health/more", Access.CLIENT_KEY),
        ("/uiux", Access.CLIENT_KEY),
        ("/docs/other", Access.CLIENT_KEY),
        ("//rpc", Access.CLIENT_KEY),
        ("", Access.CLIENT_KEY),
    ],
)
def test_what_a_path_asks_for_follows_from_the_path_alone(path: str, access: Access) -> None:
    assert access_of(path) is access


# Host


@pytest.mark.parametrize(
    "host",
    [
        b"127.0.0.1",
        b"127.0.0.1:3625",
        b"localhost",
        b"LocalHost:80",
        b"[::1]",
        b"[::1]:3625",
        b"router.example:9",
        b"ROUTER.example",
        b"box",
        b"box:1",
        b"[fe80::1]:3625",
    ],
)
def test_local_and_configured_hosts_are_served_on_any_port(host: bytes) -> None:
    assert judged((b"host", host)) == Passed(Access.CLIENT_KEY)


@pytest.mark.parametrize(
    "host",
    [
        b"",
        b"evil.example",
        b"localhost.evil.example",
        b"127.0.0.1.evil.example:3625",
        b"localhost:port",
        b"localhost:",
        b"localhost:80:80",
        b"evil@localhost",
        b"127.1",
        b"0.0.0.0:3625",
        b"::1",
    ],
)
def test_other_hosts_are_refused(host: bytes) -> None:
    assert status_of(judged((b"host", host))) == 421


def test_a_request_without_one_host_is_refused() -> None:
    assert status_of(judged()) == 421
    assert status_of(judged(HOST, HOST)) == 421


def test_health_is_told_to_any_host_but_not_to_any_origin() -> None:
    assert judged((b"host", b"evil.example"), path="/health") == Passed(Access.OPEN)
    assert judged(path="/health") == Passed(Access.OPEN)
    assert status_of(judged(HOST, (b"origin", b"http://evil.example"), path="/health")) == 403


def test_a_refused_host_is_named_with_the_remedy() -> None:
    verdict = judged((b"host", b"evil.example:1"))
    assert isinstance(verdict, ErrorReply)
    assert "'evil.example'" in verdict.message
    assert "server.allowed_hosts" in verdict.message


# Origin


@pytest.mark.parametrize("origin", [b"http://127.0.0.1:3625", b"https://127.0.0.1:3625", b"HTTP://127.0.0.1:3625"])
def test_the_own_pages_may_call(origin: bytes) -> None:
    assert judged(HOST, (b"origin", origin), (b"sec-fetch-site", b"same-origin")) == Passed(Access.CLIENT_KEY)


@pytest.mark.parametrize(
    "origin",
    [
        b"null",
        b"",
        b"http://evil.example",
        b"http://127.0.0.1",
        b"http://127.0.0.1:3626",
        b"http://localhost:3625",
        b"http://127.0.0.1:3625.evil.example",
        b"chrome-extension://127.0.0.1:3625",
        b"http://app.example",
        b"https://app.example:8443",
        b"https://sub.app.example",
    ],
)
def test_other_origins_are_refused(origin: bytes) -> None:
    assert status_of(judged(HOST, (b"origin", origin))) == 403


def test_a_page_without_an_origin_is_told_how_to_get_one() -> None:
    refused = judged(HOST, (b"origin", b"null"))
    assert isinstance(refused, ErrorReply)
    assert (refused.status, "http://localhost:8000" in refused.message) == (403, True)


def test_two_origins_are_refused() -> None:
    assert status_of(judged(HOST, (b"origin", APP_ORIGIN), (b"origin", APP_ORIGIN))) == 403


def test_a_configured_origin_may_call_across_sites() -> None:
    verdict = judged(HOST, (b"origin", APP_ORIGIN), (b"sec-fetch-site", b"cross-site"))
    assert verdict == Passed(Access.CLIENT_KEY, APP_ORIGIN)


@pytest.mark.parametrize(
    "path", ["/v1/chat/completions", "/v1/models", "/rpc", "/events", "/session", "/ui/", "/health"]
)
def test_a_pattern_lets_origins_in_where_a_clients_key_is_asked_for_and_nowhere_else(path: str) -> None:
    policy = policy_of(Server(cors_origins=("http://localhost:*", "vscode-webview://*")))
    asks = (b"access-control-request-method", b"POST")
    for origin in (b"http://localhost:5173", b"vscode-webview://1b2c3d"):
        is_for_clients = access_of(path) is Access.CLIENT_KEY
        for site in ((b"sec-fetch-site", b"cross-site"), ADMIN):
            passed = examine("GET", path, (HOST, (b"origin", origin), site), policy, admits)
            assert (passed == Passed(Access.CLIENT_KEY, origin)) is is_for_clients
            assert (status_of(passed) == 403) is not is_for_clients
        asked = examine("OPTIONS", path, (HOST, (b"origin", origin), asks), policy, admits)
        assert isinstance(asked, Preflight) is is_for_clients
    for origin in (b"null", b"http://localhost.evil.example", b"https://evil.example"):
        assert status_of(examine("GET", path, (HOST, (b"origin", origin), ADMIN), policy, admits)) == 403


@pytest.mark.parametrize(
    ("site", "status"), [("none", 200), ("same-origin", 200), ("same-site", 403), ("cross-site", 403)]
)
def test_only_the_own_site_may_fetch_without_an_origin(site: str, status: int) -> None:
    assert status_of(judged(HOST, (b"sec-fetch-site", site.encode()))) == status


def test_a_preflight_is_answered_only_for_a_configured_origin() -> None:
    asks = (b"access-control-request-method", b"POST")
    named = (b"access-control-request-headers", b"authorization,content-type")
    assert judged(HOST, (b"origin", APP_ORIGIN), asks, named, method="OPTIONS") == Preflight(APP_ORIGIN, named[1])
    assert status_of(judged(HOST, (b"origin", b"http://evil.example"), asks, method="OPTIONS")) == 403
    assert judged(HOST, (b"origin", APP_ORIGIN), method="OPTIONS") == Passed(Access.CLIENT_KEY, APP_ORIGIN)


# Content type


@pytest.mark.parametrize(
    ("content_type", "status"),
    [
        (b"application/json", 200),
        (b"Application/JSON; charset=utf-8", 200),
        (b"application/json ;charset=utf-8", 200),
        (b"text/plain", 415),
        (b"text/plain; application/json", 415),
        (b"application/x-www-form-urlencoded", 415),
        (b"multipart/form-data; boundary=x", 415),
        (b"application/jsonp", 415),
        (b"application/json, text/plain", 415),
        (b"", 415),
    ],
)
def test_only_json_may_be_posted(content_type: bytes, status: int) -> None:
    assert status_of(judged(HOST, (b"content-type", content_type), method="POST")) == status


def test_a_post_must_say_once_what_it_carries() -> None:
    assert status_of(judged(HOST, method="POST")) == 415
    assert status_of(judged(HOST, JSON, (b"content-type", b"text/plain"), method="POST")) == 415


# Admin token


@pytest.mark.parametrize("path", ["/rpc", "/events", "/metrics", "/rpc/"])
@pytest.mark.parametrize(
    ("authorization", "status"),
    [
        (b"Bearer the-admin-token", 200),
        (b"bearer  the-admin-token ", 200),
        (b"Bearer the-admin-toke", 401),
        (b"Bearer the-admin-token2", 401),
        (b"Bearer the-admin-token, Bearer the-admin-token", 401),
        (b"Bearer \xe9", 401),
        (b"Bearer ", 401),
        (b"Basic the-admin-token", 401),
        (b"the-admin-token", 401),
        (b"", 401),
    ],
)
def test_admin_paths_need_the_admin_token(path: str, authorization: bytes, status: int) -> None:
    assert status_of(judged(HOST, JSON, (b"authorization", authorization), path=path, method="POST")) == status


def test_a_token_sent_twice_or_not_at_all_is_refused() -> None:
    assert status_of(judged(HOST, path="/rpc")) == 401
    assert status_of(judged(HOST, ADMIN, ADMIN, path="/rpc")) == 401


def test_an_empty_token_is_no_token() -> None:
    asked: list[str | None] = []

    def nobody(given: str | None) -> bool:
        asked.append(given)
        return False

    assert status_of(examine("GET", "/rpc", [HOST, (b"authorization", b"Bearer ")], POLICY, nobody)) == 401
    assert asked == [None]


def test_model_paths_are_left_to_their_handlers() -> None:
    assert judged(HOST, JSON, method="POST", path="/v1/chat/completions") == Passed(Access.CLIENT_KEY)


def test_a_bearer_token_is_read_only_when_there_is_exactly_one() -> None:
    assert bearer([HOST, (b"authorization", b"Bearer  abc ")]) == "abc"
    assert bearer([(b"authorization", b"BEARER abc")]) == "abc"
    assert bearer([HOST]) is None
    assert bearer([(b"authorization", b"Bearer abc"), (b"authorization", b"Bearer abc")]) is None
    assert bearer([(b"authorization", b"Basic abc")]) is None
    assert bearer([(b"authorization", b"Bearer ")]) is None


# The wrapper


class Handler:
    def __init__(self, headers: Iterable[Header] = ()) -> None:
        self.headers = list(headers)
        self.scopes: list[Scope] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.scopes.append(scope)
        await send({"type": "http.response.start", "status": 200, "headers": self.headers})
        await send({"type": "http.response.body", "body": b"ok"})


def call(
    app: ASGIApp, *headers: Header, method: str = "GET", path: str = "/v1/models"
) -> tuple[int, list[Header], bytes]:
    """Status, headers and body of what leaves the guard."""
    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    guard = Guard(app, server_config=lambda: SERVER, admits=admits, request_ids=lambda: "req_1")
    scope = {"type": "http", "method": method, "path": path, "headers": list(headers), "state": {}}
    asyncio.run(_pass(guard, scope, send))
    start, body = sent
    return start["status"], start["headers"], body["body"]


async def _nothing() -> Message:
    raise AssertionError("the guard reads no body")


async def _pass(guard: Guard, scope: Scope, send: Send) -> None:
    await guard(scope, _nothing, send)


def test_a_request_that_passes_knows_its_id_and_its_answer_bears_it() -> None:
    handler = Handler([(b"content-type", b"application/json")])
    status, headers, body = call(handler, HOST)
    assert (status, body) == (200, b"ok")
    assert headers == [(b"content-type", b"application/json"), (b"x-request-id", b"req_1")]
    assert handler.scopes[0]["state"]["request_id"] == "req_1"


@pytest.mark.parametrize(("seen", "status"), [("/v1/models", 401), ("/health", 401), ("/rpc", 200)])
def test_a_handler_of_the_administration_serves_nothing_that_was_taken_for_something_else(
    seen: str, status: int
) -> None:
    handler = Handler()
    answered, headers, _ = call(AdminOnly(handler), HOST, ADMIN, path=seen)
    assert (answered, len(handler.scopes)) == (status, int(status == 200))
    assert dict(headers)[b"x-request-id"] == b"req_1"


def test_an_id_that_the_answer_names_itself_is_kept() -> None:
    _, headers, _ = call(Handler([(b"x-request-id", b"req_own")]), HOST)
    assert headers == [(b"x-request-id", b"req_own")]


def test_pages_leave_with_the_policy_and_no_other() -> None:
    own = [(b"content-security-policy", b"default-src *"), (b"content-type", b"text/html")]
    _, headers, _ = call(Handler(own), HOST, path="/ui/")
    assert dict(headers)[b"content-security-policy"] == CONTENT_SECURITY_POLICY
    assert [name for name, _ in headers].count(b"content-security-policy") == 1
    assert dict(headers)[b"x-content-type-options"] == b"nosniff"
    assert dict(headers)[b"referrer-policy"] == b"no-referrer"
    assert dict(headers)[b"x-request-id"] == b"req_1"


def test_a_refusal_reaches_no_handler_and_is_told_as_openai_tells_errors() -> None:
    handler = Handler()
    status, headers, body = call(handler, HOST, path="/rpc")
    error = json.loads(body)["error"]
    assert status == 401
    assert (error["type"], error["param"], error["code"]) == ("authentication_error", None, "invalid_admin_token")
    assert "admin.token" in error["message"]
    assert dict(headers)[b"content-length"] == b"%d" % len(body)
    assert dict(headers)[b"x-request-id"] == b"req_1"
    assert dict(headers)[b"www-authenticate"] == b"Bearer"
    assert handler.scopes == []


def test_a_foreign_origin_learns_nothing_it_could_read() -> None:
    _, headers, _ = call(Handler(), HOST, (b"origin", b"http://evil.example"))
    assert b"access-control-allow-origin" not in dict(headers)


def test_answers_to_a_configured_origin_may_be_read_by_it() -> None:
    handler = Handler([(b"vary", b"accept-encoding")])
    _, headers, _ = call(handler, HOST, (b"origin", APP_ORIGIN))
    assert dict(headers)[b"access-control-allow-origin"] == APP_ORIGIN
    assert [value for name, value in headers if name == b"vary"] == [b"accept-encoding", b"Origin"]


def test_a_preflight_reaches_no_handler_and_allows_what_was_asked() -> None:
    handler = Handler()
    asks = ((b"access-control-request-method", b"POST"), (b"access-control-request-headers", b"x-stainless-os"))
    status, headers, body = call(handler, HOST, (b"origin", APP_ORIGIN), *asks, method="OPTIONS")
    assert (status, body) == (204, b"")
    assert dict(headers)[b"access-control-allow-origin"] == APP_ORIGIN
    assert dict(headers)[b"access-control-allow-headers"] == b"x-stainless-os"
    assert handler.scopes == []


def test_a_change_of_the_configuration_counts_from_the_next_request() -> None:
    current = [Server()]
    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    async def scene() -> None:
        guard = Guard(Handler(), server_config=lambda: current[0], admits=admits)
        scope = {"type": "http", "method": "GET", "path": "/v1/models", "headers": [(b"host", b"box")]}
        await guard(dict(scope), _nothing, send)
        current[0] = Server(allowed_hosts=("box",))
        await guard(dict(scope), _nothing, send)

    asyncio.run(scene())
    assert [message["status"] for message in sent if "status" in message] == [421, 200]


def test_a_websocket_is_closed_and_a_lifespan_passes() -> None:
    seen: list[str] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        seen.append(scope["type"])

    sent: list[str] = []

    async def send(message: Message) -> None:
        sent.append(message["type"])

    async def scene() -> None:
        guard = Guard(app, server_config=Server, admits=admits)
        await guard({"type": "websocket"}, _nothing, send)
        await guard({"type": "lifespan"}, _nothing, send)

    asyncio.run(scene())
    assert (seen, sent) == (["lifespan"], ["websocket.close"])
