"""Every change to clients and strategies, as a pure step from one configuration to the next.

Only this module decides what a strategy's parent means: it is the client that the strategy was made for. Renaming or
deleting the client renames or deletes the strategy too, until the strategy gets another name or another client.

Times, random ids and digests arrive as arguments. A `Changes` mapping names the fields to change: fields that it does
not name stay, and None resets a field to its default. The step is validated as a whole when it is committed.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from localrouter.domain.configuration.config import DEFAULT_STRATEGY_ID, Client, Config, Strategy, default_strategy
from localrouter.domain.configuration.edits.fields import Changes, replaced, with_changes
from localrouter.domain.configuration.names import did_you_mean, fold, free_name, is_numbered, possessive
from localrouter.domain.errors import NotFound, Refusal

_COPIED = ("allowed_models", "auto_config", "rate_limits", "aliases")
LONGEST_CLIENT_NAME = 180  # leaves room for "'s strategy (99)" in the name of its own strategy
_STRATEGY_FIELDS = frozenset(("allowed_models", "auto_config", "rate_limits", "aliases"))
_CLIENT_FIELDS = frozenset(("enabled",))


@dataclass(frozen=True, slots=True)
class NewClient:
    """What a new client needs besides its name. The caller makes it, since edits have no randomness and no clock."""

    client_id: str
    strategy_id: str
    created_at: datetime
    key_digest: str
    key_hint: str


def find_strategy(config: Config, strategy_id: str) -> Strategy:
    for strategy in config.strategies:
        if strategy.id == strategy_id:
            return strategy
    hint = did_you_mean(strategy_id, (strategy.name for strategy in config.strategies))
    raise NotFound(f'There is no strategy with the id or name "{strategy_id}".{hint}')


def find_client(config: Config, client_id: str) -> Client:
    for client in config.clients:
        if client.id == client_id:
            return client
    hint = did_you_mean(client_id, (client.name for client in config.clients))
    raise NotFound(f'There is no client with the id or name "{client_id}".{hint}')


def clients_using(config: Config, strategy_id: str) -> tuple[Client, ...]:
    return tuple(client for client in config.clients if client.strategy_id == strategy_id)


def own_strategy_name(client_name: str) -> str:
    """The generated name of a client's own strategy, which it has until somebody renames it."""
    return f"{possessive(client_name)} strategy"


def ensure_default_strategy(config: Config) -> Config:
    """Adds a missing default strategy, as the first one and under a free name."""
    if any(strategy.id == DEFAULT_STRATEGY_ID for strategy in config.strategies):
        return config
    missing = default_strategy()
    name = free_name(missing.name, _strategy_names(config))
    return _with_strategies(config, (missing.model_copy(update={"name": name}), *config.strategies))


def create_strategy(config: Config, *, strategy_id: str, name: str, parent: str | None = None) -> Config:
    if parent is not None:
        find_client(config, parent)
    strategy = Strategy(id=strategy_id, name=_free_strategy_name(config, name), parent=parent)
    return _with_strategies(config, (*config.strategies, strategy))


def update_strategy(config: Config, strategy_id: str, changes: Changes) -> Config:
    """A changed name acts as `rename_strategy`."""
    strategy = find_strategy(config, strategy_id)
    others = {field: value for field, value in changes.items() if field != "name"}
    config = _put_strategy(config, with_changes(strategy, others, _STRATEGY_FIELDS))
    return rename_strategy(config, strategy_id, changes["name"]) if "name" in changes else config


def rename_strategy(config: Config, strategy_id: str, name: object) -> Config:
    """Renames a strategy. With a name other than the generated one it no longer belongs to a client."""
    strategy = find_strategy(config, strategy_id)
    name = _clean(name)
    if name == strategy.name:
        return config
    name = _free_strategy_name(config, name, besides=strategy)
    keeps_parent = strategy.parent is None or _is_generated(name, find_client(config, strategy.parent))
    parent = strategy.parent if keeps_parent else None
    return _put_strategy(config, strategy.model_copy(update={"name": name, "parent": parent}))


def delete_strategy(config: Config, strategy_id: str) -> Config:
    strategy = find_strategy(config, strategy_id)
    if strategy_id == DEFAULT_STRATEGY_ID:
        raise Refusal("Cannot delete the default strategy")
    users = clients_using(config, strategy_id)
    if users:
        data: dict[str, object] = {"clients": [{"id": client.id, "name": client.name} for client in users]}
        raise Refusal(f"Cannot delete strategy: {len(users)} client(s) are using it", data)
    return _with_strategies(config, (other for other in config.strategies if other is not strategy))


def create_client_with_strategy(config: Config, name: str, new: NewClient) -> Config:
    """Adds a client and its own strategy in one step."""
    client = _client(config, name, new, new.strategy_id)
    own_name = free_name(own_strategy_name(client.name), _strategy_names(config))
    strategy = Strategy(id=new.strategy_id, name=own_name, parent=new.client_id)
    return config.model_copy(
        update={"clients": (*config.clients, client), "strategies": (*config.strategies, strategy)}
    )


def create_client_with_copy(config: Config, name: str, new: NewClient, copied_id: str) -> Config:
    """Adds a client whose own strategy starts with the settings of another one."""
    copied = find_strategy(config, copied_id)
    config = create_client_with_strategy(config, name, new)
    own = find_strategy(config, new.strategy_id)
    settings = {field: getattr(copied, field) for field in _COPIED}
    return _put_strategy(config, own.model_copy(update=settings))


