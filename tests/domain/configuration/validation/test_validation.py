from __future__ import annotations

from datetime import datetime

import pytest

from localrouter.domain.configuration.access import digest
from localrouter.domain.configuration.config import Config, PricingOverride, Server
from localrouter.domain.configuration.document import write
from localrouter.domain.configuration.validation.validation import approved, findings, parse
from localrouter.domain.errors import Invalid, Severity
from tests.documents import MORNING, PRESETS, a_client, a_config, a_provider, a_strategy, places


def a_price(provider: str, model: str) -> PricingOverride:
    return PricingOverride(provider=provider, model=model, input_per_million=1, output_per_million=1)


def test_an_empty_document_has_nothing_to_be_said_about() -> None:
    assert findings(Config(), presets=PRESETS) == ()
    assert parse({}, presets=PRESETS) == Config()


def test_ids_names_and_keys_of_clients_are_unique() -> None:
    one = a_client("one")
    assert places(a_config(clients=(one, a_client("ONE", name="b")))) == ["clients[1].id"]
    assert places(a_config(clients=(one, a_client("two", name="One")))) == ["clients[1].name"]
    assert places(a_config(clients=(one, a_client("two", key_digest=digest("one"))))) == ["clients[1].key_digest"]


def test_ids_and_names_of_clients_are_not_blank() -> None:
    assert places(a_config(clients=(a_client(" "),))) == ["clients[0].id", "clients[0].name"]


@pytest.mark.parametrize("strategy_id", ["gone", None, "DEFAULT"])
def test_a_client_names_a_strategy_that_exists(strategy_id: str | None) -> None:
    assert places(a_config(clients=(a_client("c", strategy_id),))) == ["clients[0].strategy_id"]


def test_a_client_knows_when_it_was_made_everywhere_on_earth() -> None:
    assert places(a_config(clients=(a_client("c", created_at=datetime(2026, 1, 31)),))) == ["clients[0].created_at"]
    assert places(a_config(clients=(a_client("c", created_at=MORNING),))) == []


def test_a_routing_config_is_noted_as_unused() -> None:
    config = a_config(clients=(a_client("c", routing_config={"any": 1}),))
    assert places(config) == []
    assert places(config, Severity.NOTE) == ["clients[0].routing_config"]


def test_the_default_strategy_always_exists() -> None:
    assert places(Config(strategies=(a_strategy("s"),))) == ["strategies"]


def test_the_version_is_ours() -> None:
    assert places(Config(version=99)) == ["version"]


def test_a_model_has_one_price_of_its_own() -> None:
    prices = (a_price("a", "x"), a_price("a", "X"), a_price("b", "x"))
    assert places(Config(pricing_overrides=prices)) == []
    assert places(Config(pricing_overrides=(*prices, a_price("A", "x")))) == ["pricing_overrides[3]"]


@pytest.mark.parametrize("host", ["example.com", "192.168.1.5", "::1", "[::1]", "fd00::5"])
def test_an_allowed_host_is_a_name_or_address(host: str) -> None:
    assert places(Config(server=Server(allowed_hosts=(host,)))) == []


@pytest.mark.parametrize("host", ["*", "http://example.com", "example.com:80", "a b", "x/y", "[::1]:80"])
def test_an_allowed_host_is_nothing_else(host: str) -> None:
    assert places(Config(server=Server(allowed_hosts=("a", host)))) == ["server.allowed_hosts[1]"]


@pytest.mark.parametrize("origin", ["https://app.example.com", "http://localhost:5173", "app://page"])
def test_a_cors_origin_is_exact(origin: str) -> None:
    assert places(Config(server=Server(cors_origins=(origin,)))) == []


@pytest.mark.parametrize("origin", ["*", "null", "https://*.example.com", "https://a/", "example.com", "https://a b"])
def test_a_cors_origin_is_never_a_pattern_or_an_address(origin: str) -> None:
    assert places(Config(server=Server(cors_origins=(origin,)))) == ["server.cors_origins[0]"]


def test_parsing_refuses_with_every_error_and_no_warning() -> None:
    text = write(
        a_config(
            clients=(a_client("c", "gone", routing_config={}),),
            strategies=(a_strategy("s", parent="gone"),),
            providers=(a_provider("a/b"),),
        )
    )
    with pytest.raises(Invalid) as refusal:
        parse(text, presets=PRESETS)
    paths = [finding.path for finding in refusal.value.findings]
    assert paths == ["providers[0].name", "clients[0].strategy_id", "strategies[1].parent"]
    assert refusal.value.message.startswith("providers[0].name: ")
    assert refusal.value.message.endswith("(2 more)")


def test_approval_looks_at_copied_values_again() -> None:
    config = Config()
    assert approved(config, presets=PRESETS) == config
    with pytest.raises(Invalid, match=r"^revision: "):
        approved(config.model_copy(update={"revision": -1}), presets=PRESETS)
    with pytest.raises(Invalid, match=r"^strategies: "):
        approved(config.model_copy(update={"strategies": ()}), presets=PRESETS)
