"""Commands about models: what is known about them, and what they cost."""

from __future__ import annotations

from localrouter.commands.registration.references import OptionalProviderRef
from localrouter.commands.registration.registry import Mutation, Params, View, command
from localrouter.commands.registration.services import Services, needed
from localrouter.domain.configuration.config import Name, PricePerMillion, PricingOverride, Provider
from localrouter.domain.configuration.edits import providers as provider_edits
from localrouter.domain.conversation.request import Capability, Endpoint
from localrouter.domain.events import Source
from localrouter.domain.models.info import ListedModel, ModelInfo
from localrouter.domain.models.pricing import Price, usd_per_million
from localrouter.domain.models.terms import PriceSource


class RefreshModels(Params):
    provider: OptionalProviderRef = None


class SetPricingOverride(Mutation):
    provider: Name
    model: Name
    input_per_million: PricePerMillion
    output_per_million: PricePerMillion


class DeletePricingOverride(Mutation):
    provider: Name
    model: Name


class ModelView(View):
    """What is known about a model. Null means unknown, never 0. Prices are in USD per million tokens.

    `capabilities` lists every capability that the model is not known to lack; `confirmed` lists those that a source
    names. `chats` says whether it answers chat requests, unlike a model for embeddings or images.
    """

    id: str
    provider: str
    name: str
    enabled: bool
    local: bool
    context_window: int | None
    max_output_tokens: int | None
    input_per_million: float | None
    output_per_million: float | None
    price_source: PriceSource | None
    capabilities: tuple[Capability, ...] | None
    confirmed: tuple[Capability, ...]
    chats: bool | None
    reasons: bool | None
    table_date: str | None
    list_age_seconds: float | None


class RefreshedList(View):
    """A provider's model list after the refresh. `problem` says why no newer list could be fetched."""

    provider: str
    models: int
    list_age_seconds: float | None
    problem: str | None


class PricingOverrideResult(View):
    """The user's own price for a model, in USD per million tokens."""

    revision: int
    pricing_override: PricingOverride


class DeletedPricingOverride(View):
    """The model whose own price was deleted. The price in its provider's list or in the packaged table applies
    again."""

    revision: int
    provider: str
    model: str


@command("list_models", reads=(Source.PROVIDERS, Source.PRICING_OVERRIDES, Source.STATUS))
async def list_models(services: Services) -> tuple[ModelView, ...]:
    """List all models that providers list or declare, in the providers' order, then by name."""
    return tuple(
        _view(services, provider, model)
        for provider in services.config.providers
        for model in sorted(services.catalog.models_of(provider), key=_name)
    )


@command("refresh_models", reads=(), needs_running=True)
async def refresh_models(services: Services, params: RefreshModels) -> tuple[RefreshedList, ...]:
    """Fetch the model lists again, from one provider or from all enabled ones."""
    needed(services.probe, f"Model lists can only be fetched by a running LocalRouter. {services.start_hint}")
    providers = services.config.providers
    if params.provider is not None:
        providers = (provider_edits.find_provider(services.config, params.provider),)
    for provider in providers:
        await services.gate.prepare(provider)  # the owner is asking, so a keychain may show its prompt
    await services.catalog.refresh(providers, force=True)
    return tuple(_refreshed(services, provider) for provider in providers if provider.enabled)


@command("set_pricing_override")
async def set_pricing_override(services: Services, params: SetPricingOverride) -> PricingOverrideResult:
    """Set your own price for a model. It overrides every list and table."""
    price = PricingOverride(
        provider=params.provider,
        model=params.model,
        input_per_million=params.input_per_million,
        output_per_million=params.output_per_million,
    )
    config = await services.commit(
        lambda config: provider_edits.set_pricing_override(config, price), expect_revision=params.expect_revision
    )
    return PricingOverrideResult(revision=config.revision, pricing_override=price)


@command("delete_pricing_override")
async def delete_pricing_override(services: Services, params: DeletePricingOverride) -> DeletedPricingOverride:
    """Delete your own price for a model. The price in its provider's list or in the packaged table applies again."""
    config = await services.commit(
        lambda config: provider_edits.delete_pricing_override(config, params.provider, params.model),
        expect_revision=params.expect_revision,
    )
    return DeletedPricingOverride(revision=config.revision, provider=params.provider, model=params.model)


def _name(model: ListedModel) -> str:
    return model.name


def _view(services: Services, provider: Provider, model: ListedModel) -> ModelView:
    info = _model_info(services, provider, model.name)
    return ModelView(
        id=f"{provider.name}/{model.name}",
        provider=provider.name,
        name=model.name,
        enabled=provider.enabled,
        local=services.presets[provider.preset].local,
        context_window=info.context_window,
        max_output_tokens=info.max_output_tokens,
        input_per_million=_usd(info.price, "input"),
        output_per_million=_usd(info.price, "output"),
        price_source=info.price_source,
        capabilities=None if info.capabilities is None else tuple(sorted(info.capabilities)),
        confirmed=tuple(sorted(info.confirmed)),
        chats=None if info.endpoints is None else info.serves(Endpoint.CHAT_COMPLETIONS),
        reasons=info.reasons,
        table_date=info.date,
        list_age_seconds=services.catalog.age(provider),
    )


def _model_info(services: Services, provider: Provider, model: str) -> ModelInfo:
    override = services.store.snapshot.pricing_override(provider.name, model)
    return services.catalog.info(provider, model, override)


def _usd(price: Price | None, part: str) -> float | None:
    return None if price is None else usd_per_million(getattr(price, part))


def _refreshed(services: Services, provider: Provider) -> RefreshedList:
    failure = services.catalog.failure(provider)
    return RefreshedList(
        provider=provider.name,
        models=len(services.catalog.models_of(provider)),
        list_age_seconds=services.catalog.age(provider),
        problem=None if failure is None else failure.message,
    )
