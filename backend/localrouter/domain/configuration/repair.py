"""Repairs dangling references when a document is read, so that every client has a strategy."""

from __future__ import annotations

from localrouter.domain.configuration.config import (
    DEFAULT_STRATEGY_ID,
    Client,
    Config,
    Provider,
    Strategy,
)
from localrouter.domain.configuration.edits.clients_and_strategies import ensure_default_strategy
from localrouter.domain.configuration.validation.endpoint_urls import as_meant


def heal(config: Config) -> tuple[Config, tuple[str, ...]]:
    """The configuration without dangling references, and a sentence for each repair."""
    reports: list[str] = []
    strategies = _owned_by_clients(_with_default(config, reports), config.clients, reports)
    clients = _with_strategies(config.clients, strategies, reports)
    providers = _with_base_urls_meant(config.providers, reports)
    if not reports and clients == config.clients and providers == config.providers:
        return config, ()
    changes = {"strategies": strategies, "clients": clients, "providers": providers}
    return config.model_copy(update=changes), tuple(reports)


def lost_strategies(config: Config) -> tuple[str, ...]:
    """A sentence for each client that waits for its owner because its strategy was gone."""
    names = {strategy.id: strategy.name for strategy in config.strategies}
    return tuple(
        _lost_sentence(client, names[DEFAULT_STRATEGY_ID])
        for client in config.clients
        if client.lost_strategy_id is not None
    )


def _with_base_urls_meant(providers: tuple[Provider, ...], reports: list[str]) -> tuple[Provider, ...]:
    meant = tuple(map(as_meant, providers))
    for before, after in zip(providers, meant, strict=True):
        if before.base_url != after.base_url:
            reports.append(f'The base URL of "{after.name}" named an endpoint. It is {after.base_url} now.')
    return meant


def _with_default(config: Config, reports: list[str]) -> tuple[Strategy, ...]:
    ensured = ensure_default_strategy(config).strategies
    if ensured != config.strategies:
        reports.append(f'The default strategy was missing. "{ensured[0].name}" was created: every model, no limits.')
    return ensured


def _owned_by_clients(
    strategies: tuple[Strategy, ...], clients: tuple[Client, ...], reports: list[str]
) -> tuple[Strategy, ...]:
    ids = {client.id for client in clients}
    return tuple(_with_known_parent(strategy, ids, reports) for strategy in strategies)


def _with_known_parent(strategy: Strategy, client_ids: set[str], reports: list[str]) -> Strategy:
    if strategy.parent is None or strategy.parent in client_ids:
        return strategy
    reports.append(f'The strategy "{strategy.name}" belonged to a client that does not exist. It belongs to none now.')
    return strategy.model_copy(update={"parent": None})


def _with_strategies(
    clients: tuple[Client, ...], strategies: tuple[Strategy, ...], reports: list[str]
) -> tuple[Client, ...]:
    names = {strategy.id: strategy.name for strategy in strategies}
    return tuple(_with_known_strategy(_without_old_loss(client), names, reports) for client in clients)


def _without_old_loss(client: Client) -> Client:
    """Forgets the lost strategy once the owner has enabled the client or given it a strategy."""
    is_over = client.enabled or client.strategy_id != DEFAULT_STRATEGY_ID
    return client.model_copy(update={"lost_strategy_id": None}) if client.lost_strategy_id and is_over else client


def _with_known_strategy(client: Client, names: dict[str, str], reports: list[str]) -> Client:
    if client.strategy_id in names:
        return client
    default = names[DEFAULT_STRATEGY_ID]
    if client.strategy_id is None:
        reports.append(f'The client "{client.name}" named no strategy. It uses "{default}" now.')
        return client.model_copy(update={"strategy_id": DEFAULT_STRATEGY_ID})
    lost = {"strategy_id": DEFAULT_STRATEGY_ID, "enabled": False, "lost_strategy_id": client.strategy_id}
    client = client.model_copy(update=lost)
    reports.append(_lost_sentence(client, default))
    return client


def _lost_sentence(client: Client, default: str) -> str:
    return (
        f'The client "{client.name}" is disabled, since its strategy ("{client.lost_strategy_id}") does not exist and '
        f'its limits with it. Assign a strategy to it, or enable it to let it use "{default}".'
    )
