"""What is cooling: the one memory of which models and providers recently failed, and until when they are left alone.

Kept in memory only: after a start everything deserves a try. When a cooling time is over, one request probes while
others still skip, so that a provider that is still down is not met by everyone at once.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from localrouter.domain.failures import Cools, Failure, FailureKind, cool_seconds, cools

KEPT = 2_000  # models and providers that failed
PROBE_LASTS = 30.0  # a probe that says nothing for so long no longer holds others back


@dataclass(slots=True)
class _Entry:
    kind: FailureKind
    message: str
    in_a_row: int = 0
    until: float = 0.0
    probing_until: float = 0.0


@dataclass(frozen=True, slots=True)
class Cooling:
    """What is shown of one entry. `model` is None where the whole provider cools; `until` is clock seconds."""

    provider: str
    model: str | None
    kind: FailureKind
    message: str
    until: float


class Health:
    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._entries: dict[tuple[str, str | None], _Entry] = {}

    def cooling_until(self, provider: str, model: str) -> float | None:
        """When the model may be tried again (clock seconds), or None where it may be tried now."""
        if not self._entries:
            return None
        now = self._clock()
        times = [
            until
            for key in ((provider, None), (provider, model))
            if (until := self._closed_until(key, now)) is not None
        ]
        return max(times, default=None)

    def begin(self, provider: str, model: str) -> None:
        """A request is about to call the model: where a cooling time has ended, it is the probe."""
        if not self._entries:
            return
        now = self._clock()
        for key in ((provider, None), (provider, model)):
            entry = self._entries.get(key)
            if entry is not None and entry.until and now >= entry.until:
                entry.probing_until = now + PROBE_LASTS

    def answered(self, provider: str, model: str) -> None:
        """An answer has begun to arrive: others need not wait for its end. How often it failed is not forgotten yet."""
        if not self._entries:
            return
        for key in ((provider, None), (provider, model)):
            if (entry := self._entries.get(key)) is not None:
                entry.until = entry.probing_until = 0.0

    def succeeded(self, provider: str, model: str) -> None:
        if self._entries:
            self._entries.pop((provider, None), None)
            self._entries.pop((provider, model), None)

    def failed(self, provider: str, model: str, failure: Failure) -> None:
        self.abandoned(provider, model)
        match cools(failure):
            case Cools.PROVIDER:
                self._cool((provider, None), failure)
            case Cools.MODEL:
                self._cool((provider, model), failure)
            case Cools.NOTHING:
                return

    def abandoned(self, provider: str, model: str) -> None:
        """The call ended without a verdict (the client left): the next request may probe."""
        for key in ((provider, None), (provider, model)):
            if (entry := self._entries.get(key)) is not None:
                entry.probing_until = 0.0

    def forget_provider(self, provider: str) -> None:
        """The provider was edited: what is known of it no longer holds."""
        for key in [key for key in self._entries if key[0] == provider]:
            del self._entries[key]

    def forget_unreachable(self) -> None:
        """The machine slept: what was unreachable before may be reachable now."""
        for key in [key for key, entry in self._entries.items() if entry.kind is FailureKind.UNREACHABLE]:
            del self._entries[key]

    def cooling(self) -> tuple[Cooling, ...]:
        now = self._clock()
        return tuple(
            Cooling(provider, model, entry.kind, entry.message, entry.until)
            for (provider, model), entry in self._entries.items()
            if entry.until > now
        )

    def _closed_until(self, key: tuple[str, str | None], now: float) -> float | None:
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

    def _cool(self, key: tuple[str, str | None], failure: Failure) -> None:
        entry = self._entries.get(key)
        if len(self._entries) >= KEPT and key not in self._entries:
            self._forget_oldest()
        if entry is None or entry.kind is not failure.kind:
            entry = self._entries[key] = _Entry(failure.kind, failure.message)
        entry.in_a_row += 1
        entry.message = failure.message
        seconds = cool_seconds(failure, entry.in_a_row)
        if seconds:
            entry.until = self._clock() + seconds
