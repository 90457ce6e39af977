"""The commands about providers: accounts and local servers that answer the requests."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

from pydantic import Field

from localrouter.commands.provider_views import (
    STORED,
    CoolingView,
    PresetView,
    ProviderView,
    cooling_view,
    preset_view,
    provider_view,
    provider_views,
)
from localrouter.commands.references import ProviderRef
from localrouter.commands.registry import Mutation, Params, View, command
from localrouter.commands.services import Services, needed
from localrouter.commands.views import Reference, reference
from localrouter.domain import provider_edits
from localrouter.domain.config import Config, Name, Provider, Strategy, Timeouts
from localrouter.domain.errors import Finding, Invalid, Refusal
from localrouter.domain.names import fold, free_name

Key = Annotated[
    str, Field(min_length=1, max_length=10_000, json_schema_extra={"format": "password", "writeOnly": True})
]
_OWN = frozenset(("expect_revision", "idempotency_key"))


class ProviderName(Params):
    name: ProviderRef


class CreateProvider(Mutation):
    name: Name
    preset: Name
    base_url: str | None = None
    enabled: bool = True
    key: Key | None = None
    secret: str | None = None
    headers: dict[str, str] = Field(default_factory=dict)
    models: tuple[Name, ...] = ()
    proxy: str | None = None
    ca_file: str | None = None
    api_version: str | None = None
    free: bool | None = None
    timeouts: Timeouts = Timeouts()


class UpdateProvider(Mutation):
    name: ProviderRef
    new_name: Name | None = None
    preset: Name | None = None
    base_url: str | None = None
    enabled: bool | None = None
    secret: str | None = None
    headers: dict[str, str] | None = None
    models: tuple[Name, ...] | None = None
    proxy: str | None = None
    ca_file: str | None = None
    api_version: str | None = None
    free: bool | None = None
    timeouts: Timeouts | None = None


class SetProviderKey(Mutation):
    name: ProviderRef
    key: Key


class DeleteProviderKey(Mutation):
    name: ProviderRef


class DeleteProvider(Mutation):
    name: ProviderRef


class ClearCooling(Params):
    provider: str
    model: str | None = None


class ClearedCooling(View):
    """What was cooling until now; each is tried again by the next request."""

    cleared: tuple[CoolingView, ...]


class ProviderResult(View):
    """A provider as it is after the change."""

    revision: int
    provider: ProviderView


class DeletedKey(View):
    """The provider without its key. `key_deleted` is false where there was none, or another provider uses it too."""

    revision: int
    provider: ProviderView
    key_deleted: bool


class DeletedProvider(View):
    """The provider that is no more. The strategies that name it stay as they are: the router skips what they name."""

    revision: int
    provider: str
    key_deleted: bool
    strategies_naming_it: tuple[Reference, ...]


@command("list_provider_presets")
async def list_provider_presets(services: Services) -> tuple[PresetView, ...]:
    """The providers that the router knows, with what each needs and whether its key is in the environment."""
    return tuple(preset_view(services, preset) for preset in services.presets.values())


@command("list_providers")
async def list_providers(services: Services) -> tuple[ProviderView, ...]:
    """All providers in the order in which bare model names are looked up, each with its status."""
    return provider_views(services)


@command("create_provider")
async def create_provider(services: Services, params: CreateProvider) -> ProviderResult:
    """Add a provider.

    Its key is given as `key`, which is stored safely, or as `secret`, which names an environment variable
    (env:VARIABLE) or a stored secret (store:NAME).
    """
    _refuse_unfit(services, params)
    name = params.name.strip()
    fields = {field: getattr(params, field) for field in params.model_fields_set - _OWN - {"key"}}

    def create(secret: str | None) -> Config:
        provider = Provider.model_validate({**fields, "name": name, "secret": secret})
        return services.store.commit(
            lambda config: provider_edits.create_provider(config, provider), expect_revision=params.expect_revision
        )

    if params.key is None:
        create(params.secret)
    else:
        _look(services, params)
        _with_key(services, name, params.key, create)
    return _result(services, name)


@command("update_provider")
async def update_provider(services: Services, params: UpdateProvider) -> ProviderResult:
    """Change the given fields of a provider.

    What is not given stays as it is; null sets a field back to its default. Everything that names the provider
    follows a `new_name`. What is known of its health is forgotten.
    """
    fields = params.model_fields_set - _OWN - {"name", "new_name"}
    changes = {field: getattr(params, field) for field in fields}
    if "new_name" in params.model_fields_set:
        changes["name"] = params.new_name
    _look(services, params)
    before = provider_edits.find_provider(services.config, params.name)
    services.store.commit(lambda config: provider_edits.update_provider(config, params.name, changes))
    services.health.forget_provider(before.name)
    return _result(services, (params.new_name or params.name).strip())


@command("set_provider_key")
async def set_provider_key(services: Services, params: SetProviderKey) -> ProviderResult:
    """Store a provider's key. It is kept in the system's keychain or a private file, and never shown again."""

    def refer(secret: str) -> Config:
        return services.store.commit(lambda config: provider_edits.set_provider_secret(config, params.name, secret))

    _look(services, params)
    provider = provider_edits.find_provider(services.config, params.name)
    _with_key(services, provider.name, params.key, refer)
    services.health.forget_provider(provider.name)
    services.catalog.ask_again(provider)
    return _result(services, provider.name)


@command("delete_provider_key")
async def delete_provider_key(services: Services, params: DeleteProviderKey) -> DeletedKey:
    """Forget a provider's key. It cannot be brought back, not even by restoring an earlier revision."""
    _look(services, params)
    before = provider_edits.find_provider(services.config, params.name)
    services.store.commit(lambda config: provider_edits.set_provider_secret(config, params.name, None))
    deleted = _forget_key(services, before)
    services.health.forget_provider(before.name)
    result = _result(services, before.name)
    return DeletedKey(revision=result.revision, provider=result.provider, key_deleted=deleted)


