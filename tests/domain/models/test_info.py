from __future__ import annotations

import pytest

from localrouter.domain.configuration.config import (
    AvailableModelsSelection,
    Config,
    PricingOverride,
    Provider,
    Strategy,
)
from localrouter.domain.configuration.snapshot import Snapshot
from localrouter.domain.conversation.request import Capability, Endpoint
from localrouter.domain.models.info import (
    CatalogTable,
    ListedModel,
    ModelInfo,
    Row,
    allowed_models,
    listed_as,
    model_info,
)
from localrouter.domain.models.pricing import FREE, Price, PriceTier
from localrouter.domain.models.terms import ListPrices, PriceSource, Terms

DAY = "2026-11-01"
GPT_4O_PRICE = Price(input=2_500_000, output=10_000_000, cached=1_250_000)
GPT_4O: Row = {
    "window": 128_000,
    "output": 16_384,
    "has": ["tools", "images", "json_schema"],
    "reasons": False,
    "price": {"input": 2_500_000, "output": 10_000_000, "cached": 1_250_000},
}
FIRST_GPT_4O: Row = {"window": 128_000, "price": {"input": 5_000_000, "output": 15_000_000}}
TUNED: Row = {"price": {"input": 3_750_000, "output": 15_000_000}}
OPUS: Row = {"window": 200_000, "has": ["tools", "images"], "lacks": ["json_schema"], "reasons": True}
EMBEDDING: Row = {"kind": "embedding", "window": 8_192, "price": {"input": 20_000, "output": 0}}
LONG: Row = {
    "price": {
        "input": 1,
        "output": 2,
        "write": 3,
        "write_1h": 4,
        "reasoning": 5,
        "request": 6,
        "above": [[200, {"input": 10, "output": 20, "cached": 1}]],
    },
    "later": [["2026-12-01", {"input": 7, "output": 8}], ["2027-01-01", {"input": 9, "output": 10}]],
}
TABLE = CatalogTable(
    date=DAY,
    sources=("prices 1",),
    models={
        "openai": {
            "gpt-4o": GPT_4O,
            "gpt-4o-2024-05-13": FIRST_GPT_4O,
            "ft:gpt-4o": TUNED,
            "chat-latest": OPUS,
            "text-embedding-3-small": EMBEDDING,
            "o1-pro": {"kind": "responses"},
            "davinci-002": {"kind": "completion"},
        },
        "azure-openai": {"gpt-4": {"window": 8_192}},
        "anthropic": {"claude-opus-4-5": OPUS},
        "gemini": {"gemini-pro": LONG},
        "openrouter": {
            "openai/gpt-4o": GPT_4O,
            "openai/gpt-oss:free": {"price": {"input": 0, "output": 0}},
            "anthropic/claude-opus-4.5": {"window": 190_000, "price": {"input": 5, "output": 25}},
            "somebody/some-model": {"kind": "unknown", "window": 1_000},
        },
    },
)


OLLAMA = Terms("ollama", local=True, free=PriceSource.LOCAL)
PRICED_LIST = Terms("openai", list_prices=ListPrices.ALL)


def look(preset: str, model: str) -> ModelInfo:
    return model_info(TABLE, OLLAMA if preset == "ollama" else Terms(preset), model)


def test_a_known_model_has_all_its_facts() -> None:
    assert look("openai", "gpt-4o") == ModelInfo(
        context_window=128_000,
        max_output_tokens=16_384,
        capabilities=frozenset(Capability),
        confirmed=frozenset(Capability),
        price=GPT_4O_PRICE,
        price_source=PriceSource.TABLE,
        endpoints=frozenset({Endpoint.CHAT_COMPLETIONS}),
        reasons=False,
        date=DAY,
    )


def test_nothing_is_known_of_an_unknown_model() -> None:
    assert look("openai", "gpt-none") == ModelInfo()
    assert look("openai-compatible", "gpt-4o") == ModelInfo()
    assert look("openai-compatible", "gpt-4o").price is None


@pytest.mark.parametrize(
    "name",
    [
        "GPT-4o",
        "gpt-4o-2024-08-06",
        "gpt-4o-20240806",
        "gpt-4o@20240806",
        "gpt-4o-0806",
        "gpt-4o-08-2024",
        "gpt-4o-latest",
    ],
)
def test_a_dated_name_without_a_row_has_the_facts_of_its_base(name: str) -> None:
    assert look("openai", name) == look("openai", "gpt-4o")


