"""Serves what is below `/v1/responses/`: answers that a provider keeps."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlencode

from starlette.types import Receive, Scope, Send

from localrouter.domain.conversation.error_reply import ErrorReply
from localrouter.domain.routing.failures import Failure
from localrouter.gateway.kept_answers.asking import Asked, Asking
from localrouter.services.upstream.answer import UpstreamResponse
from localrouter.surfaces.http.error_responses import REQUEST_ID_KEY, send_error
from localrouter.surfaces.model_api.client_access import ClientAccess
from localrouter.surfaces.model_api.errors import came_back, unauthorized
from localrouter.surfaces.model_api.requests import JSON_HEADER, PATHS, STREAM_HEADERS
from localrouter.surfaces.model_api.unserved import explain

_BELOW = ("{answer_id}", "{answer_id}/cancel", "{answer_id}/input_items")
KEPT_PATHS = tuple(f"{prefix}/responses/{below}" for prefix in ("/v1", "") for below in _BELOW)
_PATH = re.compile(r"(?:/v1)?/responses/([A-Za-z0-9_-]{1,200})(|/cancel|/input_items)")
_METHODS = {"": ("GET", "DELETE"), "/cancel": ("POST",), "/input_items": ("GET",)}
_OTHERS = frozenset({"compact", "input_tokens"})  # paths that are no ids
_QUERY = frozenset(
    {
        "include", "include[]", "include_obfuscation", "stream", "starting_after", "after", "before", "limit", "order",
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class KeptAnswerRequests:
    """Passes the provider's own answer on, whole or streamed."""

    access: ClientAccess
    asking: Asking

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        asked = asked_in(scope["method"], scope["path"], scope.get("query_string", b""))
        if asked is None:
            await explain(scope, send, PATHS)
            return
        if (loop := came_back(scope["headers"], self.asking.targets.router_id)) is not None:
            await send_error(send, loop)
            return
        client = self.access.of(scope["headers"])
        if client is None:
            await send_error(send, unauthorized(scope["state"][REQUEST_ID_KEY]))
            return
        found = await self.asking.ask(self.access.snapshot(), client, asked)
        if isinstance(found, ErrorReply):
            await send_error(send, found)
            return
        try:
            await _pass_on(found, send)
        finally:
            found.abort()


def asked_in(method: str, path: str, query: bytes) -> Asked | None:
    """What is asked of which answer; None where that is nothing which is served."""
    found = _PATH.fullmatch(path)
    if found is None or found[1] in _OTHERS or method not in _METHODS[found[2]]:
        return None
    given = parse_qsl(query.decode("latin-1"))
    return Asked(method, found[1], found[1] + found[2], urlencode([each for each in given if each[0] in _QUERY]))


async def _pass_on(response: UpstreamResponse, send: Send) -> None:
    is_stream = response.headers.get("content-type", "").startswith("text/event-stream")
    headers = list(STREAM_HEADERS) if is_stream else [JSON_HEADER]
    await send({"type": "http.response.start", "status": response.status, "headers": headers})
    while chunk := await response.next_chunk():
        if isinstance(chunk, Failure):
            raise ConnectionError(chunk.message)  # nobody must take what came for the whole
        await send({"type": "http.response.body", "body": chunk, "more_body": True})
    await send({"type": "http.response.body", "body": b""})
