"""The name under which a model is counted: its own if somebody other than a client supplied it, else one shared name.

A client can ask a provider for any model name. A name that a provider lists or that the configuration contains becomes
a metrics label; one that a client made up does not, or 30,000 of them would fill every list and every scrape. If a
provider has no list at all, a name under which it has answered counts as real, up to a maximum number of names.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from localrouter.domain.configuration.config import Provider
from localrouter.domain.configuration.names import fold
from localrouter.domain.configuration.snapshot import Snapshot
from localrouter.domain.metrics.samples import OTHER_MODEL

MAX_ANSWERED = 100  # names per provider without a list

_Name = tuple[str, str]  # the provider's folded name, and the model


class ModelLabels:
    """`has_list` and `lists` look at providers' lists, declared or fetched."""

    def __init__(
        self,
        snapshot: Callable[[], Snapshot],
        has_list: Callable[[Provider], bool],
        known_as: Callable[[Provider, str], str | None],
    ) -> None:
        self._snapshot = snapshot
        self._has_list = has_list
        self._known_as = known_as
        self._configured: tuple[Snapshot | None, frozenset[_Name]] = (None, frozenset())
        self._answered: dict[str, set[str]] = {}

    def of(self, provider: str, model: str, *, answered: bool = False) -> str:
        """The label of a model. `answered` means that the model has just answered."""
        snapshot = self._snapshot()
        configured = snapshot.provider(provider)
        if configured is None:
            return OTHER_MODEL
        if (fold(provider), model) in self._names(snapshot):
            return model
        if (listed := self._known_as(configured, model)) is not None:
            return listed
        if self._has_list(configured):
            return OTHER_MODEL
        return model if self._is_proven(fold(provider), model, answered=answered) else OTHER_MODEL

    def _is_proven(self, provider: str, model: str, *, answered: bool) -> bool:
        names = self._answered.setdefault(provider, set())
        if answered and len(names) < MAX_ANSWERED:
            names.add(model)
        return model in names

    def _names(self, snapshot: Snapshot) -> frozenset[_Name]:
        if self._configured[0] is not snapshot:
            self._configured = (snapshot, frozenset(_named(snapshot)))
        return self._configured[1]


def _named(snapshot: Snapshot) -> Iterator[_Name]:
    """The models that the configuration names."""
    for strategy in snapshot.config.strategies:
        auto = strategy.auto_config
        models = () if auto is None else (*auto.prioritized_models, *auto.available_models)
        for provider, model in (*models, *strategy.allowed_models.selected_models):
            yield fold(provider), model
        for _, target in strategy.aliases:
            provider, _, model = target.partition("/")
            yield fold(provider), model
    for override in snapshot.config.pricing_overrides:
        yield fold(override.provider), override.model
