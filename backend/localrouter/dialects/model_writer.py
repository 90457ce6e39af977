"""How a client dialect tells its programs of models."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import orjson

from localrouter.domain.models.shown import ShownModel

Json = dict[str, object]


@dataclass(frozen=True, slots=True)
class ModelWriter:
    """Writes models in a dialect's shapes: a list of them, one, and what one costs."""

    list_json: Callable[[tuple[ShownModel, ...]], Json]
    model_json: Callable[[ShownModel], Json]
    pricing_json: Callable[[ShownModel], Json]

    def all(self, models: tuple[ShownModel, ...]) -> bytes:
        return orjson.dumps(self.list_json(models))

    def one(self, model: ShownModel) -> bytes:
        return orjson.dumps(self.model_json(model))

    def pricing(self, model: ShownModel) -> bytes:
        return orjson.dumps(self.pricing_json(model))
