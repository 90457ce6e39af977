"""Decides which HTTP requests may reach a handler.

It checks host, origin, content type, and admin token or session, in this order. It does not check client keys: the
handlers of model paths do, just as those of `PROVING_PATHS` check what they need. Everything but `Guard` is a pure
function.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from localrouter.dialects.unserved.spoken import spoken_at
from localrouter.domain.configuration.config import Server
from localrouter.domain.configuration.origins import exact_origins, origin_patterns
from localrouter.domain.conversation.error_reply import ErrorReply
from localrouter.surfaces.http.error_responses import (
    REQUEST_ID_HEADER,
    REQUEST_ID_KEY,
    id_headers,
    new_request_id,
    send_error,
)
from localrouter.surfaces.http.slots import Rank

Header = tuple[bytes, bytes]
Admits = Callable[[str | None], bool]
"""Whether a token administers: the home's own, or that of a session. Nobody is admitted without one."""

LOCAL_HOSTS = frozenset({b"127.0.0.1", b"localhost", b"[::1]"})
HEALTH_PATH = "/health"
OPEN_PATHS = frozenset({HEALTH_PATH, "/", "/ui", "/docs", "/openapi.json", "/openrpc.json"})
OPEN_FOLDER = "/ui/"
PROVING_PATHS = frozenset({"/session", "/challenge"})
ADMIN_PATHS = frozenset({"/rpc", "/events", "/metrics"})
ADMIN_FOLDERS = tuple(f"{path}/" for path in sorted(ADMIN_PATHS))

CONTENT_SECURITY_POLICY = (
    b"default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; object-src 'none'; "
    b"base-uri 'none'; frame-ancestors 'none'; form-action 'none'"
)
PAGE_HEADERS: tuple[Header, ...] = (
    (b"content-security-policy", CONTENT_SECURITY_POLICY),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
)
JSON_TYPE = b"application/json"
ACCESS_KEY = "access"  # in a request's state: what the guard took its path to require

_REQUESTED_METHOD = b"access-control-request-method"
_REQUESTED_HEADERS = b"access-control-request-headers"
_FETCH_SITE, _FETCH_MODE, _FETCH_DEST = b"sec-fetch-site", b"sec-fetch-mode", b"sec-fetch-dest"
_NOTED = frozenset(
    {b"host", b"origin", b"content-type", b"authorization", _FETCH_SITE, _FETCH_MODE, _FETCH_DEST}
    | {_REQUESTED_METHOD, _REQUESTED_HEADERS}
)
_OWN_SITE = frozenset({b"same-origin", b"none"})


class Access(StrEnum):
    """What a path requires of its caller."""

    OPEN = "open"
    CLIENT_KEY = "client_key"
    ADMIN = "admin"


@dataclass(frozen=True, slots=True)
class Policy:
    """The host names that are served and the foreign origins that may call, in lower case. Origins that match
    `patterns` may call only paths that take a client key."""

    hosts: frozenset[bytes]
    origins: frozenset[bytes]
    patterns: re.Pattern[bytes] | None = None

    def lets_in(self, origin: bytes, path: str) -> bool:
        origin = origin.lower()
        if origin in self.origins:
            return True
        if self.patterns is None or access_of(path) is not Access.CLIENT_KEY:
            return False
        return self.patterns.fullmatch(origin) is not None


@dataclass(frozen=True, slots=True)
class Passed:
    """The request may go on. `cors_origin` is set for a configured foreign origin."""

    access: Access
    cors_origin: bytes | None = None


@dataclass(frozen=True, slots=True)
class Preflight:
    """A browser asks whether a configured foreign origin may send these headers."""

    origin: bytes
    headers: bytes


Verdict = Passed | Preflight | ErrorReply

_PASSED = MappingProxyType({access: Passed(access) for access in Access})
_EXTRA_HEADERS = MappingProxyType(
    {Access.OPEN: PAGE_HEADERS, Access.ADMIN: PAGE_HEADERS, Access.CLIENT_KEY: tuple[Header, ...]()}
)
# The path that is checked must be the one that is served: a router may take `/rpc` plus a line break for `/rpc`.
_CONTROLS = re.compile(r"[\x00-\x1f\x7f]")
_NO_SUCH_PATH = ErrorReply(404, "not_found", "A path must not contain control characters. Send it without them.")
_WITHOUT_ORIGIN = ErrorReply(
    403,
    "origin_not_allowed",
    "Requests from a page without an origin (a local file, a sandboxed frame) are refused. Open the page at an address "
    "such as http://localhost:8000, and add that to server.cors_origins.",
)
_NOT_JSON = ErrorReply(415, "unsupported_media_type", "Send JSON: the header must say Content-Type: application/json.")
_NOT_ADMIN = ErrorReply(
    401,
    "invalid_admin_token",
    "This path needs Authorization: Bearer TOKEN, with the admin token or a session's that has not ended. The admin "
    "token is in the file admin.token of the home; opening the pages again starts a session.",
)


