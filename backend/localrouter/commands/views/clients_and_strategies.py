"""Clients and strategies as commands show them. No view ever holds a key, digest or secret."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

from localrouter.commands.registration.registry import View
from localrouter.commands.registration.services import Services
from localrouter.domain.configuration.config import (
    DEFAULT_STRATEGY_ID,
    AutoModelConfig,
    AvailableModelsSelection,
    Client,
    Config,
    LimitMode,
    LimitType,
    RateLimitTimeWindow,
    Strategy,
    StrategyRateLimit,
)
from localrouter.domain.configuration.edits.client_keys import has_key
from localrouter.domain.configuration.edits.clients_and_strategies import clients_using
from localrouter.domain.configuration.snapshot import Snapshot
from localrouter.domain.configuration.validation.unpriced import unpriced_findings
from localrouter.domain.configuration.validation.validation import findings
from localrouter.domain.errors import Finding, Severity
from localrouter.domain.limits.check_result import LimitStatus
from localrouter.domain.models.pricing import to_usd


class Reference(View):
    """The id and name of a client or a strategy."""

    id: str
    name: str


class FindingView(View):
    """A finding about the configuration. `path` is where in the document it applies."""

    path: str
    message: str
    severity: Severity


class LimitUsage(View):
    """How much of a limit is used, in the limit's own unit: requests, tokens or USD. `used` is what its window counts,
    `reserved` what running requests hold. `resets_at` is when usage starts to leave the window; null if nothing was
    used."""

    limit_type: LimitType
    time_window: RateLimitTimeWindow
    mode: LimitMode
    value: float
    used: float
    reserved: float
    remaining: float
    resets_at: datetime | None


class StrategyView(View):
    """A strategy. `usage` holds one entry for each of `rate_limits`, in the same order; paths in `findings` are
    relative to the strategy."""

    id: str
    name: str
    parent: str | None
    is_default: bool
    allowed_models: AvailableModelsSelection
    auto_config: AutoModelConfig | None
    rate_limits: tuple[StrategyRateLimit, ...]
    aliases: tuple[tuple[str, str], ...]
    clients: tuple[Reference, ...]
    usage: tuple[LimitUsage, ...]
    findings: tuple[FindingView, ...]


class ClientView(View):
    """A client. `key_hint` is the end of its key; the key itself is not kept. A client without a key (`has_key` is
    false) cannot be used.

    `lost_strategy_id` is the strategy that the client used until it disappeared, which disabled the client. It is
    cleared when the client is enabled or assigned another strategy.
    """

    id: str
    name: str
    enabled: bool
    strategy_id: str
    strategy_name: str
    created_at: datetime
    key_hint: str
    has_key: bool
    lost_strategy_id: str | None


def strategy_views(services: Services, strategies: Iterable[Strategy]) -> tuple[StrategyView, ...]:
    """Views of strategies in the current configuration."""
    config = services.config
    remarks = remarks_on(services, config)
    places = {strategy.id: f"strategies[{index}]" for index, strategy in enumerate(config.strategies)}
    return tuple(
        _strategy_view(services, strategy, tuple(below(places[strategy.id], remarks))) for strategy in strategies
    )


def remarks_on(services: Services, config: Config) -> tuple[Finding, ...]:
    """All findings about a configuration, including those that depend on known prices."""
    prices = services.catalog.prices(Snapshot(config))
    return (*findings(config, presets=frozenset(services.presets)), *unpriced_findings(config, prices))


def strategy_view(services: Services, strategy: Strategy) -> StrategyView:
    return strategy_views(services, [strategy])[0]


def client_view(services: Services, client: Client) -> ClientView:
    strategy = services.store.snapshot.strategy_of(client)
    return ClientView(
        id=client.id,
        name=client.name,
        enabled=client.enabled,
        strategy_id=strategy.id,
        strategy_name=strategy.name,
        created_at=client.created_at,
        key_hint=client.key_hint,
        has_key=has_key(client),
        lost_strategy_id=client.lost_strategy_id,
    )


def reference(named: Client | Strategy) -> Reference:
    return Reference(id=named.id, name=named.name)


def limit_usages(services: Services, strategy: Strategy) -> tuple[LimitUsage, ...]:
    return tuple(_limit_usage(services, strategy, state) for state in services.ledger.states(strategy))


def below(place: str, remarks: Iterable[Finding]) -> Iterator[FindingView]:
    """The findings about one entry, with paths relative to it."""
    for finding in remarks:
        rest = finding.path.removeprefix(place)
        if rest != finding.path and rest[:1] in ("", ".", "["):
            yield FindingView(path=rest.removeprefix("."), message=finding.message, severity=finding.severity)


def finding_view(finding: Finding) -> FindingView:
    return FindingView(path=finding.path, message=finding.message, severity=finding.severity)


def _strategy_view(services: Services, strategy: Strategy, remarks: tuple[FindingView, ...]) -> StrategyView:
    return StrategyView(
        id=strategy.id,
        name=strategy.name,
        parent=strategy.parent,
        is_default=strategy.id == DEFAULT_STRATEGY_ID,
        allowed_models=strategy.allowed_models,
        auto_config=strategy.auto_config,
        rate_limits=strategy.rate_limits,
        aliases=strategy.aliases,
        clients=tuple(reference(client) for client in clients_using(services.config, strategy.id)),
        usage=limit_usages(services, strategy),
        findings=remarks,
    )


def _limit_usage(services: Services, strategy: Strategy, state: LimitStatus) -> LimitUsage:
    limit = state.limit
    unit = to_usd if limit.limit_type is LimitType.COST else float
    resets_at = services.ledger.more_room_at(strategy, state)
    return LimitUsage(
        limit_type=limit.limit_type,
        time_window=limit.time_window,
        mode=limit.mode,
        value=limit.value,
        used=unit(state.used),
        reserved=unit(state.reserved),
        remaining=unit(state.remaining),
        resets_at=None if resets_at is None else services.time_of(resets_at),
    )
