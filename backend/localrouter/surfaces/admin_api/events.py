"""`GET /events`: tells what changed, as server-sent events, for as long as the reader stays."""

from __future__ import annotations

import asyncio
from dataclasses import asdict, dataclass

import orjson
from starlette.types import Receive, Scope, Send

from localrouter.domain.events import ConfigChanged, Event, MetricsChanged, RequestFinished, Resync, ServerStatus
from localrouter.services.event_bus import EventBus, Subscription
from localrouter.surfaces.http.guard import Admits, bearer

EVENTS_PATH = "/events"
SIGN_OF_LIFE_EVERY = 15.0  # seconds
NAMES: dict[type[Event], str] = {
    ConfigChanged: "config.changed",
    MetricsChanged: "metrics.changed",
    RequestFinished: "request.finished",
    ServerStatus: "server.status",
    Resync: "resync",
}
HEADERS = [(b"content-type", b"text/event-stream"), (b"cache-control", b"no-store")]


@dataclass(frozen=True, slots=True)
class Events:
    """Readers get names, not data. A slow reader costs a short queue and affects nobody else. A reader whose session
    has ended is disconnected before it hears more."""

    bus: EventBus
    admits: Admits
    sign_of_life_every: float = SIGN_OF_LIFE_EVERY

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        subscription, token = self.bus.subscribe(), bearer(scope["headers"])
        try:
            await send({"type": "http.response.start", "status": 200, "headers": HEADERS})
            await send({"type": "http.response.body", "body": b": connected\n\n", "more_body": True})
            while (text := await self._next(subscription)) is not None and self.admits(token):
                await send({"type": "http.response.body", "body": text, "more_body": True})
            await send({"type": "http.response.body", "body": b""})
        finally:
            self.bus.unsubscribe(subscription)

    async def _next(self, subscription: Subscription) -> bytes | None:
        try:
            async with asyncio.timeout(self.sign_of_life_every):
                event = await subscription.next()
        except TimeoutError:
            return b": here\n\n"
        return None if event is None else event_text(event)


def event_text(event: Event) -> bytes:
    return b"event: %b\ndata: %b\n\n" % (NAMES[type(event)].encode(), orjson.dumps(asdict(event)))
