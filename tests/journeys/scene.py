"""The world in which ways round a limit are tried: a limited client and a free one of the real server, which are told
apart by what their provider counts, and the judges of what became of a way.

The provider counts all that it sees besides `GET /models`.
"""

from __future__ import annotations

import json
import secrets
import socket
import uuid
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from http.client import HTTPResponse
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from localrouter import client
from localrouter.domain.configuration.access import digest, hint, new_key
from localrouter.domain.configuration.config import (
    Client,
    LimitMode,
    LimitType,
    PricingOverride,
    Provider,
    Server,
    Strategy,
    StrategyRateLimit,
)
from tests.journeys.ways import ONE_OF_EACH, ORIGIN, Way
from tests.limits import limit
from tests.rig import Router, auto, router, strategy_id
from tests.upstream import Asked, Step, Upstream, answer, chat

ALIASES = (("gpt-4o", "localrouter/auto"), ("outer", "middle"), ("middle", "inner"), ("inner", "one/a"))

monthly = partial(limit, window="month")
FLOORS = {
    "the one request was made": (monthly(LimitType.REQUESTS, 1),),
    "tokens were used up": (monthly(LimitType.TOTAL_TOKENS, 1),),
    "a millionth of a dollar was spent": (monthly(LimitType.COST, 0.000001),),
    "one token, strictly": (monthly(LimitType.TOTAL_TOKENS, 1, mode="strict"),),
    "a millionth of a dollar, strictly": (monthly(LimitType.COST, 0.000001, mode="strict"),),
    "all of them": tuple(monthly(kind, 0.000001 if kind is LimitType.COST else 1) for kind in LimitType),
}


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
            is_strict = any(each.mode is LimitMode.STRICT for each in limits)
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
    """By the limit of cost alone where the model has no price: nobody knows when there could be room for it."""
    if (status, calls) == (403, 0):
        return is_refused_without_a_price(body)
    if (status, calls) != (429, 0):
        return False
    return code_of(json.loads(body)["error"]) in ("rate_limit_exceeded", "limit_too_small")


def code_of(error: dict[str, Any]) -> str:
    """Gemini's errors have a number in the place of a code, which stands in their details."""
    code = error["code"]
    return str(error["details"][0]["reason"]).lower() if isinstance(code, int) else str(code)


def is_refused_without_a_price(body: bytes) -> bool:
    error = json.loads(body)["error"]
    if code_of(error) != "model_unpriced":
        return False
    skipped = [(skip["provider"], skip["model"]) for skip in error["localrouter"]["skipped"]]
    limits = [each["limit_type"] for each in error["localrouter"]["limits"]]
    return "cost" in limits and not {("one", "a"), ("two", "m")} & set(skipped)


def leads_nowhere(way: Way, status: int, body: bytes, calls: int) -> bool:
    """Not even as far as a limit."""
    is_told = status in way.answers if way.answers else 400 <= status < 500 or status == 505
    return is_told and status != 429 and b"model_unpriced" not in body and calls == 0


def is_served(way: Way, status: int, body: bytes, calls: int) -> bool:
    return (status, calls) == (200, way.calls)
