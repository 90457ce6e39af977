"""Models as a program is told of them: Anthropic's fields, and after them what LocalRouter knows besides."""

from __future__ import annotations

from localrouter.dialects.model_writer import ModelWriter
from localrouter.domain.models.info import ModelInfo
from localrouter.domain.models.pricing import usd_per_million
from localrouter.domain.models.shown import ShownModel

Json = dict[str, object]

_UNKNOWN_DATE = "1970-01-01T00:00:00Z"  # what Anthropic itself says where it does not know


def model_json(model: ShownModel) -> Json:
    info = model.info or ModelInfo()
    return {
        "type": "model",
        "id": model.id,
        "display_name": model.id,
        "created_at": _UNKNOWN_DATE,
        "max_input_tokens": info.context_window or 0,
        "max_tokens": info.max_output_tokens or 0,
        "provider": model.provider,
    }


def list_json(models: tuple[ShownModel, ...]) -> Json:
    return {
        "data": [model_json(model) for model in models],
        "has_more": False,
        "first_id": models[0].id if models else None,
        "last_id": models[-1].id if models else None,
    }


def pricing_json(model: ShownModel) -> Json:
    price = (model.info or ModelInfo()).price
    return {
        "type": "model_pricing",
        "id": model.id,
        "currency": "USD",
        "input_per_million": None if price is None else usd_per_million(price.input),
        "output_per_million": None if price is None else usd_per_million(price.output),
    }


MODELS = ModelWriter(list_json, model_json, pricing_json)
