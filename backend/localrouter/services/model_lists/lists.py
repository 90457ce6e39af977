"""The providers' model lists, kept on disk and refreshed in the background.

A request never waits for a list. If a fetch fails, the old list stays, with the failure as its status. A provider with
declared models is never asked.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path

import orjson

from localrouter.dialects.presets import terms_of
from localrouter.domain.configuration.config import PricingOverride, Provider, Strategy
from localrouter.domain.configuration.names import equal_name, fold
from localrouter.domain.configuration.snapshot import Snapshot
from localrouter.domain.configuration.validation.unpriced import Prices
from localrouter.domain.conversation.request import Capability
from localrouter.domain.events import Event, ServerStatus
from localrouter.domain.models.info import (
    MAX_LISTED,
    CatalogTable,
    ListedModel,
    ModelInfo,
    allowed_models,
    listed_as,
    model_info,
)
from localrouter.domain.models.terms import PriceSource
from localrouter.domain.routing.failures import Failure, FailureKind
from localrouter.private_files import write_private

LOG = logging.getLogger(__name__)

REFRESH_EVERY = 900.0
RETRY_AFTER = 60.0  # seconds; soon enough to find a local server that was not up yet
MAX_FILE = 32 * 1024 * 1024  # bytes of the lists on disk
MAX_MODEL_INFOS = 8_192  # clients may ask a provider for any name

Fetch = Callable[[Provider], Awaitable[tuple[ListedModel, ...] | Failure]]


@dataclass(frozen=True, slots=True)
class _List:
    """A provider's list. `account` is what was asked for it: a list from another address does not count."""

    account: tuple[str, str | None]
    fetched_at: float
    models: Mapping[str, ListedModel]


@dataclass(frozen=True, slots=True)
class _Known:
    """Facts, and the values they were computed from. A commit makes new values, so comparing identities is enough."""

    provider: Provider
    override: PricingOverride | None
    info: ModelInfo


def packaged_table() -> CatalogTable:
    """The table that comes with the program."""
    document = orjson.loads((files("localrouter") / "data" / "models.json").read_bytes())
    return CatalogTable(
        date=document["date"],
        sources=tuple(document["sources"]),
        models=document["models"],
    )


