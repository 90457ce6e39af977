from __future__ import annotations

import orjson

from localrouter.dialects.registry import DEFAULT_CLIENT
from localrouter.domain.conversation.request import Capability
from localrouter.domain.models.info import ModelInfo
from localrouter.domain.models.pricing import Price
from localrouter.domain.models.shown import AUTO, ShownModel
from localrouter.domain.models.terms import PriceSource

KNOWN = ShownModel(
    "one",
    "maker/large",
    ModelInfo(
        context_window=8_000,
        max_output_tokens=1_000,
        capabilities=frozenset({Capability.TOOLS, Capability.IMAGES}),
        price=Price(input=150_000, output=600_000, cached=75_000),
        price_source=PriceSource.TABLE,
        date="2026-01-02",
    ),
)
UNKNOWN = ShownModel("one", "small", ModelInfo())


def test_a_model_is_told_with_what_is_known_of_it() -> None:
    assert orjson.loads(DEFAULT_CLIENT.models.one(KNOWN)) == {
        "id": "one/maker/large",
        "object": "model",
        "created": 0,
        "owned_by": "one",
        "provider": "one",
        "context_window": 8_000,
        "max_output_tokens": 1_000,
        "capabilities": ["images", "tools"],
        "supports_streaming": True,
    }


def test_what_is_not_known_of_a_model_is_null_and_not_missing() -> None:
    told = orjson.loads(DEFAULT_CLIENT.models.one(UNKNOWN))
    assert told.keys() == orjson.loads(DEFAULT_CLIENT.models.one(KNOWN)).keys()
    assert (told["context_window"], told["max_output_tokens"], told["capabilities"]) == (None, None, None)


def test_auto_promises_no_window() -> None:
    assert orjson.loads(DEFAULT_CLIENT.models.one(AUTO)) == {
        "id": "localrouter/auto",
        "object": "model",
        "created": 0,
        "owned_by": "localrouter",
        "provider": "localrouter",
        "context_window": 0,
        "capabilities": ["chat", "completion"],
        "supports_streaming": True,
    }


def test_a_list_keeps_its_order() -> None:
    told = orjson.loads(DEFAULT_CLIENT.models.all((AUTO, UNKNOWN, KNOWN)))
    assert told["object"] == "list"
    assert [model["id"] for model in told["data"]] == ["localrouter/auto", "one/small", "one/maker/large"]
    assert orjson.loads(DEFAULT_CLIENT.models.all(())) == {"object": "list", "data": []}


def test_prices_are_told_for_a_million_tokens() -> None:
    priced, unpriced = (orjson.loads(DEFAULT_CLIENT.models.pricing(model)) for model in (KNOWN, UNKNOWN))
    assert priced == {
        "id": "one/maker/large",
        "object": "model.pricing",
        "currency": "USD",
        "input_per_million": 0.15,
        "output_per_million": 0.6,
        "cached_input_per_million": 0.075,
        "source": "table",
        "date": "2026-01-02",
    }
    assert unpriced.keys() == priced.keys()
    assert unpriced["input_per_million"] is None
