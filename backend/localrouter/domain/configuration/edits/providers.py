"""Every change to providers, prices and whole sections of the document, as a pure step to the next configuration."""

from __future__ import annotations

from typing import Literal

from localrouter.domain.configuration.config import (
    AutoModelConfig,
    AvailableModelsSelection,
    Config,
    ModelPair,
    PricingOverride,
    Provider,
    Strategy,
    Value,
)
from localrouter.domain.configuration.edits.fields import Changes, replaced, with_changes
from localrouter.domain.configuration.names import did_you_mean, fold
from localrouter.domain.configuration.validation.endpoint_urls import as_meant
from localrouter.domain.credentials.bindings import HEADER_FIELDS, PROXY_FIELD, SECRET_FIELD
from localrouter.domain.errors import NotFound, Refusal

Section = Literal["server", "notices", "desktop", "logging", "metrics"]

SECTIONS = (
    "server",
    "notices",
    "desktop",
    "logging",
    "metrics",
    "providers",
    "clients",
    "strategies",
    "pricing_overrides",
)
_PROVIDER_FIELDS = frozenset(Provider.model_fields) - {"name"}


def find_provider(config: Config, name: str) -> Provider:
    for provider in config.providers:
        if fold(provider.name) == fold(name):
            return provider
    hint = did_you_mean(name, (provider.name for provider in config.providers))
    raise NotFound(f'There is no provider named "{name}".{hint}')


def create_provider(config: Config, provider: Provider) -> Config:
    _refuse_taken(config, provider.name)
    return config.model_copy(update={"providers": (*config.providers, as_meant(provider))})


def update_provider(config: Config, name: str, changes: Changes) -> Config:
    """A changed name acts as `rename_provider`."""
    provider = find_provider(config, name)
    others = {field: value for field, value in changes.items() if field != "name"}
    config = _put_provider(config, provider, as_meant(with_changes(provider, others, _PROVIDER_FIELDS)))
    return rename_provider(config, name, changes["name"]) if "name" in changes else config


def rename_provider(config: Config, name: str, new_name: object) -> Config:
    """Renames a provider wherever the document names it. Leftovers under the new name give way."""
    provider = find_provider(config, name)
    if not isinstance(new_name, str) or not new_name.strip():
        raise Refusal("A name is needed.")
    new_name = new_name.strip()
    if new_name == provider.name:
        return config
    if fold(new_name) != fold(provider.name):
        _refuse_taken(config, new_name)
    config = _put_provider(config, provider, provider.model_copy(update={"name": new_name}))
    return config.model_copy(
        update={
            "strategies": tuple(_follow(strategy, provider.name, new_name) for strategy in config.strategies),
            "pricing_overrides": _follow_prices(config.pricing_overrides, provider.name, new_name),
        }
    )


def set_provider_secret(config: Config, name: str, reference: str | None, field: str = SECRET_FIELD) -> Config:
    """Sets where a credential of the provider is kept: its key, its proxy's address or a header. None clears it."""
    if field in (SECRET_FIELD, PROXY_FIELD):
        return update_provider(config, name, {field: reference})
    header = field.removeprefix(HEADER_FIELDS)
    kept = {other: value for other, value in find_provider(config, name).headers.items() if fold(other) != fold(header)}
    return update_provider(config, name, {"headers": kept if reference is None else {**kept, header: reference}})


def delete_provider(config: Config, name: str) -> Config:
    """Deletes a provider. Strategies that name it stay as the user wrote them: the router skips it, and says so."""
    provider = find_provider(config, name)
    return config.model_copy(update={"providers": tuple(other for other in config.providers if other is not provider)})


def set_pricing_override(config: Config, price: PricingOverride) -> Config:
    if not any(_same_model(other, price.provider, price.model) for other in config.pricing_overrides):
        return config.model_copy(update={"pricing_overrides": (*config.pricing_overrides, price)})
    overrides = replaced(config.pricing_overrides, price, lambda other: _same_model(other, price.provider, price.model))
    return config.model_copy(update={"pricing_overrides": overrides})