class ModelCatalog:
    """What is known about all models. `wall` returns Unix seconds."""

    def __init__(
        self,
        path: Path,
        table: CatalogTable,
        fetch: Fetch,
        wall: Callable[[], float],
        publish: Callable[[Event], None],
    ) -> None:
        self.table = table
        self._path = path
        self._fetch = fetch
        self._wall = wall
        self._publish = publish
        self._lists: dict[str, _List] = {}
        self._failures: dict[str, Failure] = {}
        self._asked: dict[str, tuple[Provider, float]] = {}
        self._known: dict[tuple[str, str], _Known] = {}
        self.providers: tuple[Provider, ...] = ()  # as of the last `follow`
        self._refreshing = asyncio.Lock()
        self._due = asyncio.Event()

    def load(self) -> None:
        """Load the last run's lists. An unreadable cache is ignored."""
        try:
            if self._path.stat().st_size > MAX_FILE:
                raise ValueError("more than any lists that are kept")
            document = orjson.loads(self._path.read_bytes())
            kept = {name: entry for name, entry in document["providers"].items() if len(entry["models"]) <= MAX_LISTED}
            self._lists = {name: _read_list(entry) for name, entry in kept.items()}
        except (OSError, ValueError, LookupError, TypeError, AttributeError):
            self._lists = {}
        self._known.clear()

    def models_of(self, provider: Provider) -> tuple[ListedModel, ...]:
        """The models declared in the provider's configuration, else those of its last list."""
        if provider.models:
            return tuple(ListedModel(name) for name in provider.models)
        found = self._list_of(provider)
        return () if found is None else tuple(found.models.values())

    def lists(self, provider: Provider, model: str) -> bool:
        """Whether a provider lists this name, or one that it treats as equal."""
        return self.spelling(provider, model) is not None

    def spelling(self, provider: Provider, model: str) -> str | None:
        """The name under which a provider lists a model that may be asked for by an equal one; None if it does not."""
        if provider.models:
            return model if model in provider.models else equal_name(provider.preset, model, provider.models)
        found = self._list_of(provider)
        if found is None:
            return None
        return model if model in found.models else equal_name(provider.preset, model, found.models)

    def has_list(self, provider: Provider) -> bool:
        """Whether the provider's models are known."""
        found = self._list_of(provider)
        return bool(provider.models or (found is not None and found.models))

    def known_as(self, provider: Provider, model: str) -> str | None:
        """The spelling of a provider's list for this name or an equivalent one; None for a name unlike all of it."""
        if (listed := self.spelling(provider, model)) is not None:
            return listed
        found = self._list_of(provider)
        equivalent = None if found is None else listed_as(found.models, model)
        return None if equivalent is None else equivalent.name

    def age(self, provider: Provider) -> float | None:
        """Seconds since a provider's list was fetched; None without one."""
        found = self._list_of(provider)
        return None if found is None else max(0.0, self._wall() - found.fetched_at)

    def failure(self, provider: Provider) -> Failure | None:
        """Why the last fetch of a provider's list failed; None if it did not."""
        return self._failures.get(fold(provider.name))

    def info(self, provider: Provider, model: str, override: PricingOverride | None = None) -> ModelInfo:
        known = self._known.get((provider.name, model))
        if known is not None and known.provider is provider and known.override is override:
            return known.info
        return self._work_out(provider, model, override).info

    def listed(self, snapshot: Snapshot, strategy: Strategy) -> tuple[tuple[Provider, str, ModelInfo], ...]:
        """The models that a strategy may use, in provider order, then by name."""
        return tuple(
            (provider, model, self.info(provider, model, snapshot.pricing_override(provider.name, model)))
            for provider, model in allowed_models(snapshot, strategy, self.models_of)
        )

    def prices(self, snapshot: Snapshot) -> Prices:
        """The known prices under a configuration."""

        def source(provider: Provider, model: str) -> PriceSource | None:
            return self.info(provider, model, snapshot.pricing_override(provider.name, model)).price_source

        return Prices(lambda provider: sorted({model.name for model in self.models_of(provider)}), source)

    def follow(self, providers: tuple[Provider, ...]) -> None:
        """Adopt the configured providers. New and edited ones are asked at once."""
        self.providers = providers
        names = {fold(provider.name) for provider in providers}
        for memory in (self._lists, self._failures, self._asked):
            for gone in memory.keys() - names:
                del memory[gone]
        self._known.clear()
        self._due.set()

    def ask_again(self, provider: Provider) -> None:
        """Fetch the provider's list soon: something outside the configuration changed (its key, its server)."""
        name = fold(provider.name)
        self._asked.pop(name, None)
        self._failures.pop(name, None)
        self._due.set()

    async def run(self) -> None:
        """Keep the lists fresh until cancelled."""
        while True:
            self._due.clear()
            await self.refresh(self.providers)
            # Not `wait_for`: in Python 3.11 it loses a cancellation that coincides with the event it waits for.
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(RETRY_AFTER if self._failures else REFRESH_EVERY):
                    await self._due.wait()

    async def refresh(self, providers: Iterable[Provider], force: bool = False) -> None:
        """Fetch the lists that are due, or all with `force`, independently of each other."""
        async with self._refreshing:
            self._known.clear()  # announced prices take effect
            due = [each for each in providers if each.enabled and not each.models and (force or self._is_due(each))]
            if not due:
                return
            await asyncio.gather(*(self._renew(provider) for provider in due))
            self._known.clear()
            await asyncio.to_thread(_keep, self._path, dict(self._lists))
            self._publish(ServerStatus())

    def _is_due(self, provider: Provider) -> bool:
        name = fold(provider.name)
        asked = self._asked.get(name)
        if asked is None or asked[0] != provider:
            return True
        lasts = RETRY_AFTER if name in self._failures else REFRESH_EVERY
        return not 0 <= self._wall() - asked[1] < lasts

    async def _renew(self, provider: Provider) -> None:
        name = fold(provider.name)
        self._asked[name] = (provider, self._wall())
        try:
            answer = await self._fetch(provider)
        except Exception:  # one provider's odd list must not stop the refresh of all
            LOG.exception("The model list of %s could not be read", provider.name)
            answer = Failure(FailureKind.SERVER_ERROR, "The model list could not be read; the log has the details.")
        if isinstance(answer, Failure):
            self._failures[name] = answer
            return
        self._failures.pop(name, None)
        self._lists[name] = _List(_account(provider), self._wall(), {model.name: model for model in answer})

    def _list_of(self, provider: Provider) -> _List | None:
        found = self._lists.get(fold(provider.name))
        return found if found is not None and found.account == _account(provider) else None

    def _work_out(self, provider: Provider, model: str, override: PricingOverride | None) -> _Known:
        if len(self._known) >= MAX_MODEL_INFOS:
            self._known.clear()
        found = self._list_of(provider)
        listed = None if found is None else listed_as(found.models, self.spelling(provider, model) or model)
        today = datetime.fromtimestamp(self._wall(), UTC).date().isoformat()
        known = _Known(provider, override, model_info(self.table, terms_of(provider), model, listed, override, today))
        self._known[provider.name, model] = known
        return known


