from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from localrouter.domain.configuration.config import (
    AutoModelConfig,
    AvailableModelsSelection,
    Config,
    LogLevel,
    PricingOverride,
    Timeouts,
)
from localrouter.domain.configuration.edits import providers as edits
from localrouter.domain.configuration.validation.validation import approved
from localrouter.domain.errors import NotFound, Refusal
from tests.documents import PRESETS, a_config, a_provider, a_strategy


def a_price(provider: str, model: str, dollars: float = 1) -> PricingOverride:
    return PricingOverride(provider=provider, model=model, input_per_million=dollars, output_per_million=dollars)


def a_strategy_of(provider: str) -> Config:
    """A document in which everything that can name a provider names this one, and another besides."""
    strategy = a_strategy(
        "s",
        allowed_models=AvailableModelsSelection(
            selected_all=False,
            selected_providers=("other", provider),
            selected_models=((provider, "x"), ("other", "x")),
        ),
        auto_config=AutoModelConfig(
            enabled=True, prioritized_models=((provider, "x"), ("other", "x")), available_models=((provider, "y"),)
        ),
        aliases=(("a", f"{provider}/x/y"), ("b", "other/x"), ("c", "bare"), ("d", "a")),
    )
    config = a_config(providers=(a_provider(provider), a_provider("other")), strategies=(strategy,))
    return config.model_copy(update={"pricing_overrides": (a_price(provider, "x"), a_price("other", "x"))})


def test_a_provider_is_created_once() -> None:
    config = edits.create_provider(Config(), a_provider("OpenAI"))
    assert config.providers == (a_provider("OpenAI"),)
    with pytest.raises(Refusal, match="already"):
        edits.create_provider(config, a_provider("openai"))


def test_a_provider_is_found_and_changed_whatever_the_case_of_its_name() -> None:
    config = a_config(providers=(a_provider("a"), a_provider("OpenAI", base_url="http://a", secret="env:A")))
    timeouts = Timeouts(connect=1)
    changed = edits.update_provider(config, "openai", {"enabled": False, "base_url": None, "timeouts": timeouts})
    assert changed.providers[1] == a_provider("OpenAI", secret="env:A", enabled=False, timeouts=timeouts)
    assert changed.providers[0] is config.providers[0]


def test_a_secret_is_named_and_cleared() -> None:
    config = edits.set_provider_secret(a_config(providers=(a_provider("p"),)), "P", "store:p")
    assert config.providers[0].secret == "store:p"
    assert edits.set_provider_secret(config, "p", None).providers[0].secret is None


def test_everything_that_names_a_renamed_provider_follows() -> None:
    renamed = edits.update_provider(a_strategy_of("old"), "OLD", {"name": " new ", "enabled": True})
    assert renamed == a_strategy_of("new")
    assert edits.rename_provider(a_strategy_of("old"), "old", "Old") == a_strategy_of("Old")
    assert edits.rename_provider(a_strategy_of("old"), "old", "old") == a_strategy_of("old")


def test_what_a_deleted_provider_left_yields_to_one_that_takes_its_name() -> None:
    config = edits.rename_provider(edits.delete_provider(a_strategy_of("old"), "other"), "old", "Other")
    auto = config.strategies[1].auto_config
    assert auto is not None
    assert (auto.prioritized_models, auto.available_models) == ((("Other", "x"),), (("Other", "y"),))
    assert config.pricing_overrides == (a_price("Other", "x"),)
    assert approved(config, presets=PRESETS) == config


@pytest.mark.parametrize("name", ["", " ", None, "OTHER"])
def test_a_provider_needs_a_free_name(name: object) -> None:
    with pytest.raises(Refusal):
        edits.update_provider(a_strategy_of("old"), "old", {"name": name})


def test_strategies_stay_as_they_were_when_a_provider_is_deleted() -> None:
    config = a_strategy_of("old")
    deleted = edits.delete_provider(config, "OLD")
    assert [provider.name for provider in deleted.providers] == ["other"]
    assert deleted.strategies == config.strategies
    assert approved(deleted, presets=PRESETS) == deleted


def test_a_price_is_set_replaced_and_deleted() -> None:
    config = edits.set_pricing_override(Config(), a_price("a", "x"))
    config = edits.set_pricing_override(config, a_price("a", "y"))
    config = edits.set_pricing_override(config, a_price("A", "x", 5))
    assert config.pricing_overrides == (a_price("A", "x", 5), a_price("a", "y"))
    assert edits.delete_pricing_override(config, "a", "x").pricing_overrides == (a_price("a", "y"),)
    with pytest.raises(NotFound, match="a/X"):
        edits.delete_pricing_override(config, "a", "X")


def test_fields_of_a_section_are_changed_and_cleared() -> None:
    config = edits.update_section(Config(), "server", {"port": 9000, "allowed_hosts": ("a",)})
    assert (config.server.port, config.server.allowed_hosts, config.server.host) == (9000, ("a",), "127.0.0.1")
    assert edits.update_section(config, "server", {"port": None, "allowed_hosts": None}) == Config()
    assert edits.update_section(config, "logging", {"level": LogLevel.DEBUG}).logging.level is LogLevel.DEBUG
    with pytest.raises(Refusal, match="colour"):
        edits.update_section(config, "metrics", {"colour": 1})


def test_another_document_takes_the_place_of_this_one_and_the_count_goes_on() -> None:
    config = Config(revision=7)
    document = a_strategy_of("p").model_copy(update={"revision": 99})
    assert edits.replace_document(config, document) == document.model_copy(update={"revision": 7})


def test_changed_sections_are_named() -> None:
    config = a_strategy_of("p")
    assert edits.changed_sections(config, config.model_copy(update={"revision": 9})) == ()
    assert edits.changed_sections(config, Config()) == ("providers", "strategies", "pricing_overrides")
    assert set(edits.SECTIONS) | {"version", "revision", "retired_keys"} == set(Config.model_fields)


@pytest.mark.parametrize(
    "edit",
    [
        lambda config: edits.update_provider(config, "gone", {}),
        lambda config: edits.rename_provider(config, "gone", "x"),
        lambda config: edits.set_provider_secret(config, "gone", None),
        lambda config: edits.delete_provider(config, "gone"),
    ],
)
def test_an_unknown_provider_is_an_error_that_names_it(edit: Callable[[Config], Config]) -> None:
    with pytest.raises(NotFound, match='"gone"'):
        edit(Config())


PROVIDERS = st.sampled_from(("a", "A", "b", "B", "c", "other"))
STEPS = st.one_of(
    st.tuples(st.just(edits.create_provider), PROVIDERS.map(a_provider)),
    st.tuples(st.just(edits.rename_provider), PROVIDERS, PROVIDERS),
    st.tuples(st.just(edits.delete_provider), PROVIDERS),
    st.tuples(st.just(edits.set_pricing_override), st.builds(a_price, PROVIDERS, st.sampled_from("xy"))),
    st.tuples(st.just(edits.delete_pricing_override), PROVIDERS, st.sampled_from("xy")),
)


@given(st.lists(STEPS, max_size=15))
def test_whatever_is_done_to_providers_and_prices_leaves_a_valid_document(steps: list[tuple]) -> None:  # type: ignore[type-arg]
    config = a_strategy_of("a")
    for edit, *arguments in steps:
        try:
            config = edit(config, *arguments)
        except Refusal:
            continue
        assert approved(config, presets=PRESETS) == config
