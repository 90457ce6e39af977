from __future__ import annotations

import pytest

from localrouter.domain.configuration.access import digest
from localrouter.domain.configuration.config import AvailableModelsSelection, PricingOverride, Provider
from localrouter.domain.configuration.snapshot import Snapshot
from tests.documents import a_client, a_config, a_provider, a_strategy

PRICE = PricingOverride(provider="OpenAI", model="gpt", input_per_million=1, output_per_million=2)
CONFIG = a_config(
    clients=(a_client("one"), a_client("two", "s")),
    strategies=(a_strategy("s", aliases=(("GPT-4o", "openai/gpt"),)),),
    providers=(a_provider("OpenAI"), a_provider("BÜRO")),
).model_copy(update={"revision": 7, "pricing_overrides": (PRICE,)})
SNAPSHOT = Snapshot(CONFIG)


def test_a_snapshot_gives_its_document_and_revision() -> None:
    assert SNAPSHOT.config is CONFIG
    assert SNAPSHOT.revision == 7


def test_clients_are_found_by_id_and_by_the_digest_of_their_key() -> None:
    assert SNAPSHOT.client("two") is CONFIG.clients[1]
    assert SNAPSHOT.client("three") is None
    assert SNAPSHOT.client_by_digest(digest("one")) is CONFIG.clients[0]
    assert SNAPSHOT.client_by_digest(digest("three")) is None


def test_strategies_are_found_by_id_and_by_client() -> None:
    assert SNAPSHOT.strategy("s") is CONFIG.strategies[1]
    assert SNAPSHOT.strategy("gone") is None
    assert SNAPSHOT.strategy_of(CONFIG.clients[0]) is CONFIG.strategies[0]
    assert SNAPSHOT.strategy_of(CONFIG.clients[1]) is CONFIG.strategies[1]


def test_providers_and_prices_are_found_without_regard_to_ascii_case() -> None:
    assert SNAPSHOT.provider("openai") is CONFIG.providers[0]
    assert SNAPSHOT.provider("bÜro") is CONFIG.providers[1]
    assert SNAPSHOT.provider("büro") is None
    assert SNAPSHOT.pricing_override("OPENAI", "gpt") is PRICE
    assert SNAPSHOT.pricing_override("openai", "GPT") is None


@pytest.mark.parametrize(
    ("priced", "asked"),
    [
        ("llama3.2", "llama3.2:latest"),
        ("llama3.2:latest", "llama3.2"),
        ("llama3.2", "Llama3.2:LATEST"),
        ("qwen3:8b", "library/qwen3:8B"),
        ("qwen3:8b", "registry.ollama.ai/library/qwen3:8b"),
        ("me/own", "me/own:latest"),
    ],
)
def test_a_price_holds_for_every_name_that_ollama_takes_for_the_model(priced: str, asked: str) -> None:
    price = PricingOverride(provider="local", model=priced, input_per_million=1, output_per_million=2)
    config = a_config(providers=(a_provider("local", preset="ollama"),))
    snapshot = Snapshot(config.model_copy(update={"pricing_overrides": (price,)}))
    assert snapshot.pricing_override("Local", asked) is price
    assert snapshot.pricing_override("Local", priced) is price
    assert snapshot.pricing_override("Local", f"{asked}-other") is None
    assert snapshot.pricing_override("Local", f"other/{asked}") is None


def test_an_alias_is_found_in_its_own_strategy_only() -> None:
    assert SNAPSHOT.alias(CONFIG.strategies[1], "gpt-4O") == "openai/gpt"
    assert SNAPSHOT.alias(CONFIG.strategies[0], "gpt-4o") is None


def test_only_the_exact_name_of_an_alias_is_one_that_its_owner_gave() -> None:
    strategy = a_strategy("s", aliases=(("claude-*", "up/m"), ("gpt", "up/m")))
    snapshot = Snapshot(a_config(strategies=(strategy,)))
    assert snapshot.alias(strategy, "claude-lr-secret") == "up/m"
    assert snapshot.is_alias(strategy, "GPT")
    assert not snapshot.is_alias(strategy, "claude-lr-secret")


@pytest.mark.parametrize(
    ("selection", "allowed"),
    [
        (AvailableModelsSelection(), {"a/x", "a/y", "b/x"}),
        (AvailableModelsSelection(selected_all=False), set()),
        (AvailableModelsSelection(selected_all=False, selected_providers=("A",)), {"a/x", "a/y"}),
        (AvailableModelsSelection(selected_all=False, selected_models=(("A", "x"), ("b", "X"))), {"a/x"}),
        (
            AvailableModelsSelection(selected_all=False, selected_providers=("b",), selected_models=(("a", "y"),)),
            {"a/y", "b/x"},
        ),
        (AvailableModelsSelection(selected_all=True, selected_models=(("a", "y"),)), {"a/x", "a/y", "b/x"}),
    ],
)
def test_a_strategy_allows_what_its_selection_says(selection: AvailableModelsSelection, allowed: set[str]) -> None:
    strategy = a_strategy("s", allowed_models=selection)
    snapshot = Snapshot(a_config(strategies=(strategy,)))
    models = [("a", "x"), ("a", "y"), ("b", "x")]
    assert {f"{p}/{m}" for p, m in models if snapshot.is_model_allowed(strategy, p, m)} == allowed
    assert {f"{p}/{m}" for p, m in models if snapshot.is_model_allowed(strategy, p.upper(), m)} == allowed
    assert {f"{p}/{m}" for p, m in models if selection.is_model_allowed(p.upper(), m)} == allowed
    assert selection.ready().is_empty == (not allowed)


@pytest.mark.parametrize(
    ("selected", "asked", "allowed"),
    [
        ("llama3.2:latest", "llama3.2", True),
        ("llama3.2", "llama3.2:latest", True),
        ("library/llama3.2", "Llama3.2", True),
        ("llama3.2", "llama3.2:3b", False),
        ("llama3.2:3b", "llama3.2", False),
    ],
)
def test_names_that_a_provider_treats_as_equal_are_allowed_alike(selected: str, asked: str, allowed: bool) -> None:
    selection = AvailableModelsSelection(selected_all=False, selected_models=(("Local", selected), ("cloud", selected)))
    strategy = a_strategy("s", allowed_models=selection)
    providers = (Provider(name="local", preset="ollama"), Provider(name="cloud", preset="openai"))
    snapshot = Snapshot(a_config(strategies=(strategy,), providers=providers))
    assert snapshot.is_model_allowed(strategy, "LOCAL", asked) is allowed
    assert not snapshot.is_model_allowed(strategy, "cloud", asked)
    assert snapshot.is_model_allowed(strategy, "cloud", selected)


def test_a_snapshot_cannot_be_changed() -> None:
    with pytest.raises(AttributeError):
        SNAPSHOT.config = CONFIG  # type: ignore[misc]
