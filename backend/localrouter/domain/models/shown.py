"""A model as programs see it in a list."""

from __future__ import annotations

from dataclasses import dataclass

from localrouter.domain.configuration.config import AUTO_MODEL, ROUTER_NAME
from localrouter.domain.models.info import ModelInfo


@dataclass(frozen=True, slots=True)
class ShownModel:
    """`info` None: the router's own model, which stands for whatever auto-routing picks. `asked` is the alias or bare
    name that it was asked for by."""

    provider: str
    name: str
    info: ModelInfo | None
    asked: str | None = None

    @property
    def id(self) -> str:
        return self.asked or f"{self.provider}/{self.name}"


AUTO = ShownModel(ROUTER_NAME, AUTO_MODEL.removeprefix(f"{ROUTER_NAME}/"), info=None)
