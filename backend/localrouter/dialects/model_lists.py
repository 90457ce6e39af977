"""Reads providers' model lists: what a list says about its models, and nothing that it does not say."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import replace
from urllib.parse import quote

from localrouter.dialects.errors.details import is_web_page
from localrouter.dialects.json_bodies.lenient import Unreadable, loads
from localrouter.domain.configuration.json_text import without_vanishing
from localrouter.domain.conversation.request import Capability
from localrouter.domain.models.info import MAX_LISTED_NAME, ListedModel

_LISTS = ("data", "models")
_CLOUDFLARES = "result"  # its models have a number for an id
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
_TEXT_METHODS = frozenset({"generateContent", "embedContent", "batchEmbedContents"})
_WAYS = (
    (("prompt", "completion"), _PER_MILLION),
    (("input_tokens", "output_tokens"), 1.0),
    (("input", "output"), 1.0),
)
_NO_COSTS = frozenset({"discount", "currency", "unit"})  # fields beside prices that are no prices
_UNSAID: tuple[object, ...] = (None, "", [], {})
_DECIMALS = re.compile(r"[+]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?", re.ASCII)  # no two parts take the same digit
_NOT_ZERO = re.compile(r"[+]?[0.]*[1-9]", re.ASCII)


class NoModelList(ValueError):
    """What came is no list of models: a login page, say. The text is what it is instead."""


def models_in(body: bytes) -> tuple[ListedModel, ...]:
    """The models of a list: OpenAI's, Ollama's, Cloudflare's or a bare array. Raises `NoModelList`."""
    try:
        value = loads(without_vanishing(body))
    except Unreadable:
        raise NoModelList("a web page" if is_web_page(body) else "something that is not JSON") from None
    if not isinstance(value, list) and not (isinstance(value, dict) and _has_list(value)):
        raise NoModelList("something else")
    models: dict[str, ListedModel] = {}
    for entry in _entries(value):
        model = _model(entry)
        if model is not None and len(model.name) <= MAX_LISTED_NAME:
            models.setdefault(model.name, model)
    return tuple(models.values())


def next_page(body: bytes, path: str, mark: str, parameter: str, *, only_if: str | None = None) -> str | None:
    """The path of the next page of a list that has a `mark` for it; None where it ends, or says no `only_if`."""
    if mark.encode() not in body:
        return None
    value = loads(body)
    found = value.get(mark) if isinstance(value, dict) and (only_if is None or value.get(only_if) is True) else None
    return f"{path}&{parameter}={quote(found, safe='')}" if isinstance(found, str) and found else None


def _has_list(value: dict[str, object]) -> bool:
    """A server without models may write null in the place of its list."""
    if isinstance(value.get(_CLOUDFLARES), list):
        return True
    return any(name in value and isinstance(value[name], list | None) for name in _LISTS)


def _entries(value: object) -> Iterator[object]:
    if isinstance(value, dict):
        lists = [value[name] for name in (*_LISTS, _CLOUDFLARES) if isinstance(value.get(name), list)]
        is_cloudflares = bool(lists) and lists[0] is value.get(_CLOUDFLARES)
        value = map(_named, lists[0]) if is_cloudflares else lists[0] if lists else ()
    if isinstance(value, list | map):
        yield from value


def _named(entry: object) -> object:
    return entry.get("name") if isinstance(entry, dict) else None


def _model(entry: object) -> ListedModel | None:
    if isinstance(entry, str):
        return ListedModel(entry) if entry else None
    if not isinstance(entry, dict) or not _is_served(entry):
        return None
    name = next((found for field in _NAMES if isinstance(found := entry.get(field), str) and found), None)
    if name is None:
        return None
    return _with_prices(
        entry,
        ListedModel(
            name=name.removeprefix("models/"),
            context_window=_figure(entry, _CONTEXT),
            max_output_tokens=_figure(entry, _OUTPUT),
            capabilities=_capabilities(entry),
        ),
    )


def _is_served(entry: dict[str, object]) -> bool:
    """Whether a model answers or embeds texts, as far as its entry tells: Google lists those for pictures, too."""
    methods = entry.get("supportedGenerationMethods")
    return not isinstance(methods, list) or any(
        method in _TEXT_METHODS for method in methods if isinstance(method, str)
    )


def _figure(entry: dict[str, object], names: tuple[str, ...]) -> int | None:
    places = [entry, *(place for name in _PLACES if isinstance(place := entry.get(name), dict))]
    for name in names:
        for place in places:
            value = place.get(name)
            if isinstance(value, int) and not isinstance(value, bool) and value > 0:
                return value
    return None


def _with_prices(entry: dict[str, object], model: ListedModel) -> ListedModel:
    """OpenRouter writes strings per token, Together and DeepInfra numbers per million."""
    metadata = entry.get("metadata")
    pricing = entry.get("pricing") or (metadata.get("pricing") if isinstance(metadata, dict) else None)
    if not isinstance(pricing, dict):
        return model
    names, scale = next((way for way in _WAYS if any(name in pricing for name in way[0])), _WAYS[-1])
    price_in, price_out = _price(pricing.get(names[0]), scale), _price(pricing.get(names[1]), scale)
    per_answer = _price(pricing.get("request"), 1.0) or None
    if any(pricing.get(name) not in _UNSAID and _price(pricing.get(name), scale) is None for name in names):
        return replace(model, price_varies=True)
    if price_in == 0 and price_out == 0 and not per_answer and _has_other_prices(pricing, names):
        return replace(model, price_varies=True)
    return replace(model, input_per_million=price_in, output_per_million=price_out, usd_per_answer=per_answer)


def _has_other_prices(pricing: dict[str, object], names: tuple[str, str]) -> bool:
    """Whether a model costs something else, or something unknown: pictures, searches, an hour of its server."""
    others = (value for name, value in pricing.items() if name not in (*names, *_NO_COSTS))
    return any(value not in _UNSAID and _price(value, 1.0) != 0 for value in others)


def _price(value: object, scale: float) -> float | None:
    """A figure in decimals, times `scale`; None where it is none, or none that a price can be. A positive one stays
    positive, however small."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    if isinstance(value, str) and not _DECIMALS.fullmatch(value):
        return None
    try:
        price = float(value) * scale
    except OverflowError:
        return None
    if price == 0 and isinstance(value, str) and _NOT_ZERO.match(value):
        price = math.ulp(0.0)  # a float cannot tell it from nothing
    return (round(price, 9) or price) if 0 <= price <= _PER_MILLION else None


def _capabilities(entry: dict[str, object]) -> frozenset[Capability] | None:
    """Only if the list names all capabilities, as OpenRouter's and Mistral's do."""
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
