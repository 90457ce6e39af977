"""The only reader of providers' model lists: what each list says of its models, and nothing that it does not say."""

from __future__ import annotations

from collections.abc import Iterator

import orjson

from localrouter.domain.catalog import ListedModel
from localrouter.domain.chat import Capability

_NAMES = ("id", "name", "model")
_CONTEXT = (
    "loaded_context_length",
    "context_length",
    "context_window",
    "max_model_len",
    "max_context_length",
    "max_input_tokens",
    "inputTokenLimit",
    "n_ctx",
    "n_ctx_train",
)
_OUTPUT = ("max_completion_tokens", "max_output_tokens", "max_output_length", "outputTokenLimit")
_PLACES = ("top_provider", "meta", "metadata", "limits")
_PER_MILLION = 1_000_000.0


def models_in(body: bytes) -> tuple[ListedModel, ...]:
    """The models of a list in OpenAI's shape, a bare array, or the shape of Ollama; none where it cannot be read."""
    try:
        value = orjson.loads(body)
    except orjson.JSONDecodeError:
        return ()
    models: dict[str, ListedModel] = {}
    for entry in _entries(value):
        model = _model(entry)
        if model is not None:
            models.setdefault(model.name, model)
    return tuple(models.values())


def _entries(value: object) -> Iterator[object]:
    if isinstance(value, dict):
        value = next((value[name] for name in ("data", "models") if isinstance(value.get(name), list)), ())
    if isinstance(value, list):
        yield from value


def _model(entry: object) -> ListedModel | None:
    if isinstance(entry, str):
        return ListedModel(entry) if entry else None
    if not isinstance(entry, dict):
        return None
    name = next((found for field in _NAMES if isinstance(found := entry.get(field), str) and found), None)
    if name is None:
        return None
    input_price, output_price = _prices(entry)
    return ListedModel(
        name=name.removeprefix("models/"),
        context_window=_figure(entry, _CONTEXT),
        max_output_tokens=_figure(entry, _OUTPUT),
        input_per_million=input_price,
        output_per_million=output_price,
        capabilities=_capabilities(entry),
    )


def _figure(entry: dict[str, object], names: tuple[str, ...]) -> int | None:
    places = [entry, *(place for name in _PLACES if isinstance(place := entry.get(name), dict))]
    for name in names:
        for place in places:
            value = place.get(name)
            if isinstance(value, int) and not isinstance(value, bool) and value > 0:
                return value
    return None


def _prices(entry: dict[str, object]) -> tuple[float | None, float | None]:
    """Per million tokens. OpenRouter writes strings per token, Together and DeepInfra numbers per million."""
    metadata = entry.get("metadata")
    pricing = entry.get("pricing") or (metadata.get("pricing") if isinstance(metadata, dict) else None)
    if not isinstance(pricing, dict):
        return None, None
    if "prompt" in pricing or "completion" in pricing:
        return _price(pricing.get("prompt"), _PER_MILLION), _price(pricing.get("completion"), _PER_MILLION)
    if "input_tokens" in pricing:
        return _price(pricing.get("input_tokens"), 1.0), _price(pricing.get("output_tokens"), 1.0)
    return _price(pricing.get("input"), 1.0), _price(pricing.get("output"), 1.0)


def _price(value: object, scale: float) -> float | None:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    try:
        price = round(float(value) * scale, 9)
    except ValueError:
        return None
    return price if 0 <= price <= _PER_MILLION else None


def _capabilities(entry: dict[str, object]) -> frozenset[Capability] | None:
    """Only where a list tells all of them: OpenRouter's and Mistral's do."""
    parameters, told = entry.get("supported_parameters"), entry.get("capabilities")
    if isinstance(parameters, list):
        architecture = entry.get("architecture")
        inputs = architecture.get("input_modalities") if isinstance(architecture, dict) else None
        has = {
            Capability.TOOLS: "tools" in parameters,
            Capability.IMAGES: isinstance(inputs, list) and "image" in inputs,
            Capability.JSON_SCHEMA: "structured_outputs" in parameters,
        }
    elif isinstance(told, dict) and "function_calling" in told and "vision" in told:
        chat = bool(told.get("completion_chat", True))
        has = {
            Capability.TOOLS: bool(told["function_calling"]),
            Capability.IMAGES: bool(told["vision"]),
            Capability.JSON_SCHEMA: chat,
        }
    else:
        return None
    return frozenset(capability for capability, present in has.items() if present)
