"""Small configurations that tests start from."""

from __future__ import annotations

from datetime import UTC, datetime

from localrouter.domain.configuration.access import digest
from localrouter.domain.configuration.config import Client, Config, Provider, Strategy, default_strategy
from localrouter.domain.configuration.edits.clients_and_strategies import NewClient
from localrouter.domain.configuration.validation.validation import findings
from localrouter.domain.errors import Finding, Severity

PRESETS = frozenset(("openai", "openai-compatible", "ollama"))
MORNING = datetime(2026, 1, 31, 8, 0, tzinfo=UTC)


def new_client(number: int) -> NewClient:
    return NewClient(
        client_id=f"client-{number}",
        strategy_id=f"strategy-{number}",
        created_at=MORNING,
        key_digest=digest(f"key-{number}"),
        key_hint=f"{number:04d}"[-4:],
    )


def a_client(name: str, strategy_id: str | None = "default", /, **fields: object) -> Client:
    values = {"id": name, "name": name, "created_at": MORNING, "key_digest": digest(name), "strategy_id": strategy_id}
    return Client.model_validate({**values, **fields})


def a_strategy(name: str, /, **fields: object) -> Strategy:
    return Strategy.model_validate({"id": name, "name": name, **fields})


def a_provider(name: str, /, **fields: object) -> Provider:
    return Provider.model_validate({"name": name, "preset": "openai", **fields})


def a_config(
    *,
    clients: tuple[Client, ...] = (),
    strategies: tuple[Strategy, ...] = (),
    providers: tuple[Provider, ...] = (),
) -> Config:
    """With the default strategy first."""
    return Config(clients=clients, strategies=(default_strategy(), *strategies), providers=providers)


def remarks(config: Config, severity: Severity = Severity.ERROR) -> list[Finding]:
    return [finding for finding in findings(config, presets=PRESETS) if finding.severity is severity]


def places(config: Config, severity: Severity = Severity.ERROR) -> list[str]:
    return [finding.path for finding in remarks(config, severity)]
