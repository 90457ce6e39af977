"""Commands about strategies: what clients may use, in which order, and how much of it."""

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
_SHOWN = (  # a strategy is shown with its clients, how full its limits are, and remarks on its models and their prices
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
    """A strategy as it is after the change."""

    revision: int
    strategy: StrategyView


class StrategyAtRevision(StrategyView):
    """A strategy as it is at `revision`, which a change to it can be bound to with `expect_revision`."""

    revision: int


class DeletedStrategy(View):
    """The strategy that is no more."""

    revision: int
    strategy: Reference


class AssignedStrategy(View):
    """A client with the strategy that it uses from now on."""

    revision: int
    client: ClientView
    strategy: StrategyView


@command("list_strategies", reads=_SHOWN)
async def list_strategies(services: Services) -> tuple[StrategyView, ...]:
    """All strategies, with the clients that use them and how full their limits are."""
    return strategy_views(services, services.config.strategies)


@command("get_strategy", reads=_SHOWN)
async def get_strategy(services: Services, params: StrategyId) -> StrategyAtRevision:
    """One strategy, with the clients that use it and how full its limits are, and the revision that it is of."""
    shown = strategy_view(services, edits.find_strategy(services.config, params.strategy_id))
    return StrategyAtRevision(revision=services.config.revision, **dict(shown))


@command("create_strategy")
async def create_strategy(services: Services, params: CreateStrategy) -> StrategyResult:
    """Create a strategy: every model, no auto-routing, no limits.

    With a parent (a client) it is that client's own and is deleted together with it.
    """
    strategy_id = services.new_id()
    services.store.commit(
        lambda config: edits.create_strategy(config, strategy_id=strategy_id, name=params.name, parent=params.parent),
        expect_revision=params.expect_revision,
    )
    return _result(services, strategy_id)


@command("update_strategy")
async def update_strategy(services: Services, params: UpdateStrategy) -> StrategyResult:
    """Change the given fields of a strategy.

    What is not given stays as it is; null sets a field back to its default. Lists are replaced as a whole. A changed
    name makes a client's own strategy a shared one.
    """
    changes = {field: getattr(params, field) for field in params.model_fields_set & _CHANGEABLE}
    services.store.commit(
        lambda config: edits.update_strategy(config, params.strategy_id, changes),
        expect_revision=params.expect_revision,
    )
    return _result(services, params.strategy_id)


@command("rename_strategy")
async def rename_strategy(services: Services, params: RenameStrategy) -> StrategyResult:
    """Give a strategy another name. A client's own strategy becomes a shared one by that."""
    services.store.commit(
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

    config = services.store.commit(delete, expect_revision=params.expect_revision)
    return DeletedStrategy(revision=config.revision, strategy=reference(deleted[0]))


@command("get_clients_using_strategy", reads=(Source.STRATEGIES, Source.CLIENTS))
async def get_clients_using_strategy(services: Services, params: StrategyId) -> tuple[ClientView, ...]:
    """The clients that use a strategy."""
    strategy = edits.find_strategy(services.config, params.strategy_id)
    return tuple(client_view(services, client) for client in edits.clients_using(services.config, strategy.id))


@command("assign_client_strategy")
async def assign_client_strategy(services: Services, params: AssignClientStrategy) -> AssignedStrategy:
    """Let a client use a strategy.

    Another client's own strategy becomes a shared one by that. The client's former own strategy stays, still owned.
    """
    config = services.store.commit(
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
    """How full each limit of a strategy is: what was counted in its window, and what running requests hold of it. Where
    a provider did not tell what a call used, more is counted than the metrics show as used."""
    return limit_usages(services, edits.find_strategy(services.config, params.strategy_id))


def _result(services: Services, strategy_id: str) -> StrategyResult:
    config = services.config
    return StrategyResult(
        revision=config.revision, strategy=strategy_view(services, edits.find_strategy(config, strategy_id))
    )
