"""Reads the bodies of model requests: counted as they arrive, and refused before they cost much.

The weight of a body is known before it is parsed. Long ones are parsed in a thread, one at a time: the parser holds the
interpreter's lock, and what follows lets others run every few milliseconds.
"""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass, field

from starlette.types import Receive

from localrouter.dialects.contract import ClientDialect
from localrouter.dialects.json_bodies.refusals import MAX_BESIDE_ATTACHMENTS, too_large, too_many
from localrouter.dialects.json_bodies.weight import LIGHT, Weigher
from localrouter.domain.conversation.request import Endpoint, ModelRequest
from localrouter.domain.errors import Refusal, TooLarge, Unavailable
from localrouter.services.memory import HeldMemory
from localrouter.surfaces.http.protocol import GuardedProtocol
from localrouter.surfaces.model_api.packed_bodies import Unpacking

QUICK = 1024 * 1024  # bytes; what is longer is parsed in a thread
DRAIN_SECONDS = 5.0  # seconds
QUICK_PARTS = 20_000  # values, texts, lists and objects


@dataclass(frozen=True, slots=True)
class ModelRoute:
    """The endpoint and the dialect of a path. `path` is the path below its version; where that names the model, `model`
    is what stands there."""

    dialect: ClientDialect
    endpoint: Endpoint
    path: str = ""
    model: str | None = None


@dataclass(slots=True)
class RequestBodies:
    """One for the whole process, so that long bodies are parsed one after the other."""

    _turns: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(1))

    async def read(self, route: ModelRoute, receive: Receive, held: HeldMemory) -> ModelRequest:
        """The request that arrives. Raises `Invalid` for what is wrong with it, `Unavailable` if others hold too much
        memory at this moment."""
        message = await receive()
        if not message.get("more_body") and len(message["body"]) <= LIGHT:
            raw = message["body"]
            _hold(held, 2 * len(raw))
            return route.dialect.parse(route.endpoint, raw)
        weigher, body = Weigher(), bytearray()
        try:
            self._take(message["body"], weigher, held)
            body += message["body"]
            while message.get("more_body"):
                message = await receive()
                self._take(message["body"], weigher, held)
                body += message["body"]
            return await self._parse(route, body, weigher, held)
        except Refusal:
            body.clear()
            held.release()
            if isinstance(receive, Unpacking):
                if receive.is_more_to_come:
                    await _drain(receive.receive)
            elif message.get("more_body"):
                await _drain(receive)
            raise

    def _take(self, data: bytes, weigher: Weigher, held: HeldMemory) -> None:
        _hold(held, len(data))
        if (excess := weigher.feed(data)) is not None:
            raise too_many(excess)
        if weigher.plain > MAX_BESIDE_ATTACHMENTS:
            raise too_large()

    async def _parse(self, route: ModelRoute, body: bytearray, weigher: Weigher, held: HeldMemory) -> ModelRequest:
        _hold(held, weigher.parsed())
        parts = weigher.containers + weigher.strings + weigher.values
        if weigher.size <= QUICK and parts <= QUICK_PARTS:
            return route.dialect.parse(route.endpoint, body, weigher)
        async with self._turns:
            return await asyncio.to_thread(route.dialect.parse, route.endpoint, body, weigher)


async def _drain(receive: Receive) -> None:
    """Read on for a while: many clients look for an answer only after they have sent everything."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(DRAIN_SECONDS):
            while (await receive()).get("more_body"):
                continue


def taking(max_body_mb: int) -> type[GuardedProtocol]:
    """The protocol of a server that takes bodies up to this size."""
    return type("Protocol", (GuardedProtocol,), {"max_body": max_body_mb << 20})


def _hold(held: HeldMemory, size: int) -> None:
    if held.grow(size):
        return
    if held.fits_alone(size):
        raise Unavailable(
            f"Running requests already use all the memory they may ({held.cap_mb} MB, server.memory_mb). "
            "Send the request again in a few seconds."
        )
    raise TooLarge(
        f"The request takes more memory than LocalRouter may use for all of them ({held.cap_mb} MB). "
        "Send less in one request, or raise server.memory_mb."
    )
