"""Everything that commands may use: services, time, randomness, and what only a running instance can do.

A part that is None does not exist in this process; a command that needs it fails with `unavailable`.
"""

from __future__ import annotations

import uuid
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol, TypeVar

from localrouter.dialects.contract import Preset
from localrouter.domain.configuration.config import Config, Provider, Strategy
from localrouter.domain.conversation.request import ModelRequest
from localrouter.domain.errors import Unavailable
from localrouter.domain.models.info import ListedModel
from localrouter.domain.routing.failures import Failure
from localrouter.domain.routing.in_flight import RunningRequest
from localrouter.services.configuration.store import ConfigStore
from localrouter.services.health import Health
from localrouter.services.instance.admin_access import AdminAccess
from localrouter.services.instance.home import Home
from localrouter.services.instance.opening_files import OpeningFiles
from localrouter.services.ledger.ledger import Ledger
from localrouter.services.metrics.store import MetricsStore
from localrouter.services.model_lists.lists import ModelCatalog
from localrouter.services.secrets.gate import Gate
from localrouter.services.secrets.store import SecretStore

_T = TypeVar("_T")

Probe = Callable[[Provider], Awaitable[tuple[ListedModel, ...] | Failure]]
Explain = Callable[[Strategy, ModelRequest], Mapping[str, object]]


class InFlightSource(Protocol):
    """The requests in flight."""

    def has(self, request_id: str) -> bool: ...

    def count(self) -> int: ...

    def list(self, at_most: int) -> tuple[RunningRequest, ...]: ...


@dataclass(frozen=True, slots=True)
class Serving:
    """The running instance in which commands are called. `url` works on this computer; `host` and `port` are what it
    listens on. `started_at` is in Unix seconds."""

    url: str
    pid: int
    started_at: float
    host: str | None = None
    port: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """`clock` returns the seconds of the clock that limits and cooling use, `wall` Unix seconds.

    `gate` decides where a provider's credentials may be sent. `probe` asks a provider for its models, over the network
    and with its key. `explain` returns the trace that a request would get now under a strategy; `in_flight` knows the
    requests being served. `try_address` refuses a host and port that cannot be listened on. `restart`, `stop` and
    `show_window` return at once; what they start happens after the answer.
    """

    store: ConfigStore
    access: AdminAccess
    token_file: str
    secrets: SecretStore
    gate: Gate
    ledger: Ledger
    health: Health
    catalog: ModelCatalog
    presets: Mapping[str, Preset]
    home: Home
    clock: Callable[[], float]
    wall: Callable[[], float]
    random_bytes: Callable[[int], bytes]
    metrics: MetricsStore | None = None
    opening: OpeningFiles | None = None
    serving: Serving | None = None
    probe: Probe | None = None
    explain: Explain | None = None
    in_flight: InFlightSource | None = None
    try_address: Callable[[str, int], None] | None = None
    restart: Callable[[], None] | None = None
    stop: Callable[[], None] | None = None
    show_window: Callable[[], None] | None = None

    @property
    def config(self) -> Config:
        return self.store.config

    async def commit(self, edit: Callable[[Config], Config], *, expect_revision: int | None = None) -> Config:
        """The configuration after an edit, as `ConfigStore.commit` makes it. Awaited because another store may have to
        ask a database; this one never suspends. Callers rely only on its being atomic."""
        return self.store.commit(edit, expect_revision=expect_revision)

    async def restore(
        self, revision: int, tell: Callable[[Iterable[str]], None], *, expect_revision: int | None
    ) -> Config:
        """The configuration with an earlier revision's document, as `ConfigStore.restore` commits it."""
        return self.store.restore(revision, tell, expect_revision=expect_revision)

    @property
    def start_hint(self) -> str:
        """The remedy when no instance is running."""
        return f"Start one with: {self.home.shell_command('serve')}"

    def now(self) -> datetime:
        return datetime.fromtimestamp(self.wall(), UTC)

    def time_of(self, clock_seconds: float) -> datetime:
        """The date and time at an instant of `clock`."""
        return datetime.fromtimestamp(self.wall() + clock_seconds - self.clock(), UTC)

    def new_id(self) -> str:
        return str(uuid.UUID(bytes=self.random_bytes(16), version=4))


def needed(part: _T | None, sentence: str) -> _T:
    """A part that may not exist in this process. Raises `Unavailable` with the sentence if it does not."""
    if part is None:
        raise Unavailable(sentence)
    return part