_STOPPED = re.compile(r"(?:/v1)?/responses/[^/]+/cancel")


def access_of(path: str) -> Access:
    """What a path requires of its caller. Unknown paths require a client key."""
    if path in OPEN_PATHS or path.startswith(OPEN_FOLDER) or path in PROVING_PATHS:
        return Access.OPEN
    if path in ADMIN_PATHS or path.startswith(ADMIN_FOLDERS):
        return Access.ADMIN
    return Access.CLIENT_KEY


def policy_of(server: Server) -> Policy:
    return Policy(
        hosts=LOCAL_HOSTS | {_written_host(name) for name in server.allowed_hosts},
        origins=exact_origins(server.cors_origins),
        patterns=origin_patterns(server.cors_origins),
    )


def bearer(headers: Iterable[Header]) -> str | None:
    """The token of the one `Authorization: Bearer` header."""
    values = [value for name, value in headers if name == b"authorization"]
    return bearer_token(values[0]) if len(values) == 1 else None


def examine(method: str, path: str, headers: Iterable[Header], policy: Policy, admits: Admits) -> Verdict:
    """Check a request by its head. Header names are in lower case, as in ASGI."""
    noted = _note(headers)
    host = noted.get(b"host", b"").lower()
    if _host_name(host) not in policy.hosts and path != HEALTH_PATH:
        return _misdirected(host)
    if _CONTROLS.search(path):
        return _NO_SUCH_PATH
    origin = noted.get(b"origin")
    is_configured = origin is not None and policy.lets_in(origin, path)
    is_foreign = not is_configured and _is_foreign(origin, host, noted.get(_FETCH_SITE))
    if is_foreign and not (origin is None and _is_link_to_pages(method, path, noted)):
        return _foreign(origin)
    if origin is not None and is_configured and method == "OPTIONS" and _REQUESTED_METHOD in noted:
        return Preflight(origin, noted.get(_REQUESTED_HEADERS, b""))
    if method == "POST" and not _is_json(noted.get(b"content-type", b"")) and not _says_nothing(path, noted):
        return _NOT_JSON
    access = access_of(path)
    if access is Access.ADMIN and not admits(bearer_token(noted.get(b"authorization", b""))):
        return _NOT_ADMIN
    return Passed(access, origin) if is_configured else _PASSED[access]


class Guard:
    """ASGI wrapper: lets through what `examine` passes, answers the rest, and completes the response headers.

    A request's id is in `scope["state"]["request_id"]`; an answer without an `x-request-id` gets it.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        server_config: Callable[[], Server],
        admits: Admits,
        request_ids: Callable[[], str] = new_request_id,
    ) -> None:
        self._app = app
        self._server_config = server_config
        self._admits = admits
        self._request_ids = request_ids
        self._judged_by = server_config()
        self._policy = policy_of(self._judged_by)

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        """Not a coroutine itself, to save time: every request passes here."""
        if scope["type"] == "http":
            return self._guard(scope, receive, send)
        if scope["type"] == "lifespan":
            return self._app(scope, receive, send)
        return send({"type": "websocket.close", "code": 1008})

    def rank_of(self, target: bytes, headers: Iterable[Header]) -> Rank:
        """Whose request a head announces, for when not everybody can be served."""
        access = access_of(target.partition(b"?")[0].decode("latin-1"))
        if access is Access.ADMIN:
            return Rank.OWNER if self._admits(bearer(headers)) else Rank.CLIENT
        return Rank.VISITOR if access is Access.OPEN else Rank.CLIENT

    def _guard(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        request_id = self._request_ids()
        scope.setdefault("state", {})[REQUEST_ID_KEY] = request_id
        verdict = examine(scope["method"], scope["path"], scope["headers"], self._current_policy(), self._admits)
        if isinstance(verdict, Passed):
            scope["state"][ACCESS_KEY] = verdict.access
            return self._app(scope, receive, _completing(send, request_id, verdict))
        if isinstance(verdict, Preflight):
            return _send_preflight(send, verdict, request_id)
        return _send_rejection(send, verdict, scope)

    def _current_policy(self) -> Policy:
        current = self._server_config()
        if current is not self._judged_by:
            self._judged_by = current
            self._policy = policy_of(current)
        return self._policy


@dataclass(frozen=True, slots=True)
class AdminOnly:
    """Serves only requests that the guard let in for the administration: a router may see another path than it did."""

    handler: ASGIApp

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        state = scope.get("state", {})
        if state.get(ACCESS_KEY) is Access.ADMIN:
            await self.handler(scope, receive, send)
        else:
            scope.setdefault("state", {}).setdefault(REQUEST_ID_KEY, new_request_id())
            await _send_rejection(send, _NOT_ADMIN, scope)


def _note(headers: Iterable[Header]) -> dict[bytes, bytes]:
    """The headers that matter. Repeated ones are joined by a comma, which no check accepts."""
    noted: dict[bytes, bytes] = {}
    for name, value in headers:
        if name in _NOTED:
            noted[name] = noted[name] + b", " + value if name in noted else value
    return noted


def _written_host(name: str) -> bytes:
    """A configured host as written in a Host header, without its port."""
    host = name.strip().lower().encode("idna" if not name.isascii() else "ascii")
    if host.count(b":") > 1 and not host.startswith(b"["):
        return b"[" + host + b"]"
    return _host_name(host)


def _host_name(host: bytes) -> bytes:
    name, colon, port = host.rpartition(b":")
    return name if colon and port.isdigit() else host


def _is_foreign(origin: bytes | None, host: bytes, fetch_site: bytes | None) -> bool:
    if origin is not None and origin.lower() not in (b"http://" + host, b"https://" + host):
        return True
    return fetch_site is not None and fetch_site not in _OWN_SITE


def _is_link_to_pages(method: str, path: str, noted: Mapping[bytes, bytes]) -> bool:
    """Whether a browser followed a link to the pages. That is harmless: loading them changes nothing, and no other page
    can look into them."""
    is_page = path in ("/", "/ui") or path.startswith(OPEN_FOLDER)
    return (
        method == "GET" and is_page and (noted.get(_FETCH_MODE), noted.get(_FETCH_DEST)) == (b"navigate", b"document")
    )


def _says_nothing(path: str, noted: Mapping[bytes, bytes]) -> bool:
    """Whether a request is one that SDKs send without a body, and so without a type: a kept answer is to be stopped."""
    return b"content-type" not in noted and _STOPPED.fullmatch(path) is not None


def _is_json(content_type: bytes) -> bool:
    return content_type.partition(b";")[0].strip().lower() == JSON_TYPE


def bearer_token(authorization: bytes) -> str | None:
    """The token of an `Authorization` header's value."""
    scheme, _, token = authorization.partition(b" ")
    if scheme.lower() != b"bearer":
        return None
    return token.strip().decode("latin-1") or None


