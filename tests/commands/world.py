"""A home with real files and a time that stands still, and the commands on it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson

from localrouter.commands import all_commands
from localrouter.commands.registration.calls import Calls
from localrouter.commands.registration.services import Services, Serving
from localrouter.dialects.presets import OWN_VARIABLES, PRESETS
from localrouter.domain.configuration.config import Config, Provider
from localrouter.domain.events import Event
from localrouter.domain.models.info import CatalogTable, ListedModel
from localrouter.domain.routing.failures import Failure, FailureKind
from localrouter.services.configuration.store import ConfigStore
from localrouter.services.health import Health
from localrouter.services.instance.admin_access import AdminAccess
from localrouter.services.instance.home import Home
from localrouter.services.instance.opening_files import OpeningFiles
from localrouter.services.ledger.journal import Journal
from localrouter.services.ledger.ledger import Ledger
from localrouter.services.model_lists.lists import ModelCatalog
from localrouter.services.secrets.gate import Gate
from localrouter.services.secrets.store import SecretStore

REGISTRY = all_commands()
NOW = 1_780_000_000.0
SERVING = Serving("http://127.0.0.1:3625", 42, NOW - 60)
UNREACHABLE = Failure(FailureKind.UNREACHABLE, "Nobody answers.")


class World:
    """`lists` are the providers' lists of models, by name; a provider without one cannot be reached."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.time = 1_000.0
        self.events: list[Event] = []
        self.lists: dict[str, tuple[ListedModel, ...] | Failure] = {}
        self.environment = {"LOCALROUTER_SECRETS": "file"}
        self._bytes = _different_bytes()
        home.mkdir(parents=True, exist_ok=True)
        self.services = self._services()
        self.calls = Calls(REGISTRY, self.services)

    @property
    def config(self) -> Config:
        return self.services.config

    @property
    def revision(self) -> int:
        return self.config.revision

    def call(self, name: str, /, **params: object) -> Any:
        """A command's result, as it would be read by a caller."""
        return asyncio.run(self.acall(name, **params))

    async def acall(self, name: str, /, **params: object) -> Any:
        return orjson.loads(orjson.dumps(await self.calls.call(name, params)))

    def give(self, **parts: Any) -> None:
        """Other services from here on."""
        self.services = replace(self.services, **parts)
        self.calls = Calls(REGISTRY, self.services)

    def client(self, name: str = "Editor") -> str:
        client_id: str = self.call("create_client", name=name)["client"]["id"]
        return client_id

    def strategy(self, name: str = "Thrifty", **fields: object) -> str:
        strategy_id: str = self.call("create_strategy", name=name)["strategy"]["id"]
        if fields:
            self.call("update_strategy", strategy_id=strategy_id, **fields)
        return strategy_id

    async def fetch(self, provider: Provider) -> tuple[ListedModel, ...] | Failure:
        return self.lists.get(provider.name, UNREACHABLE)

    def wall(self) -> float:
        return NOW + self.time - 1_000.0

    def _services(self) -> Services:
        presets = frozenset(PRESETS)
        secrets = SecretStore.open(self.home, self.environment)
        table = CatalogTable("2026-01-01", (), {})
        return Services(
            store=ConfigStore.open(
                self.home, presets=presets, publish=self.events.append, clock=lambda: datetime.fromtimestamp(NOW, UTC)
            ),
            access=AdminAccess(
                Home(self.home).ensure_admin_token(),
                renew=Home(self.home).renew_admin_token,
                publish=self.events.append,
                steady=lambda: self.time,
                wall=self.wall,
                random_bytes=lambda count: (next(self._bytes) * 2)[:count],
            ),
            token_file=str(Home(self.home).admin_token),
            opening=OpeningFiles(self.home),
            secrets=secrets,
            gate=Gate(secrets, OWN_VARIABLES),
            ledger=Ledger(lambda: self.time, self.wall, Journal(self.home / "ledger.journal")),
            health=Health(lambda: self.time),
            catalog=ModelCatalog(self.home / "models.json", table, self.fetch, self.wall, self.events.append),
            presets=PRESETS,
            home=Home(self.home),
            clock=lambda: self.time,
            wall=self.wall,
            random_bytes=lambda count: next(self._bytes)[:count],
            serving=SERVING,
            probe=self.fetch,
        )


def _different_bytes() -> Iterator[bytes]:
    number = 0
    while True:
        number += 1
        yield number.to_bytes(2, "big") * 32


def listing(*names: str) -> tuple[ListedModel, ...]:
    return tuple(ListedModel(name) for name in names)
