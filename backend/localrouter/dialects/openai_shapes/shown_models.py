"""Models as a program is told of them: OpenAI's fields, and after them what LocalRouter knows besides."""

from __future__ import annotations

from localrouter.dialects.model_writer import ModelWriter
from localrouter.domain.models.info import ModelInfo
from localrouter.domain.models.pricing import usd_per_million
from localrouter.domain.models.shown import ShownModel

Json = dict[str, object]


def model_json(model: ShownModel) -> Json:
    told: Json = {
        "id": model.id,
        "object": "model",
        "created": 0,
        "owned_by": model.provider,
        "provider": model.provider,
    }
    return told | (_of_auto() if model.info is None else _of_model(model.info)) | {"supports_streaming": True}


def list_json(models: tuple[ShownModel, ...]) -> Json:
    return {"object": "list", "data": [model_json(model) for model in models]}


def pricing_json(model: ShownModel) -> Json:
    info = model.info or ModelInfo()
    price = info.price
    return {
        "id": model.id,
        "object": "model.pricing",
        "currency": "USD",
        "input_per_million": None if price is None else usd_per_million(price.input),
        "output_per_million": None if price is None else usd_per_million(price.output),
        "cached_input_per_million": None if price is None or price.cached is None else usd_per_million(price.cached),
        "source": info.price_source,
        "date": info.date,
    }


def _of_auto() -> Json:
    # What it can do depends on the model that it picks; programs that filter by a window of 0 leave it alone.
    return {"context_window": 0, "capabilities": ["chat", "completion"]}


def _of_model(info: ModelInfo) -> Json:
    return {
        "context_window": info.context_window,
        "max_output_tokens": info.max_output_tokens,
        "capabilities": None if info.capabilities is None else sorted(info.capabilities),
    }


MODELS = ModelWriter(list_json, model_json, pricing_json)
