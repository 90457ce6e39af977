"""Rules for strategies: their limits, model lists and aliases."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from localrouter.domain.configuration.aliases import ANY_END, aliases_of
from localrouter.domain.configuration.config import (
    AUTO_MODEL,
    AutoModelConfig,
    Config,
    LimitType,
    ModelPair,
    Strategy,
    StrategyRateLimit,
    presets_of,
)
from localrouter.domain.configuration.names import fold
from localrouter.domain.configuration.validation.findings import name_findings, repeated
from localrouter.domain.errors import Finding, Severity
from localrouter.domain.routing.failures import FALLBACK_CHOICES


def strategy_findings(config: Config) -> Iterator[Finding]:
    strategies = config.strategies
    client_ids = {client.id for client in config.clients}
    presets = presets_of(config.providers)
    declared = {model for provider in config.providers for model in provider.models}
    yield from repeated("strategies", "id", "strategy", [strategy.id for strategy in strategies])
    yield from repeated("strategies", "name", "strategy", [strategy.name for strategy in strategies])
    for index, strategy in enumerate(strategies):
        path = f"strategies[{index}]"
        yield from name_findings(f"{path}.id", strategy.id)
        yield from name_findings(f"{path}.name", strategy.name)
        yield from _parent(path, strategy, client_ids)
        yield from _allowed(path, strategy)
        if strategy.auto_config is not None:
            yield from _auto(f"{path}.auto_config", strategy, strategy.auto_config, presets)
        yield from _limits(path, strategy.rate_limits)
        yield from _aliases(path, strategy.aliases, declared)


def _parent(path: str, strategy: Strategy, client_ids: Collection[str]) -> Iterator[Finding]:
    if strategy.parent is not None and strategy.parent not in client_ids:
        yield Finding(f"{path}.parent", f'The strategy "{strategy.name}" belongs to a client that does not exist.')


def _allowed(path: str, strategy: Strategy) -> Iterator[Finding]:
    if strategy.allowed_models.ready().is_empty:
        yield Finding(
            f"{path}.allowed_models",
            f'The strategy "{strategy.name}" allows no model: every request of its clients is refused.',
            Severity.WARNING,
        )


def _auto(path: str, strategy: Strategy, auto: AutoModelConfig, presets: Mapping[str, str]) -> Iterator[Finding]:
    yield from _repeated_models(path, auto)
    allowed = strategy.allowed_models.ready(presets)
    for index, (provider, model) in enumerate(auto.prioritized_models):
        place = f"{path}.prioritized_models[{index}]"
        if fold(provider) not in presets:
            yield Finding(place, f'There is no provider "{provider}".', Severity.WARNING)
        if not allowed.is_model_allowed(provider, model):
            yield Finding(
                place,
                f'"{provider}/{model}" is not among the allowed models of "{strategy.name}", so it is skipped.',
                Severity.WARNING,
            )
    if auto.enabled and not auto.prioritized_models:
        yield Finding(
            f"{path}.prioritized_models",
            f'Auto-routing of "{strategy.name}" is on, but no model is prioritized: requests for it are refused.',
            Severity.WARNING,
        )
    for index, kind in enumerate(auto.fallback_on):
        if kind not in FALLBACK_CHOICES:
            yield Finding(f"{path}.fallback_on[{index}]", f'"{kind}" cannot lead to the next model.')


def _repeated_models(path: str, auto: AutoModelConfig) -> Iterator[Finding]:
    seen: dict[ModelPair, str] = {}
    lists = {"prioritized_models": auto.prioritized_models, "available_models": auto.available_models}
    for name, models in lists.items():
        for index, (provider, model) in enumerate(models):
            key = (fold(provider), model)
            if key in seen:
                where = "in this list twice" if seen[key] == name else "in both lists"
                message = f'"{provider}/{model}" is {where}. Keep one of them.'
                yield Finding(f"{path}.{name}[{index}]", message)
            seen.setdefault(key, name)


def _limits(path: str, limits: tuple[StrategyRateLimit, ...]) -> Iterator[Finding]:
    seen: set[tuple[LimitType, str]] = set()
    for index, limit in enumerate(limits):
        place = f"{path}.rate_limits[{index}]"
        if limit.limit_type is LimitType.REQUESTS and limit.value < 1:
            yield Finding(f"{place}.value", "A limit of requests must be at least 1.")
        key = (limit.limit_type, limit.time_window)
        if key in seen:
            noun = limit.limit_type.replace("_", " ")
            yield Finding(place, f"There is another limit of {noun} for each {limit.time_window}. Keep one of them.")
        seen.add(key)


def _aliases(path: str, aliases: tuple[tuple[str, str], ...], declared: Collection[str]) -> Iterator[Finding]:
    found = aliases_of(aliases)
    seen: set[str] = set()
    for index, (name, target) in enumerate(aliases):
        place = f"{path}.aliases[{index}]"
        yield from name_findings(place, name)
        if "/" in name:
            yield Finding(place, f'The alias "{name}" contains "/". Only names without a provider can be aliases.')
        if fold(name) in seen:
            yield Finding(place, f'The alias "{name}" is given twice. Keep one of them.')
        if ANY_END in name[:-1]:
            said = f'In the alias "{name}" only a * at its end stands for anything.'
            yield Finding(place, said, Severity.WARNING)
        if found.loops(name):
            yield Finding(place, f'The alias "{name}" leads back to itself. Let it name a model, such as {AUTO_MODEL}.')
        if name in declared and name != target:
            yield Finding(place, f'The alias "{name}" hides the model of that name.', Severity.NOTE)
        seen.add(fold(name))
