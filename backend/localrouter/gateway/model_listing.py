"""Asks providers which models they have."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, replace

from localrouter.dialects.contract import Preset, ProviderDialect
from localrouter.dialects.json_bodies.weight import Weigher
from localrouter.dialects.model_lists import NoModelList
from localrouter.dialects.presets import list_address
from localrouter.domain.configuration.config import Provider
from localrouter.domain.models.info import MAX_LISTED, ListedModel
from localrouter.domain.routing.failures import Failure, FailureKind
from localrouter.gateway.endpoints import Targets
from localrouter.services.redaction import Redaction
from localrouter.services.upstream.client import Upstream

AT_MOST = 15.0  # seconds
MAX_BYTES = 4 * 1024 * 1024
MAX_PAGES = 20  # of one list


@dataclass(frozen=True, slots=True)
class ModelListing:
    presets: Mapping[str, Preset]
    dialects: Mapping[str, ProviderDialect]
    targets: Targets
    upstream: Upstream
    redaction: Redaction

    async def fetch(self, provider: Provider, *, again: bool = True) -> tuple[ListedModel, ...] | Failure:
        """The provider's own list, or why there is none. A name that contains a secret is dropped.

        With `again`, a keychain that did not answer before is asked once more, which may show its prompt again.
        """
        answer = await self._asked(provider, again=again)
        if isinstance(answer, Failure):
            return self.redaction.of(answer)
        return await asyncio.to_thread(self._without_secrets, answer)

    async def fetch_in_background(self, provider: Provider) -> tuple[ListedModel, ...] | Failure:
        """Like `fetch`, when nobody is waiting: a locked keychain must not prompt its user once a minute."""
        return await self.fetch(provider, again=False)

    def _without_secrets(self, models: tuple[ListedModel, ...]) -> tuple[ListedModel, ...]:
        return tuple(model for model in models if not self.redaction.holds_secret(model.name))

    async def _asked(self, provider: Provider, *, again: bool) -> tuple[ListedModel, ...] | Failure:
        target = await self.targets.reach(provider, again=again)
        if isinstance(target, Failure):
            return target
        preset = self.presets[provider.preset].at(provider.base_url)
        dialect = self.dialects[preset.dialect]
        models: tuple[ListedModel, ...] = ()
        base_url, first = list_address(preset, target.base_url, dialect.model_list_path)
        target = replace(target, base_url=base_url)
        path: str | None = first
        for _ in range(MAX_PAGES):
            if path is None or len(models) > MAX_LISTED:
                break
            response = await self.upstream.get(target, path, total=AT_MOST)
            if isinstance(response, Failure):
                return response
            body = await response.read(at_most=MAX_BYTES, watch=_Counted(provider.name))
            if isinstance(body, Failure):
                return body
            if response.status != 200:
                return dialect.failure(response.status, response.headers, body, preset)
            try:
                models += await asyncio.to_thread(dialect.model_list, body)
            except NoModelList as instead:
                said = f"{provider.name} answered with {instead} instead of a model list. Check its base URL."
                return Failure(FailureKind.NOT_FOUND, said, status=response.status)
            path = await asyncio.to_thread(dialect.next_page, body)
        return _too_long(provider.name, f"{MAX_LISTED:,} models") if len(models) > MAX_LISTED else models


class _Counted:
    """Stops reading a list that is too large to be parsed."""

    __slots__ = ("_provider", "_weigher")

    def __init__(self, provider: str) -> None:
        self._provider = provider
        self._weigher = Weigher()

    def __call__(self, piece: bytes) -> Failure | None:
        excess = self._weigher.feed(piece)
        return None if excess is None else _too_long(self._provider, excess)


def _too_long(provider: str, excess: str) -> Failure:
    said = f"The model list of {provider} has more than {excess}. Declare the models that you use in `models` instead."
    return Failure(FailureKind.SERVER_ERROR, said)
