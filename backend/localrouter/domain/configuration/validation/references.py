"""Dangling references in a configuration: aliases, prices, limits and model lists that lead to nothing.

These rules hold whatever models providers list: validation never depends on live lists.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from localrouter.domain.configuration.aliases import aliases_of
from localrouter.domain.configuration.config import (
    AUTO_MODEL,
    DEFAULT_STRATEGY_ID,
    ROUTER_NAME,
    Config,
    Provider,
    Strategy,
    presets_of,
)
from localrouter.domain.configuration.names import did_you_mean, fold
from localrouter.domain.errors import Finding, Severity

Providers = Mapping[str, Provider]


def reference_findings(config: Config) -> Iterator[Finding]:
    providers = {fold(provider.name): provider for provider in config.providers}
    used = {client.strategy_id for client in config.clients}
    for index, strategy in enumerate(config.strategies):
        path = f"strategies[{index}]"
        yield from _selection(path, strategy, providers)
        yield from _aliases(path, strategy, providers)
        if strategy.rate_limits and strategy.id not in used and strategy.id != DEFAULT_STRATEGY_ID:
            said = (
                f'No client uses the strategy "{strategy.name}", so its limits have no effect. Assign it to a client.'
            )
            yield _warning(f"{path}.rate_limits", said)
    for index, price in enumerate(config.pricing_overrides):
        if fold(price.provider) not in providers:
            said = f'The price of "{price.provider}/{price.model}" has no effect: '
            yield _warning(f"pricing_overrides[{index}]", said + _missing(price.provider, providers))


def reference_problems(config: Config) -> tuple[str, ...]:
    """The same as self-contained sentences."""
    return tuple(finding.message for finding in reference_findings(config))


def _selection(path: str, strategy: Strategy, providers: Providers) -> Iterator[Finding]:
    selection, name = strategy.allowed_models, strategy.name
    if selection.selected_all:
        return
    for index, provider in enumerate(selection.selected_providers):
        if fold(provider) not in providers:
            said = f'"{name}" allows all models of "{provider}": {_missing(provider, providers)}'
            yield _warning(f"{path}.allowed_models.selected_providers[{index}]", said)
    for index, (provider, model) in enumerate(selection.selected_models):
        if fold(provider) not in providers:
            said = f'"{name}" allows "{provider}/{model}": {_missing(provider, providers)}'
            yield _warning(f"{path}.allowed_models.selected_models[{index}]", said)


def _aliases(path: str, strategy: Strategy, providers: Providers) -> Iterator[Finding]:
    aliases = aliases_of(strategy.aliases)
    for index, (name, target) in enumerate(strategy.aliases):
        why = None if aliases.target(target) is not None else _why_nobody_serves(strategy, target, providers)
        if why is not None:
            said = f'The alias "{name}" of "{strategy.name}" leads to "{target}", which cannot be used: {why}'
            yield _warning(f"{path}.aliases[{index}]", said)


def _why_nobody_serves(strategy: Strategy, target: str, providers: Providers) -> str | None:
    if fold(target) == AUTO_MODEL:
        is_on = strategy.auto_config is not None and strategy.auto_config.enabled
        return None if is_on else "auto-routing of this strategy is off. Switch it on."
    provider, slash, model = target.partition("/")
    if not slash:
        return None if providers else "there is no provider yet."
    if fold(provider) == ROUTER_NAME:
        return f'of "{ROUTER_NAME}" there is only "{AUTO_MODEL}".'
    found = providers.get(fold(provider))
    if found is None:
        # A model's own name may contain a slash: if a provider declares the whole name, it is that model.
        declared = any(target in each.models for each in providers.values())
        return None if declared else _missing(provider, providers)
    if not found.enabled:
        return f'the provider "{found.name}" is disabled. Enable it.'
    if not strategy.allowed_models.ready(presets_of(providers.values())).is_model_allowed(found.name, model):
        return "it is not among the allowed models of the strategy. Allow it."
    return None


def _missing(provider: str, providers: Providers) -> str:
    hint = did_you_mean(provider, (each.name for each in providers.values()))
    return f'there is no provider "{provider}".{hint or " Add it, or remove this."}'


def _warning(path: str, message: str) -> Finding:
    return Finding(path, message, Severity.WARNING)
