"""What prompt caches and free models saved, priced from the configuration and the model lists of now."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from localrouter.commands.registration.services import Services
from localrouter.domain.configuration.config import Strategy
from localrouter.domain.metrics.breakdown import Cell, CellSums
from localrouter.domain.metrics.savings import saved_by_cache, saved_by_free_models
from localrouter.domain.models.pricing import Price


@dataclass(slots=True)
class Comparison:
    """What a strategy's free calls are measured against. `saved` is in picodollars."""

    strategy: str
    model: str
    price: Price
    free_tokens: int = 0
    saved: int = 0


class Savings:
    """Add each cell; amounts are picodollars."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._references: dict[str, tuple[str, str, Price] | None] = {}
        self.by_key: dict[str, int] = defaultdict(int)
        self.comparisons: dict[str, Comparison] = {}
        self.cached = self.cached_tokens = self.cached_without_price = 0
        self.free_tokens = self.free_without_comparison = 0

    def add(self, key: str, cell: Cell, sums: CellSums) -> None:
        if sums.cached_tokens:
            self._add_cached(key, cell, sums)
        if sums.free_calls:
            self._add_free(key, cell, sums)

    def _add_cached(self, key: str, cell: Cell, sums: CellSums) -> None:
        price = self._price(cell.provider, cell.model)
        self.cached_tokens += sums.cached_tokens
        if price is None:
            self.cached_without_price += sums.cached_tokens
            return
        saved = saved_by_cache(sums, price)
        self.cached += saved
        self.by_key[key] += saved

    def _add_free(self, key: str, cell: Cell, sums: CellSums) -> None:
        self.free_tokens += sums.free_tokens
        reference = self._reference(cell.strategy_id)
        if reference is None:
            self.free_without_comparison += sums.free_tokens
            return
        name, model, price = reference
        saved = saved_by_free_models(sums, price)
        comparison = self.comparisons.setdefault(cell.strategy_id, Comparison(name, model, price))
        comparison.free_tokens += sums.free_tokens
        comparison.saved += saved
        self.by_key[key] += saved

    def _reference(self, strategy_id: str) -> tuple[str, str, Price] | None:
        if strategy_id not in self._references:
            strategy = self._services.store.snapshot.strategy(strategy_id)
            self._references[strategy_id] = None if strategy is None else self._first_priced(strategy)
        return self._references[strategy_id]

    def _first_priced(self, strategy: Strategy) -> tuple[str, str, Price] | None:
        for provider, model in () if strategy.auto_config is None else strategy.auto_config.prioritized_models:
            price = self._price(provider, model)
            if price is not None and not price.is_free:
                return strategy.name, f"{provider}/{model}", price
        return None

    def _price(self, provider: str, model: str) -> Price | None:
        services = self._services
        found = services.store.snapshot.provider(provider)
        if found is None:
            return None
        override = services.store.snapshot.pricing_override(found.name, model)
        return services.catalog.info(found, model, override).price