def _misdirected(host: bytes) -> ErrorReply:
    name = _host_name(host).decode("latin-1")
    return ErrorReply(
        421, "host_not_allowed", f"The host {name!r} is not served here. To allow it, add it to server.allowed_hosts."
    )


def _foreign(origin: bytes | None) -> ErrorReply:
    if origin == b"null":
        return _WITHOUT_ORIGIN
    sender = "another web site" if origin is None else f"the web origin {origin.decode('latin-1')!r}"
    return ErrorReply(
        403, "origin_not_allowed", f"Requests from {sender} are refused. To allow one, add it to server.cors_origins."
    )


def _cors_headers(origin: bytes) -> tuple[Header, ...]:
    return (
        (b"access-control-allow-origin", origin),
        (b"access-control-expose-headers", b"*"),
        (b"vary", b"Origin"),
    )


def _completing(send: Send, request_id: str, passed: Passed) -> Send:
    """A `send` that adds the headers to the answer's start, and costs the rest no extra coroutine."""

    def complete(message: Message) -> Awaitable[None]:
        if message["type"] == "http.response.start":
            message["headers"] = _completed(message.get("headers", ()), request_id, passed)
        return send(message)

    return complete


def _completed(headers: Iterable[Header], request_id: str, passed: Passed) -> list[Header]:
    completed = list(headers)
    extra = _EXTRA_HEADERS[passed.access]
    if passed.cors_origin is not None:
        extra += _cors_headers(passed.cors_origin)
    if extra:
        ours = {name for name, _ in extra if name != b"vary"}
        completed = [*(header for header in completed if header[0] not in ours), *extra]
    for name, _ in completed:
        if name == REQUEST_ID_HEADER:
            return completed
    completed.append((REQUEST_ID_HEADER, request_id.encode("ascii")))
    return completed


async def _send_rejection(send: Send, rejection: ErrorReply, scope: Scope) -> None:
    dialect = spoken_at(scope["path"], scope["headers"])
    await send_error(send, rejection, dialect, [*id_headers(dialect, scope["state"][REQUEST_ID_KEY]), *PAGE_HEADERS])


async def _send_preflight(send: Send, preflight: Preflight, request_id: str) -> None:
    headers = [
        (b"access-control-allow-origin", preflight.origin),
        (b"access-control-allow-methods", b"GET, POST"),
        (b"access-control-allow-headers", preflight.headers or b"authorization, content-type"),
        (b"access-control-allow-private-network", b"true"),
        (b"access-control-max-age", b"600"),
        (b"vary", b"Origin"),
        (REQUEST_ID_HEADER, request_id.encode("ascii")),
    ]
    await send({"type": "http.response.start", "status": 204, "headers": headers})
    await send({"type": "http.response.body", "body": b""})
