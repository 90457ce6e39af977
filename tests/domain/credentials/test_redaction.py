"""A secret is found in whatever way a text writes it, and nothing else is touched."""

from __future__ import annotations

import base64
import html
import json
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from localrouter.domain.credentials.redaction import MARK, PIECE, Redactor

KEY = 'a/b+c"d&e%f:canary-0123456789='
BY_WAY = {
    "plain": KEY,
    "upper case": KEY.upper(),
    "lower case": KEY.lower(),
    "JSON": json.dumps(KEY)[1:-1],
    "JSON with escaped slashes": json.dumps(KEY)[1:-1].replace("/", "\\/"),
    "URL": quote(KEY, safe=""),
    "URL path": quote(KEY),
    "HTML": html.escape(KEY),
    "hexadecimal": KEY.encode().hex(),
    "base64": base64.b64encode(KEY.encode()).decode(),
    "base64 for URLs": base64.urlsafe_b64encode(KEY.encode()).decode(),
    "basic credentials": base64.b64encode(f"user:{KEY}".encode()).decode(),
    "basic credentials of a longer user": base64.b64encode(f"user1:{KEY}@".encode()).decode(),
    "JSON, every character escaped": "".join(f"\\u{ord(char):04x}" for char in KEY),
    "JSON as .NET writes it": KEY.replace("/", "\\u002F").replace("+", "\\u002B").replace('"', "\\u0022"),
    "JSON in JSON": json.dumps(json.dumps(KEY)[1:-1])[1:-1],
    "JSON in JSON, every character escaped": "".join(f"\\\\u{ord(char):04X}" for char in KEY),
    "bytes as Python shows them": "".join(f"\\x{ord(char):02x}" for char in KEY),
    "URL, every character escaped": "".join(f"%{ord(char):02x}" for char in KEY),
    "URL in a URL": quote(quote(KEY, safe=""), safe=""),
    "URL in JSON": "".join(f"\\u0025{ord(char):02x}" for char in KEY),
    "HTML, every character as its number": "".join(f"&#{ord(char)};" for char in KEY),
    "HTML, every character as its hexadecimal number": "".join(f"&#x{ord(char):x};" for char in KEY),
    "wrapped": KEY[:9] + "\n    " + KEY[9:],
    "wrapped in JSON": KEY[:9] + "\\r\\n" + KEY[9:],
    "wrapped base64": "\n".join(base64.b64encode(KEY.encode()).decode()[at : at + 8] for at in range(0, 40, 8)),
    "with blanks between": " ".join(KEY),
    "with characters that nobody sees": "\u200b".join(KEY),
    "cut short": KEY[:PIECE],
    "its end": KEY[-PIECE:],
    "twice without a gap": KEY + KEY,
}


@pytest.mark.parametrize("way", BY_WAY)
def test_a_secret_is_found_however_it_is_written(way: str) -> None:
    cleaned = Redactor([KEY]).clean(f"Wrong key ({BY_WAY[way]}): refused")
    assert MARK in cleaned
    assert cleaned.startswith("Wrong key (")
    assert cleaned.endswith("): refused")
    assert not Redactor([KEY]).holds_secret(cleaned)
    assert "canary" not in cleaned.lower()
    assert "0123456" not in cleaned
    assert len(cleaned) < len(f"Wrong key (dXNlcjE6{MARK}{MARK}QA==): refused"), "nothing of it is left"


def test_what_touches_leaves_one_mark_and_what_stands_apart_two() -> None:
    assert Redactor([KEY]).clean(f"{KEY} and {KEY}") == f"{MARK} and {MARK}"
    assert Redactor([KEY, "other-secret"]).clean(f"{KEY}other-secret") == MARK


def test_text_without_a_secret_is_the_same_object() -> None:
    text = "The model gpt-4o is overloaded."
    assert Redactor([KEY]).clean(text) is text
    assert Redactor(()).clean(text) is text


def test_what_is_too_short_to_be_a_secret_takes_no_words_out() -> None:
    assert Redactor(["openai", "", "1234567"]).clean("openai said 1234567") == "openai said 1234567"
    assert Redactor(["12345678"]).clean("it was 12345678.") == f"it was {MARK}."


def test_words_of_a_sentence_are_no_short_secret_with_blanks_in_it() -> None:
    text = "It is over loaded: any thing\ncan wait."
    assert Redactor(["overloaded", "anything"]).clean(text) is text


def test_secrets_that_stand_side_by_side_leave_the_blank_between_them() -> None:
    assert Redactor(["first-secret", "second-secret"]).clean("first-secret second-secret") == f"{MARK} {MARK}"


@pytest.mark.parametrize(
    "text", ["%zz \\u12 &#; &nothing; 100% \\", "&#9999999;&#x110000;", "\\ud800 %ff%fe", "%25%25%25"]
)
def test_what_only_looks_like_an_escape_is_left_as_it_is(text: str) -> None:
    assert Redactor([KEY]).clean(text) is text


@given(secret=st.text(st.characters(codec="utf-8"), min_size=8, max_size=40), around=st.text(max_size=30))
def test_no_run_of_a_secret_survives(secret: str, around: str) -> None:
    cleaned = Redactor([secret]).clean(around + secret + around)
    assert secret not in cleaned or secret in MARK


@pytest.mark.parametrize("public", ["sk-ant-api03-", "sk-proj-", "sk-or-v1-", "AIza", "Bearer sk-proj-"])
def test_what_is_taken_out_does_not_tell_whether_the_next_character_of_a_key_was_guessed(public: str) -> None:
    key = public + "Qm7Rk2Vx9Lp4Tz8Wn3Hd6Jc1Yb5Fg0Sa"
    redactor = Redactor([key])
    for known in range(len(public), len(public) + 6):
        for guess in (key[: known + 1], key[: known + 1].encode().hex(), key[: known + 1].encode().hex()[:-1]):
            assert redactor.clean(f"no model {guess}") == f"no model {guess}"
    assert redactor.clean(f"no model {key}") == "no model [key]"
    assert key[-12:] not in redactor.clean(key[-12:])
    assert key.encode().hex()[-24:] not in redactor.clean(key.encode().hex())
