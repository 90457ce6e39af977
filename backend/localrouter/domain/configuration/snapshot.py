"""One state of the configuration, with the indexes that requests read. Built once per commit and never changed.

Every lookup is a dict get, since each model request makes several.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from localrouter.domain.configuration.aliases import Aliases, aliases_of
from localrouter.domain.configuration.config import (
    DEFAULT_STRATEGY_ID,
    AllowedModels,
    Client,
    Config,
    PricingOverride,
    Provider,
    Strategy,
    presets_of,
)
from localrouter.domain.configuration.names import fold, model_as_read


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A configuration as requests see it. A request keeps the snapshot that it started with."""

    config: Config
    _clients: Mapping[str, Client] = field(init=False, repr=False, compare=False)
    _digests: Mapping[str, Client] = field(init=False, repr=False, compare=False)
    _strategies: Mapping[str, Strategy] = field(init=False, repr=False, compare=False)
    _allowed: Mapping[str, AllowedModels] = field(init=False, repr=False, compare=False)
    _aliases: Mapping[str, Aliases] = field(init=False, repr=False, compare=False)
    _providers: Mapping[str, Provider] = field(init=False, repr=False, compare=False)
    _overrides: Mapping[tuple[str, str], PricingOverride] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        config = self.config
        presets = presets_of(config.providers)
        indexes: dict[str, object] = {
            "_clients": {client.id: client for client in config.clients},
            "_digests": {client.key_digest: client for client in config.clients},
            "_strategies": {strategy.id: strategy for strategy in config.strategies},
            "_allowed": {strategy.id: strategy.allowed_models.ready(presets) for strategy in config.strategies},
            "_aliases": {strategy.id: aliases_of(strategy.aliases) for strategy in config.strategies},
            "_providers": {fold(provider.name): provider for provider in config.providers},
            "_overrides": {},
        }
        for name, index in indexes.items():
            object.__setattr__(self, name, index)
        prices = {self._priced_as(price.provider, price.model): price for price in config.pricing_overrides}
        object.__setattr__(self, "_overrides", prices)

    @property
    def revision(self) -> int:
        return self.config.revision

    def client(self, client_id: str) -> Client | None:
        return self._clients.get(client_id)

    def client_by_digest(self, key_digest: str) -> Client | None:
        return self._digests.get(key_digest)

    def strategy(self, strategy_id: str) -> Strategy | None:
        return self._strategies.get(strategy_id)

    def strategy_of(self, client: Client) -> Strategy:
        """The strategy that a client uses; validation and repair ensure that it exists."""
        return self._strategies[client.strategy_id or DEFAULT_STRATEGY_ID]

    def provider(self, name: str) -> Provider | None:
        return self._providers.get(fold(name))

    def pricing_override(self, provider: str, model: str) -> PricingOverride | None:
        """The user's own price of a model, under any name that its provider treats as the same."""
        return self._overrides.get(self._priced_as(provider, model)) if self._overrides else None

    def alias(self, strategy: Strategy, name: str) -> str | None:
        """What a bare name stands for in a strategy. To follow an alias of an alias, ask again."""
        return self._aliases[strategy.id].target(name)

    def is_alias(self, strategy: Strategy, name: str) -> bool:
        """Whether the owner gave just this name to something."""
        return fold(name) in self._aliases[strategy.id].exact

    def is_model_allowed(self, strategy: Strategy, provider: str, model: str) -> bool:
        """Whether a strategy of this snapshot allows a model."""
        return self._allowed[strategy.id].is_model_allowed(provider, model)

    def is_any_allowed(self, strategy: Strategy, provider: str) -> bool:
        """Whether a strategy of this snapshot allows any model of a provider."""
        return self._allowed[strategy.id].is_any_allowed(provider)

    def _priced_as(self, provider: str, model: str) -> tuple[str, str]:
        found = self.provider(provider)
        return fold(provider), model if found is None else model_as_read(found.preset, model)
