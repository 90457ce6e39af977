"""Secrets that were looked up once are known for good."""

from __future__ import annotations

from dataclasses import replace

from localrouter.domain.routing.failures import Failure, FailureKind
from localrouter.services.redaction import Redaction


def test_what_was_looked_up_is_taken_out_of_failures() -> None:
    redaction = Redaction()
    keys = {"store:a": "first-secret", "store:b": None}
    resolve = redaction.watching(keys.get)
    failure = Failure(FailureKind.AUTH, "first-secret is wrong", code="first-secret", param="first-secret", status=401)
    assert redaction.of(failure) == failure
    assert [resolve(name) for name in keys] == ["first-secret", None]
    assert redaction.of(failure) == Failure(FailureKind.AUTH, "[key] is wrong", code="[key]", param="[key]", status=401)


def test_a_key_that_was_replaced_is_still_a_secret() -> None:
    redaction = Redaction()
    for key in ("first-secret", "second-secret"):
        redaction.note(key)
    assert redaction.clean("first-secret second-secret") == "[key] [key]"


def test_the_password_of_a_proxy_and_the_token_of_a_scheme_are_secrets_by_themselves() -> None:
    redaction = Redaction()
    redaction.note("http://me:pass%2Fw0rd-1@proxy.example:3128")
    redaction.note("Basic dXNlcjpwYXNz")
    for told in ("pass%2Fw0rd-1", "pass/w0rd-1", "dXNlcjpwYXNz"):
        assert told not in redaction.clean(f"told: {told}.")


def test_it_shows_nothing_of_what_it_knows() -> None:
    redaction = Redaction()
    redaction.note("first-secret")
    assert "first" not in repr(redaction)


def test_halves_of_characters_do_not_get_into_what_is_told() -> None:
    redaction = Redaction()
    redaction.note("first-secret")
    failure = Failure(FailureKind.AUTH, "a\ud800 é", code="\udfff", param="\ud83d\ude00", status=401)
    assert redaction.of(failure) == replace(failure, message="a� é", code="�", param="😀")
