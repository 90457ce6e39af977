"""Secrets that were looked up once are known for good."""

from __future__ import annotations

from dataclasses import replace

import orjson

from localrouter.dialects.errors.classify import failure_of
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


def test_a_known_secret_goes_whole_before_what_looks_like_one_is_looked_for() -> None:
    redaction = Redaction()
    key = "sk-abcdefgh/ijklmnop+qrst"
    redaction.note(key)
    failure = failure_of(401, {}, orjson.dumps({"error": {"message": f"Incorrect key {key} given."}}), "openai")
    assert redaction.of(failure).message == "Incorrect key [key] given."


def test_a_known_secret_that_the_cut_would_halve_goes_whole() -> None:
    redaction = Redaction()
    redaction.note("Zw4.kept-secret-of-mine")
    told = "x" * 492 + " Zw4.kept-secret-of-mine"
    shown = redaction.of(failure_of(400, {}, orjson.dumps({"error": {"message": told}}), "openai")).message
    assert shown == "x" * 492 + " [key]"


def test_words_of_ours_keep_names_that_look_like_keys() -> None:
    failure = Failure(FailureKind.AUTH, "key-server-2024 has no key.")
    assert Redaction().of(failure) == failure


def test_a_name_is_judged_anew_once_another_secret_is_known() -> None:
    redaction = Redaction()
    assert redaction.clean_name("one/first-secret") == "one/first-secret"
    redaction.note("first-secret")
    assert [redaction.clean_name("one/first-secret") for _ in range(2)] == ["one/[key]"] * 2
