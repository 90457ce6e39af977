"""Commands about providers: accounts and local servers that answer requests."""

from __future__ import annotations

from pydantic import Field

from localrouter.commands.provider_keys import (
    Key,
    ProviderResult,
    forget_credentials,
    forget_unreferred,
    look,
    result_for,
    with_key,
)
from localrouter.commands.registration.references import ProviderRef
from localrouter.commands.registration.registry import Mutation, Params, View, command
from localrouter.commands.registration.services import Services, needed
from localrouter.commands.views.clients_and_strategies import Reference, reference
from localrouter.commands.views.own_address import changed_addresses, refuse_own_address
from localrouter.commands.views.providers import (
    CoolingView,
    PresetView,
    ProviderView,
    cooling_view,
    look_up_keys,
    preset_view,
    provider_views,
)
from localrouter.domain.configuration.config import Config, Name, Provider, RequestFields, Strategy, Timeouts
from localrouter.domain.configuration.edits import providers as provider_edits
from localrouter.domain.configuration.names import fold
from localrouter.domain.credentials.bindings import SECRET_FIELD
from localrouter.domain.errors import Finding, Invalid
from localrouter.domain.events import Source

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
    request_fields: RequestFields = RequestFields()
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
    request_fields: RequestFields | None = None
    timeouts: Timeouts | None = None


class DeleteProvider(Mutation):
    name: ProviderRef


class ClearCooling(Params):
    provider: ProviderRef
    model: str | None = None


class ClearedCooling(View):
    """What was cooling until now. The next request tries each of them again."""

    cleared: tuple[CoolingView, ...]


class DeletedProvider(View):
    """The deleted provider. `strategies_naming_it` are unchanged; the router skips its models in them."""

    revision: int
    provider: str
    key_deleted: bool
    strategies_naming_it: tuple[Reference, ...]


@command("list_provider_presets", reads=())
async def list_provider_presets(services: Services) -> tuple[PresetView, ...]:
    """List the providers that the router knows, with what each needs and whether its key is in the environment."""
    return tuple(preset_view(services, preset) for preset in services.presets.values())


@command("list_providers", reads=(Source.PROVIDERS, Source.STRATEGIES, Source.PRICING_OVERRIDES, Source.STATUS))
async def list_providers(services: Services) -> tuple[ProviderView, ...]:
    """List all providers with their status, in the order in which bare model names are looked up."""
    await look_up_keys(services)
    return provider_views(services)


@command("create_provider")
async def create_provider(services: Services, params: CreateProvider) -> ProviderResult:
    """Add a provider.

    Give its key either as `key`, which is stored safely, or as `secret`, which refers to an environment variable
    (env:VARIABLE) or to a stored secret (store:NAME). `free` says whether its calls cost nothing; if left out, they do
    for known local servers at a loopback address.
    """
    _refuse_unfit(services, params)
    name = params.name.strip()
    fields = {field: getattr(params, field) for field in params.model_fields_set - _OWN - {"key"}}

    provider = Provider.model_validate({**fields, "name": name})

    await refuse_own_address(services, [(len(services.config.providers), provider)])

    async def create(secret: str | None) -> Config:
        provider_with_key = provider.model_copy(update={"secret": secret})
        return await services.commit(
            lambda config: provider_edits.create_provider(config, provider_with_key),
            expect_revision=params.expect_revision,
        )

    if params.key is None:
        await create(params.secret)
    else:
        await look(services, params)
        provider_edits.create_provider(services.config, provider)  # refuses a taken name before its key is overwritten
        async with services.secrets.referring:
            await with_key(services, provider, SECRET_FIELD, params.key, create)
    return result_for(services, name, params.base_url)


@command("update_provider")
async def update_provider(services: Services, params: UpdateProvider) -> ProviderResult:
    """Change the given fields of a provider.

    Fields left out stay as they are; null resets a field to its default. With `new_name`, every reference to the
    provider is renamed too. The provider's health is reset, and stored secrets that nothing refers to any more are
    deleted.
    """
    fields = params.model_fields_set - _OWN - {"name", "new_name"}
    changes = {field: getattr(params, field) for field in fields}
    if "new_name" in params.model_fields_set:
        changes["name"] = params.new_name
    await look(services, params)
    proposed = provider_edits.update_provider(services.config, params.name, changes)
    await refuse_own_address(services, changed_addresses(services.config, proposed))
    async with services.secrets.referring:
        before = provider_edits.find_provider(services.config, params.name)
        await services.commit(
            lambda config: provider_edits.update_provider(config, params.name, changes),
            expect_revision=params.expect_revision,
        )
        await forget_unreferred(services, before)
    services.health.forget_provider(before.name)
    return result_for(services, (params.new_name or params.name).strip(), params.base_url)


@command("delete_provider")
async def delete_provider(services: Services, params: DeleteProvider) -> DeletedProvider:
    """Delete a provider with its key and its other stored secrets.

    Strategies that name it are unchanged, and the router skips its models in them; the result lists these strategies.
    """
    await look(services, params)
    async with services.secrets.referring:
        provider = provider_edits.find_provider(services.config, params.name)
        config = await services.commit(
            lambda config: provider_edits.delete_provider(config, params.name), expect_revision=params.expect_revision
        )
        services.health.forget_provider(provider.name)
        key_deleted = await forget_credentials(services, provider)
    return DeletedProvider(
        revision=config.revision,
        provider=provider.name,
        key_deleted=key_deleted,
        strategies_naming_it=tuple(
            reference(strategy) for strategy in config.strategies if _names(strategy, provider.name)
        ),
    )


@command("clear_cooling", reads=(), needs_running=True)
async def clear_cooling(services: Services, params: ClearCooling) -> ClearedCooling:
    """End the cooling of a provider and all its models, or of one model, so that the next request tries it again.

    The result lists what was cooling.
    """
    needed(services.probe, f"Nothing is cooling while LocalRouter is not running. {services.start_hint}")
    provider = provider_edits.find_provider(services.config, params.provider)
    entries = services.health.clear(provider.name, params.model)
    return ClearedCooling(cleared=tuple(cooling_view(services, entry) for entry in entries))


def _refuse_unfit(services: Services, params: CreateProvider) -> None:
    if params.key is not None and params.secret is not None:
        raise Invalid("Give a key or a secret, not both.", (Finding("secret", "A key is already given."),))
    preset = services.presets.get(params.preset)
    if preset is not None and not preset.base_url and params.base_url is None:
        said = f"{preset.title} has no address of its own. Give its base URL."
        raise Invalid(said, (Finding("base_url", said),))


def _names(strategy: Strategy, provider: str) -> bool:
    allowed, auto = strategy.allowed_models, strategy.auto_config
    pairs = (*allowed.selected_models, *(auto.prioritized_models if auto else ()))
    targets = (target.partition("/")[0] for _, target in strategy.aliases if "/" in target)
    named = {fold(name) for name in (*allowed.selected_providers, *(pair[0] for pair in pairs), *targets)}
    return fold(provider) in named
