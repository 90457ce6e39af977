"""What is put right when a document is read, so that a configuration always has somewhere to send a client."""

from __future__ import annotations

from localrouter.domain.config import DEFAULT_STRATEGY_ID, Client, Config, Strategy, default_strategy
from localrouter.domain.names import free_name


def heal(config: Config) -> tuple[Config, tuple[str, ...]]:
    """The configuration without dangling references, and a sentence for each thing that was put right."""
    reports: list[str] = []
    strategies = _owned_by_clients(_with_default(config.strategies, reports), config.clients, reports)
    clients = _with_strategies(config.clients, strategies, reports)
    if not reports:
        return config, ()
    return config.model_copy(update={"strategies": strategies, "clients": clients}), tuple(reports)


def _with_default(strategies: tuple[Strategy, ...], reports: list[str]) -> tuple[Strategy, ...]:
    if any(strategy.id == DEFAULT_STRATEGY_ID for strategy in strategies):
        return strategies
    missing = default_strategy()
    name = free_name(missing.name, (strategy.name for strategy in strategies))
    reports.append(f'The default strategy was missing. "{name}" was created: every model, no limits.')
    return (missing.model_copy(update={"name": name}), *strategies)


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
    return tuple(_with_known_strategy(client, names, reports) for client in clients)


def _with_known_strategy(client: Client, names: dict[str, str], reports: list[str]) -> Client:
    if client.strategy_id in names:
        return client
    cause = "named no strategy" if client.strategy_id is None else "named a strategy that does not exist"
    reports.append(f'The client "{client.name}" {cause}. It uses "{names[DEFAULT_STRATEGY_ID]}" now.')
    return client.model_copy(update={"strategy_id": DEFAULT_STRATEGY_ID})
