"""Models without a known price: what to tell about them, and where a configuration will refuse them.

A cost limit refuses such a model. There are two remedies, worded the same everywhere: set its price, or declare its
provider free.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from localrouter.domain.configuration.config import Config, LimitType, Provider, Strategy
from localrouter.domain.configuration.names import counted
from localrouter.domain.configuration.snapshot import Snapshot
from localrouter.domain.errors import Finding, Severity
from localrouter.domain.models.terms import PriceSource

_NAMED = 3  # models, strategies
_PLAIN = re.compile(r"[\w.@:+-]+", re.ASCII)


@dataclass(frozen=True, slots=True)
class Prices:
    """What is known of prices now: the models that a provider lists or declares, and where a model's price comes from,
    None if it is unknown."""

    models_of: Callable[[Provider], Iterable[str]]
    source: Callable[[Provider, str], PriceSource | None]


def served_unpriced(model: str) -> str:
    """The warning that accompanies an answer."""
    return f"{model} has no known price: its cost is not counted"


def remedies(providers: Iterable[str], models: int = 1) -> str:
    """Both remedies in words. `providers` are those of the `models` without a price."""
    price, its = ("its price", "its") if models == 1 else ("their prices", "their")
    names = list(dict.fromkeys(providers))
    calls = " and ".join(f"update_provider name={_quoted(name)} free=true" for name in names[:_NAMED])
    whose = "provider is" if len(names) == 1 else "providers are"
    return (
        f"Set {price} on the Models page or with set_pricing_override; "
        f"or, if {its} calls cost nothing, say that the {whose} free: {calls}."
    )


def _quoted(name: str) -> str:
    """A name quoted for a shell."""
    return name if _PLAIN.fullmatch(name) else "'" + name.replace("'", "'\\''") + "'"


def enumerated(names: Iterable[str]) -> str:
    """The first few names, and how many others there are."""
    every = list(names)
    more = len(every) - _NAMED
    shown = ", ".join(every[:_NAMED])
    return f"{shown} and {counted(more, 'other')}" if more > 0 else shown


def unpriced_findings(config: Config, prices: Prices) -> Iterator[Finding]:
    """Findings where a cost limit meets models without a price, on the providers and strategies concerned."""
    survey = _survey(config, prices)
    for index, provider in enumerate(config.providers):
        if said := _of_provider(survey, provider):
            yield Finding(f"providers[{index}].free", said, Severity.WARNING)
    for index, strategy in enumerate(config.strategies):
        if strategy in survey.limited:
            yield from _of_strategy(survey, f"strategies[{index}]", strategy)
            for place, said in _of_prioritized(survey, strategy):
                yield Finding(f"strategies[{index}].auto_config.prioritized_models[{place}]", said, Severity.WARNING)


def unpriced_problems(config: Config, prices: Prices) -> tuple[str, ...]:
    """The same in short, without repetition: one by provider, and one for what else auto-routing skips."""
    survey = _survey(config, prices)
    by_provider = {provider.name: said for provider in config.providers if (said := _of_provider(survey, provider))}
    skipped = [
        f"{said} {remedies((name,))}"
        for strategy in survey.limited
        for place, said in _of_prioritized(survey, strategy)
        if (name := _tried(strategy)[place][0]) not in by_provider
    ]
    return (*by_provider.values(), *dict.fromkeys(skipped))


@dataclass(frozen=True, slots=True)
class _Survey:
    """`limited` are the strategies with a cost limit, `unpriced` the models without a price, by provider."""

    snapshot: Snapshot
    prices: Prices
    limited: tuple[Strategy, ...]
    unpriced: dict[str, tuple[str, ...]]

    def allowed(self, strategy: Strategy, provider: Provider) -> list[str]:
        """Which of a provider's models without a price a strategy allows."""
        allows = self.snapshot.is_model_allowed
        return [model for model in self.unpriced.get(provider.name, ()) if allows(strategy, provider.name, model)]

    def has_no_price(self, pair: tuple[str, str]) -> bool:
        provider = self.snapshot.provider(pair[0])
        return provider is not None and provider.enabled and self.prices.source(provider, pair[1]) is None


def _survey(config: Config, prices: Prices) -> _Survey:
    limited = tuple(strategy for strategy in config.strategies if _cost_limit(strategy) is not None)
    providers = [provider for provider in config.providers if provider.enabled] if limited else []
    unpriced = {provider.name: _unpriced(provider, prices) for provider in providers}
    return _Survey(Snapshot(config), prices, limited, unpriced)


def _cost_limit(strategy: Strategy) -> int | None:
    """The index of the strategy's first cost limit."""
    limits = enumerate(strategy.rate_limits)
    return next((place for place, limit in limits if limit.limit_type is LimitType.COST), None)


def _unpriced(provider: Provider, prices: Prices) -> tuple[str, ...]:
    """The listed or declared models of a provider without a price.

    If the packaged table or the provider itself knows prices, the unpriced ones in its list are mostly models that
    nobody asks for (audio, images). They count only if the owner declared them.
    """
    found: list[str] = []
    for model in prices.models_of(provider):
        source = prices.source(provider, model)
        if source is None:
            found.append(model)
        elif source is not PriceSource.OVERRIDE and not provider.models:
            return ()
    return tuple(found)


def _of_provider(survey: _Survey, provider: Provider) -> str | None:
    refusing = [strategy for strategy in survey.limited if survey.allowed(strategy, provider)]
    if not refusing:
        return None
    models = survey.unpriced[provider.name]
    whose = enumerated(f"“{strategy.name}”" for strategy in refusing)
    has = "has a limit" if len(refusing) == 1 else "have limits"
    return (
        f"{provider.name} has {counted(len(models), 'model')} without a known price ({enumerated(models)}), and "
        f"{whose} {has} of cost: requests to them are refused there. {remedies((provider.name,), len(models))}"
    )


def _of_strategy(survey: _Survey, path: str, strategy: Strategy) -> Iterator[Finding]:
    selection = strategy.allowed_models
    chosen = (*_tried(strategy), *(() if selection.selected_all else selection.selected_models))
    pairs = [
        (each.name, model) for each in survey.snapshot.config.providers for model in survey.allowed(strategy, each)
    ]
    models = list(dict.fromkeys((*pairs, *filter(survey.has_no_price, chosen))))
    if models:
        verb = "is" if len(models) == 1 else "are"
        names = enumerated(f"{provider}/{model}" for provider, model in models)
        yield Finding(
            f"{path}.rate_limits[{_cost_limit(strategy)}]",
            f"{counted(len(models), 'model')} that “{strategy.name}” names or allows {verb} refused under this limit, "
            f"without a known price: {names}. {remedies((provider for provider, _ in models), len(models))}",
            Severity.WARNING,
        )


def _of_prioritized(survey: _Survey, strategy: Strategy) -> Iterator[tuple[int, str]]:
    for place, (provider, model) in enumerate(_tried(strategy)):
        if survey.has_no_price((provider, model)):
            yield (
                place,
                f'"{provider}/{model}" has no known price: auto-routing skips it under the limit of cost of '
                f"“{strategy.name}”.",
            )


def _tried(strategy: Strategy) -> tuple[tuple[str, str], ...]:
    """The models that auto-routing tries."""
    auto = strategy.auto_config
    return auto.prioritized_models if auto is not None and auto.enabled else ()