def delete_pricing_override(config: Config, provider: str, model: str) -> Config:
    kept = tuple(price for price in config.pricing_overrides if not _same_model(price, provider, model))
    if len(kept) == len(config.pricing_overrides):
        raise NotFound(f'"{provider}/{model}" has no price of its own.')
    return config.model_copy(update={"pricing_overrides": kept})


def update_section(config: Config, section: Section, changes: Changes) -> Config:
    """Changes fields of `server`, `notices`, `desktop`, `logging` or `metrics`."""
    current: Value = getattr(config, section)
    changed = with_changes(current, changes, type(current).model_fields.keys())
    return config.model_copy(update={section: changed})


def replace_document(config: Config, document: Config) -> Config:
    """Replaces the document; the revision count goes on."""
    return document.model_copy(update={"revision": config.revision})


def changed_sections(before: Config, after: Config) -> tuple[str, ...]:
    """The names of the sections that differ."""
    return tuple(name for name in SECTIONS if getattr(before, name) != getattr(after, name))


def _refuse_taken(config: Config, name: str) -> None:
    if any(fold(provider.name) == fold(name) for provider in config.providers):
        raise Refusal(f'A provider named "{name}" already exists. Choose another name.')


def _put_provider(config: Config, old: Provider, new: Provider) -> Config:
    return config.model_copy(update={"providers": replaced(config.providers, new, lambda other: other is old)})


def _same_model(price: PricingOverride, provider: str, model: str) -> bool:
    return fold(price.provider) == fold(provider) and price.model == model


def _renamed(provider: str, old: str, new: str) -> str:
    return new if fold(provider) == fold(old) else provider


def _follow(strategy: Strategy, old: str, new: str) -> Strategy:
    """The strategy with a provider's name replaced everywhere."""
    auto = strategy.auto_config
    return strategy.model_copy(
        update={
            "allowed_models": _follow_selection(strategy.allowed_models, old, new),
            "auto_config": auto and _follow_auto(auto, old, new),
            "aliases": tuple((name, _follow_target(target, old, new)) for name, target in strategy.aliases),
        }
    )


def _follow_selection(selection: AvailableModelsSelection, old: str, new: str) -> AvailableModelsSelection:
    return selection.model_copy(
        update={
            "selected_providers": tuple(_renamed(provider, old, new) for provider in selection.selected_providers),
            "selected_models": _follow_pairs(selection.selected_models, old, new),
        }
    )


def _follow_auto(auto: AutoModelConfig, old: str, new: str) -> AutoModelConfig:
    prioritized = _follow_pairs(auto.prioritized_models, old, new)
    chosen = {(fold(provider), model) for provider, model in prioritized}
    parked = _follow_pairs(auto.available_models, old, new)
    available = tuple((provider, model) for provider, model in parked if (fold(provider), model) not in chosen)
    return auto.model_copy(update={"prioritized_models": prioritized, "available_models": available})


def _follow_pairs(pairs: tuple[ModelPair, ...], old: str, new: str) -> tuple[ModelPair, ...]:
    """The pairs with the new name, without duplicates: a deleted provider may have left pairs under that name."""
    kept: dict[ModelPair, ModelPair] = {}
    for provider, model in pairs:
        name = _renamed(provider, old, new)
        kept.setdefault((fold(name), model), (name, model))
    return tuple(kept.values())


def _follow_prices(prices: tuple[PricingOverride, ...], old: str, new: str) -> tuple[PricingOverride, ...]:
    own = {price.model for price in prices if fold(price.provider) == fold(old)}
    others = {fold(new)} - {fold(old)}
    return tuple(
        price.model_copy(update={"provider": _renamed(price.provider, old, new)})
        for price in prices
        if not (fold(price.provider) in others and price.model in own)
    )


def _follow_target(target: str, old: str, new: str) -> str:
    provider, slash, model = target.partition("/")
    return f"{_renamed(provider, old, new)}{slash}{model}" if slash else target
