"""Commands about strategies: which models clients may use, in which order, and how much of them."""

from __future__ import annotations

from localrouter.commands.registration.references import ClientRef, OptionalClientRef, StrategyRef
from localrouter.commands.registration.registry import Mutation, Params, View, command
from localrouter.commands.registration.services import Services
from localrouter.commands.views.clients_and_strategies import (
    ClientView,
    LimitUsage,
    Reference,
    StrategyView,
    client_view,
    limit_usages,
    reference,
    strategy_view,
    strategy_views,
)
from localrouter.domain.configuration.config import (
    AutoModelConfig,
    AvailableModelsSelection,
    Config,
    Name,
    Strategy,
    StrategyRateLimit,
)
from localrouter.domain.configuration.edits import clients_and_strategies as edits
from localrouter.domain.events import Source

_CHANGEABLE = frozenset(("name", "allowed_models", "auto_config", "rate_limits", "aliases"))
_SHOWN = (  # a strategy is shown with its clients, the state of its limits, and findings about models and prices
    Source.STRATEGIES,
    Source.CLIENTS,
    Source.PROVIDERS,
    Source.PRICING_OVERRIDES,
    Source.USAGE,
    Source.STATUS,
)


class StrategyId(Params):
    strategy_id: StrategyRef


class CreateStrategy(Mutation):
    name: Name
    parent: OptionalClientRef = None


class UpdateStrategy(Mutation):
    strategy_id: StrategyRef
    name: Name | None = None
    allowed_models: AvailableModelsSelection | None = None
    auto_config: AutoModelConfig | None = None
    rate_limits: tuple[StrategyRateLimit, ...] | None = None
    aliases: tuple[tuple[Name, Name], ...] | None = None


class RenameStrategy(Mutation):
    strategy_id: StrategyRef
    name: Name


class DeleteStrategy(Mutation):
    strategy_id: StrategyRef


class AssignClientStrategy(Mutation):
    client_id: ClientRef
    strategy_id: StrategyRef


class StrategyResult(View):
    """A strategy after the change."""

    revision: int
    strategy: StrategyView


class StrategyAtRevision(StrategyView):
    """A strategy at `revision`. Pass that as `expect_revision` to change the strategy only if nothing changed since."""

    revision: int


class DeletedStrategy(View):
    """The deleted strategy."""

    revision: int
    strategy: Reference


class AssignedStrategy(View):
    """A client and the strategy that it now uses."""

    revision: int
    client: ClientView
    strategy: StrategyView


@command("list_strategies", reads=_SHOWN)
async def list_strategies(services: Services) -> tuple[StrategyView, ...]:
    """List all strategies, with the clients that use them and how much of each limit is used."""
    return strategy_views(services, services.config.strategies)


@command("get_strategy", reads=_SHOWN)
async def get_strategy(services: Services, params: StrategyId) -> StrategyAtRevision:
    """Return one strategy and its revision, with the clients that use it and how much of each limit is used."""
    shown = strategy_view(services, edits.find_strategy(services.config, params.strategy_id))
    return StrategyAtRevision(revision=services.config.revision, **dict(shown))


@command("create_strategy")
async def create_strategy(services: Services, params: CreateStrategy) -> StrategyResult:
    """Create a strategy that allows every model, without auto-routing and without limits.

    With `parent`, a client, the strategy belongs to that client and is deleted with it.
    """
    strategy_id = services.new_id()
    await services.commit(
        lambda config: edits.create_strategy(config, strategy_id=strategy_id, name=params.name, parent=params.parent),
        expect_revision=params.expect_revision,
    )
    return _result(services, strategy_id)


@command("update_strategy")
async def update_strategy(services: Services, params: UpdateStrategy) -> StrategyResult:
    """Change the given fields of a strategy.

    Fields left out stay as they are; null resets a field to its default. Lists are replaced as a whole. An alias is
    [name, model]; a name that ends in * takes all that begin alike. Renaming a client's own strategy makes it a shared
    one.
    """
    changes = {field: getattr(params, field) for field in params.model_fields_set & _CHANGEABLE}
    await services.commit(
        lambda config: edits.update_strategy(config, params.strategy_id, changes),
        expect_revision=params.expect_revision,
    )
    return _result(services, params.strategy_id)


@command("rename_strategy")
async def rename_strategy(services: Services, params: RenameStrategy) -> StrategyResult:
    """Rename a strategy. This makes a client's own strategy a shared one."""
    await services.commit(
        lambda config: edits.rename_strategy(config, params.strategy_id, params.name),
        expect_revision=params.expect_revision,
    )
    return _result(services, params.strategy_id)


@command("delete_strategy")
async def delete_strategy(services: Services, params: DeleteStrategy) -> DeletedStrategy:
    """Delete a strategy that no client uses. The default strategy cannot be deleted."""
    deleted: list[Strategy] = []

    def delete(config: Config) -> Config:
        deleted.append(edits.find_strategy(config, params.strategy_id))
        return edits.delete_strategy(config, params.strategy_id)

    config = await services.commit(delete, expect_revision=params.expect_revision)
    return DeletedStrategy(revision=config.revision, strategy=reference(deleted[0]))


@command("get_clients_using_strategy", reads=(Source.STRATEGIES, Source.CLIENTS))
async def get_clients_using_strategy(services: Services, params: StrategyId) -> tuple[ClientView, ...]:
    """List the clients that use a strategy."""
    strategy = edits.find_strategy(services.config, params.strategy_id)
    return tuple(client_view(services, client) for client in edits.clients_using(services.config, strategy.id))


@command("assign_client_strategy")
async def assign_client_strategy(services: Services, params: AssignClientStrategy) -> AssignedStrategy:
    """Assign a strategy to a client.

    If the strategy belongs to another client, it becomes a shared one. The client keeps owning its previous strategy.
    """
    config = await services.commit(
        lambda config: edits.assign_client_strategy(config, params.client_id, params.strategy_id),
        expect_revision=params.expect_revision,
    )
    return AssignedStrategy(
        revision=config.revision,
        client=client_view(services, edits.find_client(config, params.client_id)),
        strategy=strategy_view(services, edits.find_strategy(config, params.strategy_id)),
    )


@command("get_strategy_usage", reads=(Source.STRATEGIES, Source.USAGE))
async def get_strategy_usage(services: Services, params: StrategyId) -> tuple[LimitUsage, ...]:
    """Return how much of each of a strategy's limits is used: what its window counts, and what running requests
    reserve.

    Where a provider did not report usage, limits count more than metrics show.
    """
    return limit_usages(services, edits.find_strategy(services.config, params.strategy_id))


def _result(services: Services, strategy_id: str) -> StrategyResult:
    config = services.config
    return StrategyResult(
        revision=config.revision, strategy=strategy_view(services, edits.find_strategy(config, strategy_id))
    )
