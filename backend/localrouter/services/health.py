"""What is cooling: the one memory of which models and providers recently failed, and until when they are left alone.

Kept in memory only: after a start everything deserves a try. A model is remembered for each endpoint apart: that it
refuses embeddings says nothing of chats. When a cooling time is over, one request probes while others still skip, so
that a provider that is still down is not met by everyone at once.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import NamedTuple

from localrouter.domain.configuration.names import fold
from localrouter.domain.conversation.request import Endpoint
from localrouter.domain.events import Event, ServerStatus
from localrouter.domain.routing.failures import Cools, Failure, FailureKind, cool_seconds, cools, spreads

KEPT = 2_000  # models and providers that failed
PROBE_LASTS = 30.0  # a probe that says nothing for so long no longer holds others back


class ModelEndpoint(NamedTuple):
    """What one call tells about: a model at one of its provider's endpoints."""

    provider: str
    model: str
    endpoint: Endpoint


class _Key(NamedTuple):
    """What an entry is of: a model at an endpoint, or a whole provider."""

    provider: str
    model: str | None = None
    endpoint: Endpoint | None = None


@dataclass(slots=True)
class _Entry:
    kind: FailureKind
    message: str
    clients: tuple[str, ...] = ()  # the first two that it failed for
    in_a_row: int = 0
    until: float = 0.0
    probing_until: float = 0.0


@dataclass(frozen=True, slots=True)
class Cooling:
    """What is shown of one entry. `model` and `endpoint` are None where the whole provider cools; `until` is clock
    seconds."""

    provider: str
    model: str | None
    endpoint: Endpoint | None
    kind: FailureKind
    message: str
    until: float


class Health:
    def __init__(self, clock: Callable[[], float], publish: Callable[[Event], None] = lambda _event: None) -> None:
        self._clock = clock
        self._publish = publish
        self._entries: dict[_Key, _Entry] = {}

    def cooling_until(self, called: ModelEndpoint) -> float | None:
        """When the model may be tried again (clock seconds), or None where it may be tried now."""
        if not self._entries:
            return None
        now = self._clock()
        times = [until for key in _keys(called) if (until := self._closed_until(key, now)) is not None]
        return max(times, default=None)

    def begin(self, called: ModelEndpoint) -> None:
        """A request is about to call the model: where a cooling time has ended, it is the probe."""
        if not self._entries:
            return
        now = self._clock()
        for key in _keys(called):
            entry = self._entries.get(key)
            if entry is not None and entry.until and now >= entry.until:
                entry.probing_until = now + PROBE_LASTS

    def answered(self, called: ModelEndpoint) -> None:
        """An answer has begun to arrive: others need not wait for its end. How often it failed is not forgotten yet."""
        if not self._entries:
            return
        for key in _keys(called):
            if (entry := self._entries.get(key)) is not None:
                entry.until = entry.probing_until = 0.0

    def succeeded(self, called: ModelEndpoint) -> None:
        if self._entries:
            for key in _keys(called):
                self._entries.pop(key, None)

    def failed(self, called: ModelEndpoint, failure: Failure, client_id: str) -> None:
        """`client_id` is whom the model failed: what one client provokes at two models is no proof against a
        provider, what two clients are told by two models is."""
        self.abandoned(called)
        match cools(failure):
            case Cools.PROVIDER:
                self._cool(_Key(called.provider), failure, client_id)
            case Cools.MODEL:
                self._cool(_Key(*called), failure, client_id)
                if spreads(failure) and self._is_confirmed(called, failure.kind, client_id):
                    self._cool(_Key(called.provider), replace(failure, cools=Cools.PROVIDER), client_id)
            case Cools.NOTHING:
                return

    def abandoned(self, called: ModelEndpoint) -> None:
        """The call ended without a verdict (the client left): the next request may probe."""
        for key in _keys(called):
            if (entry := self._entries.get(key)) is not None:
                entry.probing_until = 0.0

    def forget_provider(self, provider: str) -> None:
        """The provider was edited: what is known of it no longer holds."""
        self.clear(provider)

    def clear(self, provider: str, model: str | None = None) -> tuple[Cooling, ...]:
        """Forget what is known of a provider with all its models, or of one model: what was cooling until now."""
        keys = [
            key
            for key in self._entries
            if fold(key.provider) == fold(provider) and (model is None or key.model == model)
        ]
        cleared = tuple(entry for entry in self.cooling() if _Key(entry.provider, entry.model, entry.endpoint) in keys)
        for key in keys:
            del self._entries[key]
        if cleared:
            self._publish(ServerStatus())
        return cleared

    def forget_unreachable(self) -> None:
        """The machine slept: what was unreachable before may be reachable now."""
        for key in [key for key, entry in self._entries.items() if entry.kind is FailureKind.UNREACHABLE]:
            del self._entries[key]

    def cooling(self) -> tuple[Cooling, ...]:
        now = self._clock()
        return tuple(
            Cooling(*key, entry.kind, entry.message, entry.until)
            for key, entry in self._entries.items()
            if entry.until > now
        )

    def _is_confirmed(self, called: ModelEndpoint, kind: FailureKind, client_id: str) -> bool:
        """Whether another of the provider's models cools for the same reason, told to another client."""
        now = self._clock()
        return any(
            key.provider == called.provider
            and key.model not in (None, called.model)
            and entry.kind is kind
            and entry.until > now
            and any(client != client_id for client in entry.clients)
            for key, entry in self._entries.items()
        )

    def _closed_until(self, key: _Key, now: float) -> float | None:
        entry = self._entries.get(key)
        if entry is None or not entry.until:
            return None
        if now < entry.until:
            return entry.until
        return entry.probing_until if now < entry.probing_until else None

    def _forget_oldest(self) -> None:
        """Names of models are the clients' to make up; what is over goes first."""
        now = self._clock()
        for key in [key for key, entry in self._entries.items() if max(entry.until, entry.probing_until) <= now]:
            del self._entries[key]
        while len(self._entries) >= KEPT:
            del self._entries[next(iter(self._entries))]

    def _cool(self, key: _Key, failure: Failure, client_id: str) -> None:
        entry = self._entries.get(key)
        if len(self._entries) >= KEPT and key not in self._entries:
            self._forget_oldest()
        if entry is None or entry.kind is not failure.kind:
            entry = self._entries[key] = _Entry(failure.kind, failure.message)
        entry.in_a_row += 1
        entry.message = failure.message
        if client_id not in entry.clients:
            entry.clients = (*entry.clients, client_id)[:2]
        now, seconds = self._clock(), cool_seconds(failure, entry.in_a_row)
        if not seconds:
            return
        if entry.until <= now:
            self._publish(ServerStatus())
        entry.until = max(entry.until, now + seconds)  # a shorter wait that is told later does not end a longer one


def _keys(called: ModelEndpoint) -> tuple[_Key, _Key]:
    """Where it can stand that a call is better not made."""
    return _Key(called.provider), _Key(*called)
