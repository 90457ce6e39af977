"""Commands about clients: programs that use the router, each with its own key."""

from __future__ import annotations

from localrouter.commands.registration.references import ClientRef, OptionalStrategyRef
from localrouter.commands.registration.registry import Mutation, Params, View, command
from localrouter.commands.registration.services import Services
from localrouter.commands.views.clients_and_strategies import (
    ClientView,
    Reference,
    StrategyView,
    client_view,
    reference,
    strategy_view,
)
from localrouter.domain.configuration.access import KEY_BYTES, digest, hint, new_key
from localrouter.domain.configuration.config import Client, Config, Name
from localrouter.domain.configuration.edits import clients_and_strategies as edits
from localrouter.domain.errors import Refusal
from localrouter.domain.events import Source

_CHANGEABLE = frozenset(("name", "enabled"))


class ClientId(Params):
    client_id: ClientRef


class CreateClient(Mutation):
    name: Name
    strategy_id: OptionalStrategyRef = None
    copy_of: OptionalStrategyRef = None


class UpdateClient(Mutation):
    client_id: ClientRef
    name: Name | None = None
    enabled: bool | None = None


class RotateClientKey(Mutation):
    client_id: ClientRef


class DeleteClient(Mutation):
    client_id: ClientRef


class CreatedClient(View):
    """A new client with the strategy that it uses. `key` is shown only this once."""

    revision: int
    client: ClientView
    strategy: StrategyView
    key: str


class ClientResult(View):
    """A client after the change."""

    revision: int
    client: ClientView


class RotatedKey(View):
    """A client with its new key, which is shown only this once."""

    revision: int
    client: ClientView
    key: str


class DeletedClient(View):
    """The deleted client. `deleted_strategies` were deleted with it; `released_strategies` are kept because other
    clients use them."""

    revision: int
    client: Reference
    deleted_strategies: tuple[Reference, ...]
    released_strategies: tuple[Reference, ...]


@command("list_clients", reads=(Source.CLIENTS, Source.STRATEGIES))
async def list_clients(services: Services) -> tuple[ClientView, ...]:
    """List all clients, each with the strategy it uses."""
    return tuple(client_view(services, client) for client in services.config.clients)


@command("get_client", reads=(Source.CLIENTS, Source.STRATEGIES))
async def get_client(services: Services, params: ClientId) -> ClientView:
    """Return one client with the strategy it uses."""
    return client_view(services, edits.find_client(services.config, params.client_id))


@command("create_client")
async def create_client(services: Services, params: CreateClient) -> CreatedClient:
    """Create a client with its own key and its own strategy.

    With `strategy_id` it shares that strategy instead; with `copy_of` its own strategy starts as a copy of that one.
    The result is the only place where the key is shown: only its digest is stored.
    """
    if params.strategy_id is not None and params.copy_of is not None:
        raise Refusal("Give strategy_id to share a strategy or copy_of to copy one, but not both.")
    key = new_key(services.random_bytes(KEY_BYTES))
    new = edits.NewClient(
        client_id=services.new_id(),
        strategy_id=services.new_id(),
        created_at=services.now(),
        key_digest=digest(key),
        key_hint=hint(key),
    )
    config = await services.commit(
        lambda config: _created(config, params, new),
        expect_revision=params.expect_revision,
    )
    client = edits.find_client(config, new.client_id)
    return CreatedClient(
        revision=config.revision,
        client=client_view(services, client),
        strategy=strategy_view(services, edits.find_strategy(config, client.strategy_id or new.strategy_id)),
        key=key,
    )


def _created(config: Config, params: CreateClient, new: edits.NewClient) -> Config:
    if params.strategy_id is not None:
        return edits.create_client_sharing(config, params.name, new, params.strategy_id)
    if params.copy_of is not None:
        return edits.create_client_with_copy(config, params.name, new, params.copy_of)
    return edits.create_client_with_strategy(config, params.name, new)


@command("update_client")
async def update_client(services: Services, params: UpdateClient) -> ClientResult:
    """Rename, enable or disable a client. Its own strategy is renamed with it, unless somebody has already renamed
    that."""
    changes = {field: getattr(params, field) for field in params.model_fields_set & _CHANGEABLE}
    config = await services.commit(
        lambda config: edits.update_client(config, params.client_id, changes),
        expect_revision=params.expect_revision,
    )
    return ClientResult(
        revision=config.revision, client=client_view(services, edits.find_client(config, params.client_id))
    )


@command("rotate_client_key")
async def rotate_client_key(services: Services, params: RotateClientKey) -> RotatedKey:
    """Give a client a new key. The old key is refused from then on."""
    key = new_key(services.random_bytes(KEY_BYTES))
    config = await services.commit(
        lambda config: edits.rotate_client_key(config, params.client_id, key_digest=digest(key), key_hint=hint(key)),
        expect_revision=params.expect_revision,
    )
    client = client_view(services, edits.find_client(config, params.client_id))
    return RotatedKey(revision=config.revision, client=client, key=key)


@command("delete_client")
async def delete_client(services: Services, params: DeleteClient) -> DeletedClient:
    """Delete a client and the strategies it owns.

    An owned strategy that another client uses is kept without an owner, and the result names it.
    """
    before: list[Config] = []

    def delete(config: Config) -> Config:
        before.append(config)
        return edits.delete_client(config, params.client_id)

    after = await services.commit(delete, expect_revision=params.expect_revision)
    return _deleted(before[0], after, edits.find_client(before[0], params.client_id))


def _deleted(before: Config, after: Config, client: Client) -> DeletedClient:
    kept = {strategy.id for strategy in after.strategies}
    owned = [strategy for strategy in before.strategies if strategy.parent == client.id]
    return DeletedClient(
        revision=after.revision,
        client=reference(client),
        deleted_strategies=tuple(reference(strategy) for strategy in owned if strategy.id not in kept),
        released_strategies=tuple(reference(strategy) for strategy in owned if strategy.id in kept),
    )