def test_a_dated_name_with_a_row_has_its_own_facts() -> None:
    assert look("openai", "gpt-4o-2024-05-13").price == Price(input=5_000_000, output=15_000_000)


def test_a_name_without_its_ending_finds_the_latest() -> None:
    assert look("openai", "chat-2026-01-01").context_window == 200_000


def test_a_number_that_is_no_date_is_part_of_the_name() -> None:
    assert look("openai", "gpt-4o-12") == ModelInfo()


def test_a_tuned_model_has_the_price_of_tuned_models() -> None:
    assert look("openai", "ft:gpt-4o-2024-08-06:acme::abc123").price == Price(input=3_750_000, output=15_000_000)


def test_gemini_lists_its_models_under_a_prefix() -> None:
    assert look("gemini", "models/gemini-pro") == look("gemini", "gemini-pro")


def test_azure_offers_the_models_of_openai() -> None:
    assert look("azure-openai", "gpt-4o").price == GPT_4O_PRICE
    assert look("azure-openai", "gpt-4").context_window == 8_192


def test_models_of_a_local_server_are_free_and_otherwise_unknown() -> None:
    assert look("ollama", "gpt-4o") == ModelInfo(price=FREE, price_source=PriceSource.LOCAL)


def test_models_of_a_local_preset_that_is_not_free_are_unknown() -> None:
    assert model_info(TABLE, Terms("ollama", local=True), "gpt-4o") == ModelInfo()


def test_a_provider_that_its_owner_calls_free_is_so_though_the_table_knows_a_price() -> None:
    known = model_info(TABLE, Terms("openai", free=PriceSource.FREE), "gpt-4o")
    assert (known.price, known.price_source, known.context_window) == (FREE, PriceSource.FREE, 128_000)


UNPRICED_LISTS = (Terms("openai-compatible"), Terms("ollama", local=True), Terms("openai"))
ABOVE_ZERO = Terms("together", list_prices=ListPrices.ABOVE_ZERO)
BY_LIST = Terms("openrouter", list_prices=ListPrices.ALL)
NOTHING, CHEAP = (ListedModel("x", input_per_million=each, output_per_million=each) for each in (0.0, 1e-300))


@pytest.mark.parametrize("terms", UNPRICED_LISTS)
@pytest.mark.parametrize("price", [0.0, 1e-300, 1.0])
def test_the_list_of_a_server_that_is_not_known_to_give_prices_gives_none(terms: Terms, price: float) -> None:
    listed = ListedModel("x", context_window=9, input_per_million=price, output_per_million=price)
    known = model_info(TABLE, terms, "x", listed)
    assert (known.price, known.price_source, known.context_window) == (None, None, 9)


def test_a_list_that_is_known_to_give_prices_can_make_a_model_free() -> None:
    known = model_info(TABLE, BY_LIST, "x", NOTHING)
    assert known.price is not None
    assert known.price.is_free
    assert known.price_source is PriceSource.LIST


def test_nothing_in_a_list_that_writes_it_for_unknown_as_well_is_no_price() -> None:
    assert model_info(TABLE, ABOVE_ZERO, "x", NOTHING).price is None
    for price_in, price_out in ((0.0, 1.0), (1.0, 0.0)):
        half = ListedModel("x", input_per_million=price_in, output_per_million=price_out)
        assert model_info(TABLE, ABOVE_ZERO, "x", half).price is None
    whole = ListedModel("x", input_per_million=1.0, output_per_million=2.0)
    assert model_info(TABLE, ABOVE_ZERO, "x", whole).price == Price(1_000_000, 2_000_000)


def test_nothing_in_such_a_list_leaves_the_price_of_the_table() -> None:
    zero = ListedModel("gpt-4o", input_per_million=0.0, output_per_million=0.0)
    terms = Terms("openai", list_prices=ListPrices.ABOVE_ZERO)
    assert model_info(TABLE, terms, "gpt-4o", zero).price == GPT_4O_PRICE


@pytest.mark.parametrize("terms", [BY_LIST, ABOVE_ZERO])
def test_no_price_is_so_small_that_it_is_nothing(terms: Terms) -> None:
    price = model_info(TABLE, terms, "x", CHEAP).price
    assert price == Price(input=1, output=1)
    assert not price.is_free


