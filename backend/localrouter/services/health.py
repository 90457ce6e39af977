"""Remembers which models and providers recently failed, and until when to leave them alone ("cooling"); and which
request fields a model turned out to refuse.

Kept in memory only: after a restart everything deserves a try. Each endpoint of a model is remembered separately, since
a model that refuses embeddings may still chat. When a cooling time ends, one request probes while others still skip,
so that a provider that is still down is not hit by everyone at once.

Calls overlap: a success says nothing of failures since its call began (`began`, in clock seconds), and a failure
says nothing of a provider that was edited since its request read the configuration.
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
PROBE_LASTS = 30.0  # seconds; after that an unanswered probe no longer holds others back


class ModelEndpoint(NamedTuple):
    """What the outcome of a call applies to: a model at one of its provider's endpoints."""

    provider: str
    model: str
    endpoint: Endpoint


class _Key(NamedTuple):
    """The subject of an entry: a model at an endpoint, or a whole provider."""

    provider: str
    model: str | None = None
    endpoint: Endpoint | None = None


@dataclass(slots=True)
class _Entry:
    kind: FailureKind
    message: str
    clients: tuple[str, ...] = ()  # the first two clients that saw it fail
    in_a_row: int = 0
    failed_at: float = 0.0
    until: float = 0.0
    probing_until: float = 0.0


@dataclass(frozen=True, slots=True)
class Cooling:
    """An entry as shown to users. `model` and `endpoint` are None if the whole provider cools; `until` is in clock
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
        self._edited: dict[str, float] = {}  # when each provider was edited, by its folded name
        self._left_out: dict[tuple[str, str], frozenset[str]] = {}  # by provider and model

    def cooling_until(self, called: ModelEndpoint) -> float | None:
        """When the model may be tried again (clock seconds); None if it may be tried now."""
        if not self._entries:
            return None
        now = self._clock()
        times = [until for key in _keys(called) if (until := self._closed_until(key, now)) is not None]
        return max(times, default=None)

    def begin(self, called: ModelEndpoint) -> None:
        """Note that a request is about to call the model. If a cooling time has just ended, it is the probe."""
        if not self._entries:
            return
        now = self._clock()
        for key in _keys(called):
            entry = self._entries.get(key)
            if entry is not None and entry.until and now >= entry.until:
                entry.probing_until = now + PROBE_LASTS

    def answered(self, called: ModelEndpoint, began: float) -> None:
        """Note that an answer has begun to arrive, so others need not wait. Earlier failures still count."""
        if not self._entries:
            return
        for key in _keys(called):
            if (entry := self._disproved(key, began)) is not None:
                entry.until = entry.probing_until = 0.0

    def succeeded(self, called: ModelEndpoint, began: float) -> None:
        if self._entries:
            for key in _keys(called):
                if self._disproved(key, began) is not None:
                    del self._entries[key]

    def failed(self, called: ModelEndpoint, failure: Failure, client_id: str, configured_at: float) -> None:
        """Note a failure that `client_id` met, in a request that read its configuration at `configured_at`. Failures of
        models can cool their whole provider, but only once two of its models failed in the same way for two different
        clients: a single client can provoke failures at will."""
        self.abandoned(called)
        if configured_at < self._edited.get(fold(called.provider), configured_at):
            return  # the provider as it was, for example with its former key
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
        """Note that a call ended without a verdict (its client left): the next request may probe."""
        for key in _keys(called):
            if (entry := self._entries.get(key)) is not None:
                entry.probing_until = 0.0

    def learn_left_out(self, provider: str, model: str, fields: frozenset[str], configured_at: float) -> None:
        """Note that the model answered a request without these fields, which it had refused before."""
        known = self._left_out.get((provider, model), frozenset())
        if fields <= known or configured_at < self._edited.get(fold(provider), configured_at):
            return
        if len(self._left_out) >= KEPT:
            del self._left_out[next(iter(self._left_out))]
        self._left_out[provider, model] = known | fields
        self._publish(ServerStatus())

    def left_out(self, provider: str, model: str) -> frozenset[str]:
        """The request fields that the model is known to refuse, and that are left out of what it gets."""
        return self._left_out.get((provider, model), frozenset()) if self._left_out else frozenset()

    def all_left_out(self, provider: str) -> tuple[tuple[str, frozenset[str]], ...]:
        """The models of a provider that are known to refuse fields, with these."""
        return tuple(
            (model, fields) for (name, model), fields in self._left_out.items() if fold(name) == fold(provider)
        )

    def forget_provider(self, provider: str) -> None:
        """Forget an edited provider: neither what is known of its health nor failures of calls under way apply any
        more."""
        self._edited[fold(provider)] = self._clock()
        self._left_out = {key: fields for key, fields in self._left_out.items() if fold(key[0]) != fold(provider)}
        self.clear(provider)

    def clear(self, provider: str, model: str | None = None) -> tuple[Cooling, ...]:
        """Forget a provider with all its models, or one model. Returns what was cooling until now."""
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
        """Forget what was unreachable before the machine slept: it may be reachable now."""
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
        """Whether another of the provider's models cools for the same reason, seen by another client."""
        now = self._clock()
        return any(
            key.provider == called.provider
            and key.model not in (None, called.model)
            and entry.kind is kind
            and entry.until > now
            and any(client != client_id for client in entry.clients)
            for key, entry in self._entries.items()
        )

    def _disproved(self, key: _Key, began: float) -> _Entry | None:
        """The entry that the success of a call disproves. One of a failure since the call began still holds."""
        entry = self._entries.get(key)
        return entry if entry is not None and entry.failed_at <= began else None

    def _closed_until(self, key: _Key, now: float) -> float | None:
        entry = self._entries.get(key)
        if entry is None or not entry.until:
            return None
        if now < entry.until:
            return entry.until
        return entry.probing_until if now < entry.probing_until else None

    def _forget_oldest(self) -> None:
        """Bounds the memory, since clients can make up model names. Expired entries go first."""
        now = self._clock()
        for key in [key for key, entry in self._entries.items() if max(entry.until, entry.probing_until) <= now]:
            del self._entries[key]
        while len(self._entries) >= KEPT:
            del self._entries[next(iter(self._entries))]

    def _cool(self, key: _Key, failure: Failure, client_id: str) -> None:
        now, entry = self._clock(), self._entries.get(key)
        if entry is not None and entry.kind is not failure.kind:
            if entry.until > now and entry.until >= now + cool_seconds(failure, 1):
                entry.failed_at = now
                return  # an entry that cools it for longer stays, with its reason
            entry = None
        if entry is None:
            if len(self._entries) >= KEPT and key not in self._entries:
                self._forget_oldest()
            entry = self._entries[key] = _Entry(failure.kind, failure.message)
        entry.in_a_row += 1
        entry.message, entry.failed_at = failure.message, now
        if client_id not in entry.clients:
            entry.clients = (*entry.clients, client_id)[:2]
        seconds = cool_seconds(failure, entry.in_a_row)
        if not seconds:
            return
        if entry.until <= now:
            self._publish(ServerStatus())
        entry.until = max(entry.until, now + seconds)  # a later, shorter wait does not shorten a longer one


def _keys(called: ModelEndpoint) -> tuple[_Key, _Key]:
    """The entries that can keep a call from being made."""
    return _Key(called.provider), _Key(*called)