def create_client_sharing(config: Config, name: str, new: NewClient, strategy_id: str) -> Config:
    """Adds a client without a strategy of its own, which uses one that exists. That one belongs to nobody then."""
    strategy = find_strategy(config, strategy_id)
    client = _client(config, name, new, None)
    config = config.model_copy(update={"clients": (*config.clients, client)})
    return assign_client_strategy(config, new.client_id, strategy.id)


def _client(config: Config, name: str, new: NewClient, strategy_id: str | None) -> Client:
    return Client(
        id=new.client_id,
        name=_free_client_name(config, name),
        strategy_id=strategy_id,
        created_at=new.created_at,
        key_digest=new.key_digest,
        key_hint=new.key_hint,
    )


def update_client(config: Config, client_id: str, changes: Changes) -> Config:
    """A changed name acts as `rename_client`."""
    client = find_client(config, client_id)
    others = {field: value for field, value in changes.items() if field != "name"}
    client = with_changes(client, others, _CLIENT_FIELDS)
    if client.enabled:
        client = client.model_copy(update={"lost_strategy_id": None})
    config = _put_client(config, client)
    return rename_client(config, client_id, changes["name"]) if "name" in changes else config


def rename_client(config: Config, client_id: str, name: object) -> Config:
    """Renames a client, and its own strategies that still have the generated name."""
    client = find_client(config, client_id)
    name = _clean(name)
    if name == client.name:
        return config
    renamed = client.model_copy(update={"name": _free_client_name(config, name, besides=client)})
    config = _put_client(config, renamed)
    for strategy in config.strategies:
        if strategy.parent == client_id and _is_generated(strategy.name, client):
            taken = _strategy_names(config, besides=strategy)
            own_name = free_name(own_strategy_name(renamed.name), taken)
            config = _put_strategy(config, strategy.model_copy(update={"name": own_name}))
    return config


def rotate_client_key(config: Config, client_id: str, *, key_digest: str, key_hint: str) -> Config:
    """Replaces the client's key; the former one stops working."""
    client = find_client(config, client_id)
    return _put_client(config, client.model_copy(update={"key_digest": key_digest, "key_hint": key_hint}))


def assign_client_strategy(config: Config, client_id: str, strategy_id: str) -> Config:
    """Assigns a strategy to a client. If another client owned it, nobody does now. The former strategy is unchanged."""
    client = find_client(config, client_id)
    strategy = find_strategy(config, strategy_id)
    if client.lost_strategy_id is not None:
        client = client.model_copy(update={"lost_strategy_id": None})
        config = _put_client(config, client)
    if client.strategy_id == strategy_id:
        return config
    if strategy.parent not in (None, client_id):
        config = _put_strategy(config, strategy.model_copy(update={"parent": None}))
    return _put_client(config, client.model_copy(update={"strategy_id": strategy_id}))


def released_with_client(config: Config, client_id: str) -> tuple[Strategy, ...]:
    """The strategies that a client owns but that outlive it because others use them."""
    find_client(config, client_id)
    owned = (strategy for strategy in config.strategies if strategy.parent == client_id)
    return tuple(strategy for strategy in owned if _outlives(config, strategy, client_id))


def delete_client(config: Config, client_id: str) -> Config:
    """Removes a client and the strategies that it owns. Those of `released_with_client` stay, owned by nobody."""
    released = {strategy.id for strategy in released_with_client(config, client_id)}
    kept = (strategy for strategy in config.strategies if strategy.parent != client_id or strategy.id in released)
    strategies = tuple(
        strategy.model_copy(update={"parent": None}) if strategy.id in released else strategy for strategy in kept
    )
    clients = tuple(client for client in config.clients if client.id != client_id)
    return config.model_copy(update={"clients": clients, "strategies": strategies})


def _outlives(config: Config, strategy: Strategy, client_id: str) -> bool:
    if strategy.id == DEFAULT_STRATEGY_ID:
        return True
    return any(client.id != client_id for client in clients_using(config, strategy.id))


def _is_generated(name: str, client: Client) -> bool:
    former = f"{client.name}'s strategy"  # how it was before names that end in s took the apostrophe alone
    return is_numbered(name, own_strategy_name(client.name)) or is_numbered(name, former)


def _clean(name: object) -> str:
    cleaned = name.strip() if isinstance(name, str) else ""
    if not cleaned:
        raise Refusal("A name is needed.")
    return cleaned


def _free_strategy_name(config: Config, name: str, *, besides: Strategy | None = None) -> str:
    name = _clean(name)
    if fold(name) in map(fold, _strategy_names(config, besides=besides)):
        raise Refusal(f'A strategy named "{name}" already exists. Choose another name.')
    return name


def _free_client_name(config: Config, name: str, *, besides: Client | None = None) -> str:
    name = _clean(name)
    if len(name) > LONGEST_CLIENT_NAME:
        raise Refusal(f"A client's name has at most {LONGEST_CLIENT_NAME} characters.")
    if any(fold(client.name) == fold(name) for client in config.clients if client is not besides):
        raise Refusal(f'A client named "{name}" already exists. Choose another name.')
    return name


def _strategy_names(config: Config, *, besides: Strategy | None = None) -> tuple[str, ...]:
    return tuple(strategy.name for strategy in config.strategies if strategy is not besides)


def _with_strategies(config: Config, strategies: Iterable[Strategy]) -> Config:
    return config.model_copy(update={"strategies": tuple(strategies)})


def _put_strategy(config: Config, strategy: Strategy) -> Config:
    return _with_strategies(config, replaced(config.strategies, strategy, lambda other: other.id == strategy.id))


def _put_client(config: Config, client: Client) -> Config:
    clients = replaced(config.clients, client, lambda other: other.id == client.id)
    return config.model_copy(update={"clients": clients})