def test_an_override_is_never_so_small_that_it_is_nothing_but_nothing_is_the_owners_word() -> None:
    for dollars, is_free in ((1e-300, False), (0.0, True)):
        override = PricingOverride(provider="p", model="x", input_per_million=dollars, output_per_million=0.0)
        price = model_info(TABLE, Terms("openai-compatible"), "x", None, override).price
        assert price is not None
        assert price.is_free == is_free


@pytest.mark.parametrize("source", [PriceSource.FREE, PriceSource.LOCAL])
def test_a_listed_price_above_zero_and_an_override_come_before_the_word_that_a_provider_is_free(
    source: PriceSource,
) -> None:
    terms = Terms("openai-compatible", free=source)
    priced = model_info(TABLE, terms, "x", ListedModel("x", input_per_million=1.0, output_per_million=0.0))
    assert (priced.price, priced.price_source) == (Price(1_000_000, 0), PriceSource.LIST)
    assert model_info(TABLE, terms, "x", NOTHING).price_source is source
    override = PricingOverride(provider="p", model="x", input_per_million=1.0, output_per_million=1.0)
    assert model_info(TABLE, terms, "x", NOTHING, override).price == Price(1_000_000, 1_000_000)


def test_a_part_of_a_price_above_zero_makes_a_model_of_a_free_provider_unknown() -> None:
    terms = Terms("openai-compatible", free=PriceSource.FREE)
    for half in (ListedModel("x", input_per_million=1.0), ListedModel("x", usd_per_answer=0.1)):
        known = model_info(TABLE, terms, "x", half)
        assert (known.price, known.price_source) == (None, None)


def test_an_answer_that_costs_by_itself_is_not_free_though_its_tokens_are() -> None:
    listed = ListedModel("x", input_per_million=0.0, output_per_million=0.0, usd_per_answer=0.005)
    price = model_info(TABLE, BY_LIST, "x", listed).price
    assert price == Price(0, 0, request=5_000_000_000)
    assert not price.is_free
    free_in_the_table = model_info(TABLE, BY_LIST, "openai/gpt-oss:free", listed).price
    assert free_in_the_table is not None
    assert not free_in_the_table.is_free


def test_a_hosted_model_has_the_abilities_that_its_vendor_knows_but_windows_and_prices_of_its_host() -> None:
    hosted = look("openrouter", "anthropic/claude-opus-4.5")
    assert hosted.context_window == 190_000
    assert hosted.price == Price(input=5, output=25)
    assert hosted.reasons is True
    assert hosted.capabilities == frozenset({Capability.TOOLS, Capability.IMAGES})


def test_a_host_without_a_row_takes_neither_window_nor_price_from_the_vendor() -> None:
    hosted = look("deepinfra", "anthropic/claude-opus-4-5")
    assert (hosted.context_window, hosted.price, hosted.endpoints) == (None, None, None)
    assert hosted.confirmed == {Capability.TOOLS, Capability.IMAGES}


def test_a_variant_of_a_model_has_no_known_price() -> None:
    variant = look("openrouter", "openai/gpt-4o:nitro")
    assert variant.context_window == 128_000
    assert variant.price is None
    assert variant.price_source is None


def test_a_variant_with_a_row_has_its_own_price() -> None:
    price = look("openrouter", "openai/gpt-oss:free").price
    assert price is not None
    assert price.is_free


@pytest.mark.parametrize(
    ("preset", "model", "served"),
    [
        ("openai", "gpt-4o", {Endpoint.CHAT_COMPLETIONS}),
        ("openrouter", "openai/gpt-4o", {Endpoint.CHAT_COMPLETIONS, Endpoint.COMPLETIONS}),
        ("openai", "davinci-002", {Endpoint.COMPLETIONS}),
        ("openai", "text-embedding-3-small", {Endpoint.EMBEDDINGS}),
        ("openai", "o1-pro", {Endpoint.CHAT_COMPLETIONS}),
        ("openrouter", "somebody/some-model", set(Endpoint)),
        ("openai", "never-heard-of", set(Endpoint)),
    ],
)
def test_a_model_serves_what_it_is_made_for_and_an_unknown_one_may_serve_anything(
    preset: str, model: str, served: set[Endpoint]
) -> None:
    known = look(preset, model)
    assert {endpoint for endpoint in Endpoint if known.serves(endpoint)} == served


def test_what_no_source_denies_may_be_asked_for() -> None:
    table = CatalogTable(DAY, (), {"groq": {"llama": {"has": ["tools"], "lacks": ["images"]}}})
    known = model_info(table, Terms("groq"), "llama")
    assert known.capabilities == frozenset({Capability.TOOLS, Capability.JSON_SCHEMA})
    assert known.confirmed == {Capability.TOOLS}


