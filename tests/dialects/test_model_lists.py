"""Model lists of all shapes are read; what a list does not say stays unknown."""

from __future__ import annotations

import json
from typing import Any

import orjson
import pytest

from localrouter.dialects.model_lists import NoModelList, models_in, next_page
from localrouter.domain.conversation.request import Capability
from localrouter.domain.models.info import ListedModel

TOOLS, IMAGES, SCHEMA = Capability.TOOLS, Capability.IMAGES, Capability.JSON_SCHEMA


@pytest.mark.parametrize(
    ("body", "names"),
    [
        ({"object": "list", "data": [{"id": "a"}, {"id": "b"}]}, ["a", "b"]),
        ([{"id": "a"}, {"id": "b"}], ["a", "b"]),
        (["a", "b"], ["a", "b"]),
        ({"result": [{"id": "0b1c", "name": "@cf/meta/llama"}, {"id": "2"}, 3], "success": True}, ["@cf/meta/llama"]),
        ({"data": [{"id": "a"}], "result": [{"name": "b"}]}, ["a"]),
        ({"models": [{"name": "a:latest", "model": "a:latest"}]}, ["a:latest"]),
        ({"data": [{"id": "a"}, {"id": "a"}, {"id": ""}, {}, 7, None, ""]}, ["a"]),
        ({"data": [{"id": "models/gemini-2.5-flash"}]}, ["gemini-2.5-flash"]),
        ({"data": []}, []),
        ({"data": None}, []),
        ({"models": None}, []),
    ],
)
def test_names_are_read(body: object, names: list[str]) -> None:
    assert [model.name for model in models_in(orjson.dumps(body))] == names


def test_a_byte_order_mark_and_odd_numbers_are_read_over() -> None:
    (model,) = models_in(b'\xef\xbb\xbf{"data": [{"id": "a", "context_length": 8192, "score": NaN}]}')
    assert (model.name, model.context_window) == ("a", 8192)


@pytest.mark.parametrize(
    ("body", "instead"),
    [
        (b"<!doctype html><html><title>Sign in</title>", "a web page"),
        (b"\n <html>", "a web page"),
        (b"", "something that is not JSON"),
        (b"{", "something that is not JSON"),
        (b"7", "something else"),
        (b'{"error": {}}', "something else"),
        (b'{"data": {"login": "/login"}}', "something else"),
        (b'{"status": "up"}', "something else"),
    ],
)
def test_a_login_page_is_no_model_list(body: bytes, instead: str) -> None:
    with pytest.raises(NoModelList, match=f"^{instead}$"):
        models_in(body)


@pytest.mark.parametrize(
    ("entry", "context", "output"),
    [
        ({}, None, None),
        ({"context_length": 0}, None, None),
        ({"context_length": "8192"}, None, None),
        ({"context_window": 131072, "max_completion_tokens": 32768}, 131072, 32768),
        ({"max_context_length": 32768}, 32768, None),
        ({"max_context_length": 32768, "loaded_context_length": 4096}, 4096, None),
        ({"max_model_len": 4096}, 4096, None),
        ({"meta": {"n_ctx_train": 32768}}, 32768, None),
        ({"inputTokenLimit": 1048576, "outputTokenLimit": 65536}, 1048576, 65536),
        ({"context_length": 200000, "top_provider": {"max_completion_tokens": 64000}}, 200000, 64000),
        ({"metadata": {"context_length": 131072}}, 131072, None),
    ],
)
def test_windows_are_read(entry: dict[str, object], context: int | None, output: int | None) -> None:
    (model,) = models_in(orjson.dumps({"data": [{"id": "m", **entry}]}))
    assert model == ListedModel("m", context, output)


@pytest.mark.parametrize(
    ("entry", "prices"),
    [
        ({"pricing": {"prompt": "0.000003", "completion": "0.000015"}}, (3.0, 15.0)),
        ({"pricing": {"prompt": "0", "completion": "0"}}, (0.0, 0.0)),
        ({"pricing": {"prompt": "-1", "completion": "-1"}}, (None, None)),
        ({"pricing": {"prompt": "-0.000001", "completion": "-0"}}, (None, None)),
        ({"pricing": {"prompt": "NaN", "completion": "Infinity"}}, (None, None)),
        ({"pricing": {"prompt": "1_0", "completion": " 1"}}, (None, None)),
        ({"pricing": {"prompt": "", "completion": None}}, (None, None)),
        ({"pricing": {"prompt": True, "completion": ["0"]}}, (None, None)),
        ({"pricing": {"prompt": "2", "completion": "1e400"}}, (None, None)),
        ({"pricing": {"prompt": 2**70, "completion": 1.5}}, (None, None)),
        ({"pricing": {"input": -1, "output": 1e300}}, (None, None)),
        ({"pricing": {"prompt": "0", "completion": "0", "request": "0", "image": "0", "discount": 0.1}}, (0.0, 0.0)),
        ({"pricing": {"prompt": "0", "completion": "0", "image": "0.01"}}, (None, None)),
        ({"pricing": {"prompt": "0", "completion": "0", "web_search": "odd"}}, (None, None)),
        ({"pricing": {"prompt": "0", "completion": "0", "request": "-1"}}, (None, None)),
        ({"pricing": {"input": 0, "output": 0, "hourly": 2.5}}, (None, None)),
        ({"pricing": {"prompt": "odd"}}, (None, None)),
        ({"pricing": {"input": 0.88, "output": 0.9, "hourly": 0}}, (0.88, 0.9)),
        ({"metadata": {"pricing": {"input_tokens": 0.23, "output_tokens": 0.4}}}, (0.23, 0.4)),
        ({"pricing": None}, (None, None)),
    ],
)
def test_prices_are_read(entry: dict[str, object], prices: tuple[float | None, float | None]) -> None:
    (model,) = models_in(json.dumps([{"id": "m", **entry}]).encode())
    assert (model.input_per_million, model.output_per_million) == prices


