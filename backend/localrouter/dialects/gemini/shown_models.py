"""Models as a program is told of them: Google's fields, and after them what LocalRouter knows besides."""

from __future__ import annotations

from localrouter.dialects.model_writer import ModelWriter
from localrouter.domain.conversation.request import Endpoint
from localrouter.domain.models.info import ModelInfo
from localrouter.domain.models.pricing import usd_per_million
from localrouter.domain.models.shown import ShownModel

Json = dict[str, object]

_METHODS = {
    Endpoint.CHAT_COMPLETIONS: ("generateContent", "streamGenerateContent", "countTokens"),
    Endpoint.EMBEDDINGS: ("embedContent", "batchEmbedContents"),
}


def model_json(model: ShownModel) -> Json:
    info = model.info or ModelInfo()
    return {
        "name": f"models/{model.id}",
        "baseModelId": model.id,
        "version": "",
        "displayName": model.id,
        "description": "",
        "inputTokenLimit": info.context_window or 0,
        "outputTokenLimit": info.max_output_tokens or 0,
        "supportedGenerationMethods": _methods(info),
        "provider": model.provider,
    }


def _methods(info: ModelInfo) -> list[str]:
    """What can be asked of a model; of one that nothing is known of, an answer."""
    served = info.endpoints or frozenset({Endpoint.CHAT_COMPLETIONS})
    return [method for endpoint, methods in _METHODS.items() if endpoint in served for method in methods]


def list_json(models: tuple[ShownModel, ...]) -> Json:
    return {"models": [model_json(model) for model in models]}


def pricing_json(model: ShownModel) -> Json:
    price = (model.info or ModelInfo()).price
    return {
        "name": f"models/{model.id}",
        "currency": "USD",
        "inputPerMillion": None if price is None else usd_per_million(price.input),
        "outputPerMillion": None if price is None else usd_per_million(price.output),
    }


MODELS = ModelWriter(list_json, model_json, pricing_json)