def test_a_price_is_read_with_all_its_parts() -> None:
    assert look("gemini", "gemini-pro").price == Price(
        input=1,
        output=2,
        cache_write=3,
        cache_write_1h=4,
        reasoning=5,
        request=6,
        tiers=(PriceTier(above=200, price=Price(input=10, output=20, cached=1)),),
    )


@pytest.mark.parametrize(
    ("day", "expected"), [("2026-11-30", 1), ("2026-12-01", 7), ("2026-12-31", 7), ("2027-01-01", 9), ("2028-05-05", 9)]
)
def test_an_announced_price_comes_into_force_on_its_day(day: str, expected: int) -> None:
    price = model_info(TABLE, Terms("gemini"), "gemini-pro", on=day).price
    assert price is not None
    assert price.input == expected


def test_the_list_of_a_provider_comes_before_the_table() -> None:
    listed = ListedModel(
        "gpt-4o", context_window=64_000, max_output_tokens=100, input_per_million=1, output_per_million=2
    )
    known = model_info(TABLE, PRICED_LIST, "gpt-4o", listed)
    assert (known.context_window, known.max_output_tokens) == (64_000, 100)
    assert known.price == Price(input=1_000_000, output=2_000_000)
    assert known.price_source is PriceSource.LIST


def test_a_list_that_says_nothing_leaves_the_table_as_it_is() -> None:
    assert model_info(TABLE, PRICED_LIST, "gpt-4o", ListedModel("gpt-4o")) == look("openai", "gpt-4o")


def test_a_list_that_agrees_with_the_table_keeps_what_the_table_knows_of_caches() -> None:
    listed = ListedModel("gpt-4o", input_per_million=2.5, output_per_million=10)
    assert model_info(TABLE, PRICED_LIST, "gpt-4o", listed).price == GPT_4O_PRICE


def test_prices_of_caches_are_taken_from_a_list() -> None:
    listed = ListedModel(
        "x", input_per_million=1, output_per_million=2, cached_per_million=0.1, cache_write_per_million=1.25
    )
    price = Price(input=1_000_000, output=2_000_000, cached=100_000, cache_write=1_250_000)
    assert model_info(TABLE, Terms("openrouter", list_prices=ListPrices.ALL), "x", listed).price == price


def test_a_negative_price_in_a_list_is_no_price() -> None:
    listed = ListedModel("auto", input_per_million=-1, output_per_million=-1)
    assert model_info(TABLE, Terms("openrouter", list_prices=ListPrices.ALL), "auto", listed).price is None


@pytest.mark.parametrize("model", ["openai/gpt-4o", "openai/gpt-oss:free"])
def test_a_price_that_varies_by_its_own_list_is_not_what_the_table_says(model: str) -> None:
    varies = ListedModel(model, price_varies=True)
    known = model_info(TABLE, BY_LIST, model, varies)
    assert (known.price, known.price_source) == (None, None)
    assert model_info(TABLE, Terms("openrouter"), model, varies).price_source is PriceSource.TABLE


def test_half_a_price_in_a_list_is_no_price_but_for_embeddings() -> None:
    half = ListedModel("x", input_per_million=1)
    assert model_info(TABLE, PRICED_LIST, "x", half).price is None
    assert model_info(TABLE, PRICED_LIST, "text-embedding-3-small", half).price == Price(input=1_000_000, output=0)


def test_a_list_adds_capabilities_and_denies_only_what_no_source_confirms() -> None:
    listed = ListedModel("x", capabilities=frozenset({Capability.TOOLS}))
    unknown = model_info(TABLE, PRICED_LIST, "x", listed)
    assert unknown.capabilities == frozenset({Capability.TOOLS, Capability.JSON_SCHEMA})
    assert unknown.confirmed == {Capability.TOOLS}
    known = model_info(TABLE, PRICED_LIST, "gpt-4o", listed)
    assert known.capabilities == frozenset(Capability)


def test_a_list_can_name_what_the_table_denies() -> None:
    listed = ListedModel("claude-opus-4-5", capabilities=frozenset({Capability.JSON_SCHEMA}))
    assert model_info(TABLE, Terms("anthropic"), "claude-opus-4-5", listed).capabilities == frozenset(Capability)