@pytest.mark.parametrize("tiny", ["1e-300", "0.0000000000000000001", "5e-324", "1e-400", "0." + "0" * 400 + "1"])
def test_what_costs_anything_is_never_read_as_nothing(tiny: str) -> None:
    (model,) = models_in(orjson.dumps([{"id": "m", "pricing": {"prompt": tiny, "completion": tiny}}]))
    assert model.input_per_million
    assert model.output_per_million
    (number,) = models_in(b'[{"id": "m", "pricing": {"input": 1e-300, "output": 1e-300}}]')
    assert number.input_per_million
    assert number.output_per_million


@pytest.mark.parametrize(
    ("pricing", "varies"),
    [
        ({"prompt": "-1", "completion": "-1"}, True),
        ({"prompt": "NaN", "completion": "0"}, True),
        ({"prompt": "0", "completion": "0", "image": "0.1"}, True),
        ({"prompt": "0", "completion": "0", "image": "0"}, False),
        ({"prompt": "1"}, False),
        ({"prompt": "1", "completion": ""}, False),
        ({}, False),
    ],
)
def test_a_price_that_is_none_is_told_apart_from_one_that_is_not_said(pricing: dict[str, Any], varies: bool) -> None:
    (model,) = models_in(orjson.dumps([{"id": "m", "pricing": pricing}]))
    assert model.price_varies == varies


def test_the_price_of_an_answer_is_read() -> None:
    pricing = {"prompt": "0", "completion": "0", "request": "0.005", "image": "0.02"}
    (model,) = models_in(orjson.dumps([{"id": "m", "pricing": pricing}]))
    assert (model.input_per_million, model.output_per_million, model.usd_per_answer) == (0.0, 0.0, 0.005)


@pytest.mark.parametrize(
    ("entry", "capabilities"),
    [
        ({}, None),
        ({"capabilities": ["chat"]}, None),
        ({"supported_parameters": []}, frozenset()),
        (
            {
                "supported_parameters": ["tools", "structured_outputs"],
                "architecture": {"input_modalities": ["text", "image"]},
            },
            frozenset({TOOLS, IMAGES, SCHEMA}),
        ),
        (
            {"capabilities": {"completion_chat": True, "function_calling": True, "vision": False}},
            frozenset({TOOLS, SCHEMA}),
        ),
    ],
)
def test_capabilities_are_read_where_all_are_told(
    entry: dict[str, object], capabilities: frozenset[Capability] | None
) -> None:
    (model,) = models_in(orjson.dumps([{"id": "m", **entry}]))
    assert model.capabilities == capabilities


@pytest.mark.parametrize("price", ["1" * 300_000 + "x", "1" * 300_000 + ".", "0." + "1" * 300_000 + "e"])
def test_an_endless_price_is_read_once(price: str) -> None:
    (model,) = models_in(json.dumps({"data": [{"id": "a", "pricing": {"prompt": price}}]}).encode())
    assert model.input_per_million is None


@pytest.mark.parametrize("price", ["1", "1.", "1.5", ".5", "+1", "15e-1", "1.E2"])
def test_a_price_may_be_written_in_every_way_that_decimals_are(price: str) -> None:
    (model,) = models_in(json.dumps({"data": [{"id": "a", "pricing": {"input": price, "output": 1}}]}).encode())
    assert model.input_per_million == float(price)


def test_googles_list_has_the_models_that_answer_or_embed_texts() -> None:
    listed = {
        "models": [
            {
                "name": "models/gemini-2.5-flash",
                "inputTokenLimit": 1_048_576,
                "outputTokenLimit": 65_536,
                "supportedGenerationMethods": ["generateContent", "countTokens"],
            },
            {"name": "models/gemini-embedding-001", "supportedGenerationMethods": ["embedContent"]},
            {"name": "models/imagen-4", "supportedGenerationMethods": ["predict"]},
            {"name": "tunedModels/mine"},
        ],
        "nextPageToken": "a/b",
    }
    body = json.dumps(listed).encode()
    flash, *others = models_in(body)
    assert (flash.name, flash.context_window, flash.max_output_tokens) == ("gemini-2.5-flash", 1_048_576, 65_536)
    assert [model.name for model in others] == ["gemini-embedding-001", "tunedModels/mine"]
    assert next_page(body, "models?pageSize=9", "nextPageToken", "pageToken") == "models?pageSize=9&pageToken=a%2Fb"


def test_a_list_ends_where_it_says_so() -> None:
    assert next_page(b'{"models": []}', "models", "nextPageToken", "pageToken") is None
    last = b'{"data": [], "has_more": false, "last_id": "a"}'
    assert next_page(last, "models?limit=1", "last_id", "after_id", only_if="has_more") is None
    more = last.replace(b"false", b"true")
    assert next_page(more, "models?limit=1", "last_id", "after_id", only_if="has_more") == "models?limit=1&after_id=a"
