"""How callers over TCP log in: a page with its one-time code, a program after the server has proved itself to it.

Both paths are open to any stranger who passes the guard's checks of host, origin and content type. One asks for the
code, and the other's answer to a challenge is useless without the admin token.
"""

from __future__ import annotations

import base64
import binascii
import math
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import orjson
from starlette.types import ASGIApp, Receive, Scope, Send

from localrouter.domain.configuration.server_address import NONCE_BYTES
from localrouter.domain.conversation.error_reply import ErrorReply
from localrouter.services.instance.admin_access import AdminAccess, Session, WrongCode
from localrouter.surfaces.admin_api.routes import NO_STORE, send_json
from localrouter.surfaces.http.error_responses import send_error

SESSION_PATH = "/session"
CHALLENGE_PATH = "/challenge"
MAX_BODY = 4_096  # bytes

_NO_CODE = ErrorReply(400, "invalid_request", 'Send {"code": "CODE"}, and nothing else.')
_NO_NONCE = ErrorReply(400, "invalid_request", f'Send {{"nonce": "NONCE"}} with {NONCE_BYTES} random bytes in base64.')
_WRONG_CODE = ErrorReply(
    401, "invalid_code", "This code was already used, or it has expired. Open the pages again to get another."
)
_TOO_MANY = ErrorReply(
    429, "too_many_codes", "Too many wrong codes. Wait a minute, or open the pages again to get a valid one."
)


def way_in_routes(access: AdminAccess) -> dict[str, tuple[str, ASGIApp]]:
    """Each path with its method and what serves it."""
    return {SESSION_PATH: ("POST", SessionEndpoint(access)), CHALLENGE_PATH: ("POST", ChallengeEndpoint(access))}


@dataclass(frozen=True, slots=True)
class SessionEndpoint:
    """`POST /session`: exchanges a one-time code for a session's token."""

    access: AdminAccess

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        code = await _only_field("code", receive)
        if code is None:
            await _refuse(send, _NO_CODE)
            return
        server = scope.get("server")
        try:
            token, session = self.access.exchange(
                code, browser=_header(scope, b"user-agent"), port=server[1] if server else None
            )
        except WrongCode as wrong:
            await _refuse(send, _why(wrong))
            return
        await send_json(send, orjson.dumps(_told(token, session)))


@dataclass(frozen=True, slots=True)
class ChallengeEndpoint:
    """`POST /challenge`: proves that the server holds the admin token and how long it has been listening, for the very
    address at which this connection came in. Only then does a caller send its token."""

    access: AdminAccess

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        nonce = _bytes(await _only_field("nonce", receive))
        server = scope.get("server")
        if nonce is None or server is None or server[1] is None:
            await _refuse(send, _NO_NONCE)
            return
        age, age_proof = self.access.prove_age(nonce, server[0], server[1])
        proof = self.access.prove(nonce, server[0], server[1])
        told = {"proof": proof, "listening_ms": age, "listening_proof": age_proof}
        await send_json(send, orjson.dumps(told))


def _told(token: str, session: Session) -> dict[str, str]:
    expires_at = datetime.fromtimestamp(session.expires_at, UTC).isoformat()
    return {"token": token, "session_id": session.id, "expires_at": expires_at}


async def _only_field(name: str, receive: Receive) -> str | None:
    """The string in a small JSON object with this single field; None for any other body."""
    body = b""
    while True:
        message = await receive()
        body += message.get("body", b"")
        if len(body) > MAX_BODY or message["type"] == "http.disconnect":
            return None
        if not message.get("more_body", False):
            break
    try:
        value = orjson.loads(body)
    except orjson.JSONDecodeError:
        return None
    text = value.get(name) if isinstance(value, dict) and value.keys() == {name} else None
    return text if isinstance(text, str) else None


def _bytes(text: str | None) -> bytes | None:
    if text is None:
        return None
    try:
        nonce = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None
    return nonce if len(nonce) == NONCE_BYTES else None


def _header(scope: Scope, wanted: bytes) -> str:
    return next((value.decode("latin-1") for name, value in scope["headers"] if name == wanted), "")


def _why(wrong: WrongCode) -> ErrorReply:
    if wrong.retry_after is None:
        return _WRONG_CODE
    return replace(_TOO_MANY, retry_after=math.ceil(wrong.retry_after))


async def _refuse(send: Send, reply: ErrorReply) -> None:
    await send_error(send, reply, headers=[NO_STORE])