def _account(provider: Provider) -> tuple[str, str | None]:
    return provider.preset, provider.base_url


def _write_list(entry: _List) -> dict[str, object]:
    models = [_without_unknowns(asdict(model)) for model in entry.models.values()]
    preset, base_url = entry.account
    return {"preset": preset, "base_url": base_url, "fetched_at": entry.fetched_at, "models": models}


def _without_unknowns(model: dict[str, object]) -> dict[str, object]:
    known = {key: value for key, value in model.items() if value is not None}
    capabilities = known.get("capabilities")
    return known | {"capabilities": sorted(capabilities)} if isinstance(capabilities, frozenset) else known


def _read_list(entry: dict[str, object]) -> _List:
    preset, base_url, models = entry["preset"], entry["base_url"], entry["models"]
    if (
        not isinstance(preset, str)
        or not isinstance(models, list)
        or not (base_url is None or isinstance(base_url, str))
    ):
        raise TypeError("not a model list")
    read = [_read_model(model) for model in models]
    return _List((preset, base_url), float(str(entry["fetched_at"])), {model.name: model for model in read})


def _read_model(model: dict[str, object]) -> ListedModel:
    """One model as written to disk. Unknown fields of a later version are ignored."""
    fields = {key: value for key, value in model.items() if key in ListedModel.__dataclass_fields__}
    capabilities = fields.get("capabilities")
    if isinstance(capabilities, list):
        fields["capabilities"] = frozenset(Capability(name) for name in capabilities)
    return ListedModel(**fields)  # type: ignore[arg-type]


def _keep(path: Path, lists: Mapping[str, _List]) -> None:
    """Replace the cache. If the disk fails, the lists are fetched again at the next start; nothing else is lost."""
    content = orjson.dumps({"version": 1, "providers": {name: _write_list(each) for name, each in lists.items()}})
    with contextlib.suppress(OSError):
        write_private(path, content)


def stored_prices(path: Path, snapshot: Snapshot, wall: Callable[[], float]) -> Prices:
    """The prices known offline, from the packaged table and the last run's lists."""
    catalog = ModelCatalog(path, packaged_table(), _ask_nobody, wall, lambda _event: None)
    catalog.load()
    return catalog.prices(snapshot)


async def _ask_nobody(provider: Provider) -> Failure:
    return Failure(FailureKind.UNREACHABLE, f"{provider.name} was not asked.")
