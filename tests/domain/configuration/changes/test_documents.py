"""What changed from one state of the whole document to the next."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from localrouter.domain.configuration.changes.documents import NOTHING, changes, summary
from localrouter.domain.configuration.config import Config, PricingOverride
from localrouter.domain.configuration.edits import clients_and_strategies as edits
from localrouter.domain.configuration.edits import providers
from tests.documents import a_client, a_config, a_provider, a_strategy, new_client

SECRET = "sk-1234567890abcdef"


def told(before: Config, after: Config) -> list[str]:
    return [change.words for change in changes(before, after)]


def test_a_new_client_and_its_strategy_are_told_by_name() -> None:
    before = a_config()
    after = edits.create_client_with_strategy(before, "aider", new_client(1))
    assert told(before, after) == ["Client aider and aider's strategy added"]
    assert told(after, before) == ["Client aider and aider's strategy deleted"]


@pytest.mark.parametrize(
    ("edit", "words"),
    [
        (lambda client: client.model_copy(update={"name": "cline"}), 'Client cline: renamed from "aider"'),
        (lambda client: client.model_copy(update={"enabled": False}), "Client aider: disabled"),
        (lambda client: client.model_copy(update={"key_digest": "0" * 64}), "Client aider: new key"),
        (lambda client: client.model_copy(update={"strategy_id": "s"}), "Client aider: strategy Default Strategy → s"),
    ],
)
def test_a_changed_client_is_told(edit: Callable[..., object], words: str) -> None:
    before = a_config(clients=(a_client("aider"),), strategies=(a_strategy("s"),))
    after = before.model_copy(update={"clients": (edit(before.clients[0]),)})
    assert told(before, after) == [words]


def test_a_renamed_provider_is_no_other_one() -> None:
    before = a_config(providers=(a_provider("openai"), a_provider("other", base_url="http://a/v1")))
    assert told(before, providers.rename_provider(before, "openai", "work")) == ["Provider openai renamed to work"]


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"enabled": False}, "Provider openai: disabled"),
        ({"base_url": "http://x/v1"}, "Provider openai: address not set → http://x/v1"),
        ({"free": True}, "Provider openai: costs nothing not set → on"),
        ({"timeouts": {"idle": 60.0}}, "Provider openai: idle timeout (s) 120 → 60"),
        ({"request_fields": {"drop": ("seed",)}}, "Provider openai: fields left out + seed"),
    ],
)
def test_a_changed_provider_is_told(fields: dict[str, object], words: str) -> None:
    before = a_config(providers=(a_provider("openai"),))
    after = a_config(providers=(a_provider("openai", **fields),))
    assert told(before, after) == [words]


def test_no_key_header_or_proxy_is_told() -> None:
    before = a_config(providers=(a_provider("openai", secret=f"store:{SECRET}"),))
    fields = {"secret": "store:new", "headers": {"X-Key": SECRET}, "proxy": f"http://u:{SECRET}@h"}
    found = changes(before, a_config(providers=(a_provider("openai", **fields),)))
    assert [change.text for change in found] == ["key changed", "headers set", "proxy set"]
    assert SECRET not in repr(found)


def test_prices_and_settings_are_told() -> None:
    before = a_config()
    price = PricingOverride(provider="openai", model="gpt-4o", input_per_million=2.5, output_per_million=10)
    server = before.server.model_copy(update={"port": 4000})
    after = before.model_copy(update={"pricing_overrides": (price,), "server": server})
    assert told(before, after) == [
        "Price of openai/gpt-4o: set to $2.5 / $10 per million tokens",
        "Server: port 3625 → 4000",
    ]
    dearer = after.model_copy(update={"pricing_overrides": (price.model_copy(update={"input_per_million": 3.0}),)})
    assert told(after, dearer) == [
        "Price of openai/gpt-4o: $2.5 / $10 per million tokens → $3 / $10 per million tokens"
    ]


def test_a_summary_is_one_line_however_much_changed() -> None:
    before = a_config()
    after = a_config(clients=tuple(a_client(name) for name in "abc"))
    assert summary(changes(before, before)) == NOTHING
    assert summary(changes(before, after)) == "Client a added; 2 more changes"


def test_what_came_or_went_is_told_first() -> None:
    before = a_config(providers=(a_provider("openai"),))
    after = edits.create_client_with_strategy(
        a_config(providers=(a_provider("openai", enabled=False),)), "aider", new_client(1)
    )
    assert told(before, after)[0] == "Client aider and aider's strategy added"
    assert told(before, after)[-1] == "Provider openai: disabled"