def test_the_users_own_price_comes_first() -> None:
    override = PricingOverride(provider="p", model="gpt-4o", input_per_million=0.5, output_per_million=1.5)
    listed = ListedModel("gpt-4o", input_per_million=1, output_per_million=2)
    known = model_info(TABLE, PRICED_LIST, "gpt-4o", listed, override)
    assert known.price == Price(input=500_000, output=1_500_000)
    assert known.price_source is PriceSource.OVERRIDE
    assert known.context_window == 128_000


def test_a_local_model_can_be_given_a_price() -> None:
    override = PricingOverride(provider="p", model="llama", input_per_million=0.1, output_per_million=0.1)
    assert model_info(TABLE, OLLAMA, "llama", None, override).price == Price(input=100_000, output=100_000)


def test_local_servers_may_leave_out_the_tag_latest() -> None:
    index = {name: ListedModel(name) for name in ("llama3:latest", "qwen", "phi:3b")}
    assert listed_as(index, "llama3") is index["llama3:latest"]
    assert listed_as(index, "qwen:latest") is index["qwen"]
    assert listed_as(index, "phi:3b") is index["phi:3b"]
    assert listed_as(index, "phi") is None


PROVIDERS = (
    Provider(name="second", preset="openai"),
    Provider(name="first", preset="groq"),
    Provider(name="off", preset="groq", enabled=False),
)
LISTS = {"second": ("b", "a", "b"), "first": ("z", "c"), "off": ("d",)}


def listed_names(selection: AvailableModelsSelection) -> list[str]:
    strategy = Strategy(id="s", name="S", allowed_models=selection)
    snapshot = Snapshot(Config(providers=PROVIDERS, strategies=(strategy,)))
    found = allowed_models(snapshot, strategy, lambda provider: [ListedModel(name) for name in LISTS[provider.name]])
    return [f"{provider.name}/{model}" for provider, model in found]


def test_models_are_listed_in_provider_order_then_by_name() -> None:
    assert listed_names(AvailableModelsSelection()) == ["second/a", "second/b", "first/c", "first/z"]


def test_only_allowed_models_are_listed() -> None:
    picked = AvailableModelsSelection(
        selected_all=False, selected_providers=("First",), selected_models=(("second", "b"), ("off", "d"))
    )
    assert listed_names(picked) == ["second/b", "first/c", "first/z"]
    assert listed_names(AvailableModelsSelection(selected_all=False)) == []


def test_models_that_can_be_kept_in_a_region_have_a_price_there() -> None:
    old = ("claude-3-5-haiku-latest", "claude-opus-4-1-20250805", "claude-sonnet-4-0", "claude-haiku-4-5", "claude-v1")
    new = ("claude-opus-4-6", "claude-opus-4-7-20260416", "claude-sonnet-5", "claude-haiku-5-5", "claude-mythos-5-1")
    row: Row = {"price": {"input": 5_000_000, "output": 25_000_000, "cached": 500_000}}
    table = CatalogTable(DAY, (), {"anthropic": dict.fromkeys((*old, *new), row)})

    def there(model: str) -> Price | None:
        price = model_info(table, Terms("anthropic"), model).price
        assert price is not None, model
        return price.in_service_tier("region us")

    assert [there(model) for model in old] == [None] * len(old)
    assert all(there(model) is not None for model in new)
    opus = there("claude-opus-4-6")
    assert opus is not None
    assert (opus.input, opus.output, opus.cached) == (5_500_000, 27_500_000, 550_000)


@pytest.mark.parametrize(
    ("model", "input_price"), [("claude-opus-4-6-20260205", 30_000_000), ("claude-opus-5", 10_000_000)]
)
def test_an_answer_that_was_hurried_costs_what_is_published(model: str, input_price: int) -> None:
    row: Row = {"price": {"input": 5_000_000, "output": 25_000_000}}
    table = CatalogTable(DAY, (), {"anthropic": {model: row, "claude-opus-5-5": row}})
    price = model_info(table, Terms("anthropic"), model).price
    assert price is not None
    fast = price.in_service_tier("fast")
    assert fast is not None
    assert (fast.input, fast.output) == (input_price, 5 * input_price)
    assert price.dearest_input < input_price, "strict limits refuse to hurry, and need not reserve for it"
    other = model_info(table, Terms("anthropic"), "claude-opus-5-5").price
    assert other is not None
    assert other.in_service_tier("fast") is None, "unknown is unknown"
