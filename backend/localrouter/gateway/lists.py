"""How a provider is asked which models it has."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from localrouter.dialects.contract import Dialect, Preset
from localrouter.domain.catalog import ListedModel
from localrouter.domain.config import Provider
from localrouter.domain.failures import Failure, FailureKind
from localrouter.gateway.targets import Targets
from localrouter.services.redaction import Redaction
from localrouter.services.upstream import Upstream

AT_MOST = 15.0  # seconds


@dataclass(frozen=True, slots=True)
class ModelListing:
    presets: Mapping[str, Preset]
    dialects: Mapping[str, Dialect]
    targets: Targets
    upstream: Upstream
    redaction: Redaction

    async def fetch(self, provider: Provider) -> tuple[ListedModel, ...] | Failure:
        """The provider's own list, or why there is none. A name that holds a secret is no name."""
        answer = await self._asked(provider)
        if isinstance(answer, Failure):
            return self.redaction.of(answer)
        return tuple(model for model in answer if not self.redaction.holds_secret(model.name))

    async def _asked(self, provider: Provider) -> tuple[ListedModel, ...] | Failure:
        target = await self.targets.reach(provider)
        if isinstance(target, Failure):
            return target
        response = await self.upstream.get(target, "models", total=AT_MOST)
        if isinstance(response, Failure):
            return response
        body = await response.read()
        if isinstance(body, Failure):
            return body
        preset = self.presets[provider.preset]
        dialect = self.dialects[preset.dialect]
        if response.status != 200:
            return dialect.failure(response.status, response.headers, body, preset)
        try:
            return dialect.model_list(body)
        except ValueError:
            return Failure(FailureKind.SERVER_ERROR, f"{provider.name} answered something that is no model list.")