@command("delete_provider")
async def delete_provider(services: Services, params: DeleteProvider) -> DeletedProvider:
    """Delete a provider and its key.

    Strategies that name it stay as they are, and the router skips what they name; the answer lists them.
    """
    _look(services, params)
    provider = provider_edits.find_provider(services.config, params.name)
    config = services.store.commit(lambda config: provider_edits.delete_provider(config, params.name))
    services.health.forget_provider(provider.name)
    return DeletedProvider(
        revision=config.revision,
        provider=provider.name,
        key_deleted=_forget_key(services, provider),
        strategies_naming_it=tuple(
            reference(strategy) for strategy in config.strategies if _names(strategy, provider.name)
        ),
    )


@command("clear_cooling", needs_running=True)
async def clear_cooling(services: Services, params: ClearCooling) -> ClearedCooling:
    """Try again now: forget that a provider with all its models, or one model of it, is left alone after failures.

    The answer lists what was cooling.
    """
    needed(services.probe, f"Only a running LocalRouter leaves anything alone. {services.start_hint}")
    provider = provider_edits.find_provider(services.config, params.provider)
    entries = services.health.clear(provider.name, params.model)
    return ClearedCooling(cleared=tuple(cooling_view(services, entry) for entry in entries))


def _look(services: Services, params: Mutation) -> None:
    """Takes in what was edited by hand and refuses a stale call, before anything is prepared for a change."""
    services.store.commit(lambda config: config, expect_revision=params.expect_revision)


def _refuse_unfit(services: Services, params: CreateProvider) -> None:
    if params.key is not None and params.secret is not None:
        raise Invalid("Give a key or a secret, not both.", (Finding("secret", "There is a key already."),))
    preset = services.presets.get(params.preset)
    if preset is not None and not preset.base_url and params.base_url is None:
        said = f"{preset.title} has no address of its own. Give its base URL."
        raise Invalid(said, (Finding("base_url", said),))


def _with_key(services: Services, provider: str, key: str, commit: Callable[[str], Config]) -> None:
    """Stores a key and commits what refers to it. A commit that is refused leaves the former key in place."""
    name = _secret_name(services.config, provider)
    former = services.secrets.resolve(STORED + name)
    services.secrets.set(name, key.strip())
    try:
        commit(STORED + name)
    except Refusal:
        if former is None:
            services.secrets.delete(name)
        else:
            services.secrets.set(name, former)
        raise


def _secret_name(config: Config, provider: str) -> str:
    """The name that the provider's key is stored by: its own, as long as nothing else refers to that name."""
    others = [
        reference
        for other in config.providers
        if fold(other.name) != fold(provider)
        for reference in _references(other)
    ]
    taken = [secret.removeprefix(STORED) for secret in others if secret.startswith(STORED)]
    own = next((other.secret for other in config.providers if fold(other.name) == fold(provider)), None)
    if own is not None and own.startswith(STORED) and own.removeprefix(STORED) not in taken:
        return own.removeprefix(STORED)
    return free_name(provider, taken)


def _forget_key(services: Services, provider: Provider) -> bool:
    """Deletes what the store keeps for a provider that no longer refers to it, unless another one does."""
    secret = provider.secret
    if secret is None or not secret.startswith(STORED):
        return False
    if any(secret in _references(other) for other in services.config.providers):
        return False
    return services.secrets.delete(secret.removeprefix(STORED))


def _references(provider: Provider) -> list[str]:
    """Every value of a provider that may refer to a secret."""
    return [value for value in (provider.secret, provider.proxy, *provider.headers.values()) if value]


def _names(strategy: Strategy, provider: str) -> bool:
    allowed, auto = strategy.allowed_models, strategy.auto_config
    pairs = (*allowed.selected_models, *(auto.prioritized_models if auto else ()))
    targets = (target.partition("/")[0] for _, target in strategy.aliases if "/" in target)
    named = {fold(name) for name in (*allowed.selected_providers, *(pair[0] for pair in pairs), *targets)}
    return fold(provider) in named


def _result(services: Services, name: str) -> ProviderResult:
    provider = provider_edits.find_provider(services.config, name)
    return ProviderResult(revision=services.config.revision, provider=provider_view(services, provider))
