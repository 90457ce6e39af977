"""What is sent with a provider's calls, and what is told where it cannot be sent."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from localrouter.dialects.presets import OWN_VARIABLES, PRESETS
from localrouter.domain.configuration.config import Provider
from localrouter.domain.credentials.bindings import Destination
from localrouter.domain.routing.failures import Cools, Failure, FailureKind, cools
from localrouter.gateway.endpoints import Targets
from localrouter.services.secrets.gate import Gate
from localrouter.services.secrets.store import SecretStore
from localrouter.services.upstream.client import Target

URL = "http://127.0.0.1:9/v1"


def target(value: str, **changes: object) -> Target | Failure:
    """The target of a provider whose every reference leads to this value, and is bound to its address."""
    given = {"secret": "env:LOCALROUTER_KEY_ACME"} | changes
    provider = Provider(name="acme", preset="openai-compatible", base_url=URL, **given)  # type: ignore[arg-type]
    environment = {"LOCALROUTER_KEY_ACME": value, "LOCALROUTER_KEY_ACME_FOR": URL, "LOCALROUTER_SECRETS": "file"}
    with TemporaryDirectory() as folder:
        (Path(folder) / "secrets.json").write_text(json.dumps({"acme": value}))
        secrets = SecretStore.open(Path(folder), environment)
        secrets.records.begin({"acme": (Destination("http://127.0.0.1:9"),)}, {})
        return Targets(PRESETS, secrets.resolve, Gate(secrets, OWN_VARIABLES)).of(provider)


def said(outcome: Target | Failure) -> str:
    assert isinstance(outcome, Failure), outcome
    assert outcome.kind is FailureKind.AUTH
    assert outcome.final
    return outcome.message


@pytest.mark.parametrize("value", ["sk-1", " sk-1\n", "\ufeffsk-1\r\n", "\u00a0sk-1\u200b"])
def test_a_key_is_sent_without_the_blanks_around_it(value: str) -> None:
    made = target(value)
    assert isinstance(made, Target)
    assert made.headers["authorization"] == "Bearer sk-1"


@pytest.mark.parametrize(
    ("value", "fault"),
    [("  \n", "is empty"), ("sk-1\nsk-2", "contains a line break"), ("sk–1", "U+2013"), ("sk-1 sk-2", "blank")],
)
def test_a_key_that_no_header_can_carry_is_told_with_what_helps(value: str, fault: str) -> None:
    message = said(target(value))
    assert message.startswith("The key of acme (env:LOCALROUTER_KEY_ACME) ")
    assert fault in message
    assert "Correct the variable LOCALROUTER_KEY_ACME" in message
    assert value.strip() not in message or not value.strip()
    assert "Set it again" in said(target(value, secret="store:acme"))


def test_a_header_may_hold_spaces_but_no_line_break() -> None:
    header = {"x-token": "env:LOCALROUTER_KEY_ACME"}
    made = target("Custom abc\n", secret=None, headers=header)
    assert isinstance(made, Target)
    assert made.headers["x-token"] == "Custom abc"
    assert 'The header "x-token" of acme' in said(target("a\r\nevil: 1", secret=None, headers=header))


@pytest.mark.parametrize("value", ["proxy.example:3128", "socks5://x", "http://"])
def test_a_proxy_that_is_no_address_is_told(value: str) -> None:
    message = said(target(value, secret=None, proxy="env:LOCALROUTER_KEY_ACME"))
    assert message.startswith("The proxy of acme (env:LOCALROUTER_KEY_ACME) is not an http or https address")


def test_a_call_that_was_not_made_cools_nobody() -> None:
    outcome = target("sk-1", headers={"x-token": "env:PATH"})
    assert isinstance(outcome, Failure)
    assert cools(outcome) is Cools.NOTHING


def test_a_target_is_made_anew_when_its_key_or_where_that_may_go_has_changed(tmp_path: Path) -> None:
    environment = {"LOCALROUTER_KEY_ACME": "sk-1", "LOCALROUTER_SECRETS": "file"}
    secrets = SecretStore.open(tmp_path, environment)
    gate = Gate(secrets, OWN_VARIABLES)
    targets = Targets(PRESETS, secrets.resolve, gate)
    stored = Provider(name="stored", preset="openai-compatible", base_url=URL, secret="store:a")
    variable = Provider(name="variable", preset="openai-compatible", base_url=URL, secret="env:LOCALROUTER_KEY_ACME")

    def sent(provider: Provider) -> str | None:
        made = asyncio.run(targets.reach(provider))
        return made.headers["authorization"] if isinstance(made, Target) else None

    here = gate.destination(stored, URL)
    assert here is not None
    assert sent(stored) is None
    for value, bound, told in (("sk-1", here, "Bearer sk-1"), ("sk-2", here, "Bearer sk-2"), ("sk-2", None, None)):
        asyncio.run(secrets.set("a", value, () if bound is None else (bound,)))
        assert [sent(stored), sent(stored)] == [told, told]
    assert sent(variable) == "Bearer sk-1"
    environment["LOCALROUTER_KEY_ACME"] = "sk-2"
    assert sent(variable) == "Bearer sk-2"
    del environment["LOCALROUTER_KEY_ACME"]
    assert sent(variable) is None


@pytest.mark.parametrize(
    ("version", "query"),
    [
        ("2024-10-21", "?api-version=2024-10-21"),
        ("preview", "?api-version=preview"),
        (
            "1 HTTP/1.1\r\nHost: evil.example\r\n\r\n",
            "?api-version=1%20HTTP%2F1.1%0D%0AHost%3A%20evil.example%0D%0A%0D%0A",
        ),
        ("1&deployment=other#x", "?api-version=1%26deployment%3Dother%23x"),
        ("%0d%0a", "?api-version=%0d%0a"),
        ("\x00é\t", "?api-version=%00%C3%A9%09"),
    ],
)
def test_an_api_version_can_write_nothing_but_itself_into_a_request(version: str, query: str) -> None:
    made = target("sk-1", api_version=version)
    assert isinstance(made, Target)
    assert made.query == query
