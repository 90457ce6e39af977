from __future__ import annotations

import re

import pytest

from localrouter.domain.configuration.config import AutoModelConfig, AvailableModelsSelection, Config, PricingOverride
from localrouter.domain.configuration.validation.references import reference_problems
from localrouter.domain.errors import Finding, Severity
from tests.documents import a_client, a_config, a_provider, a_strategy, places, remarks
from tests.domain.configuration.validation.test_strategies import a_limit

PROVIDERS = (a_provider("OpenAI", models=("gpt", "meta/llama")), a_provider("off", enabled=False))


def warnings(**fields: object) -> list[Finding]:
    config = a_config(providers=PROVIDERS, strategies=(a_strategy("s", **fields),), clients=(a_client("c", "s"),))
    assert places(config) == [], "nothing of this keeps a document from being used"
    return remarks(config, Severity.WARNING)


@pytest.mark.parametrize(
    ("target", "why"),
    [
        ("opneai/gpt", 'There is no provider|no provider "opneai".*OpenAI'),
        ("localrouter/auto", "auto-routing of this strategy is off"),
        ("localrouter/best", 'only "localrouter/auto"'),
        ("off/gpt", "is disabled"),
    ],
)
def test_an_alias_that_nobody_can_serve_is_a_warning_that_says_why(target: str, why: str) -> None:
    (finding,) = warnings(aliases=(("small", target),))
    assert finding.path == "strategies[1].aliases[0]"
    assert '"small"' in finding.message
    assert re.search(why, finding.message), finding.message


def test_an_alias_that_is_not_allowed_is_a_warning() -> None:
    only = AvailableModelsSelection(selected_all=False, selected_models=(("openai", "gpt"),))
    assert warnings(aliases=(("a", "openai/gpt"),), allowed_models=only) == []
    (finding,) = warnings(aliases=(("a", "openai/other"),), allowed_models=only)
    assert "not among the allowed models" in finding.message


def test_aliases_that_lead_somewhere_are_no_remark() -> None:
    auto = AutoModelConfig(enabled=True, prioritized_models=(("openai", "gpt"),))
    aliases = (("a", "localrouter/auto"), ("b", "a"), ("c", "openai/anything"), ("d", "bare"), ("e", "meta/llama"))
    assert warnings(aliases=aliases, auto_config=auto) == []


def test_a_bare_target_is_a_warning_only_where_there_is_no_provider_at_all() -> None:
    config = a_config(strategies=(a_strategy("s", aliases=(("a", "gpt-4o"),)),))
    assert places(config, Severity.WARNING) == ["strategies[1].aliases[0]"]


def test_a_price_of_a_provider_that_does_not_exist_is_a_warning() -> None:
    prices = tuple(
        PricingOverride(provider=name, model="m", input_per_million=1, output_per_million=2)
        for name in ("openai", "gone")
    )
    config = a_config(providers=PROVIDERS).model_copy(update={"pricing_overrides": prices})
    (finding,) = remarks(config, Severity.WARNING)
    assert finding.path == "pricing_overrides[1]"
    assert '"gone/m"' in finding.message


def test_what_is_allowed_of_a_provider_that_does_not_exist_is_a_warning() -> None:
    chosen = AvailableModelsSelection(
        selected_all=False, selected_providers=("openai", "gone"), selected_models=(("gone", "x"), ("openai", "y"))
    )
    assert [finding.path for finding in warnings(allowed_models=chosen)] == [
        "strategies[1].allowed_models.selected_providers[1]",
        "strategies[1].allowed_models.selected_models[0]",
    ]


def test_limits_of_a_strategy_that_no_client_uses_limit_nothing() -> None:
    limited = a_strategy("s", rate_limits=(a_limit("cost", 1, "day"),))
    assert places(a_config(strategies=(limited,)), Severity.WARNING) == ["strategies[1].rate_limits"]
    assert places(a_config(strategies=(limited,), clients=(a_client("c", "s"),)), Severity.WARNING) == []


def test_each_is_a_sentence_that_stands_alone_and_an_empty_document_has_none() -> None:
    assert reference_problems(Config()) == ()
    config = a_config(providers=PROVIDERS, strategies=(a_strategy("s", aliases=(("x", "gone/m"),)),))
    (said,) = reference_problems(config)
    assert '"x"' in said
    assert '"s"' in said
    assert '"gone' in said
