"""The wait that a provider asks for is read from wherever it says so, and needs no clock."""

from __future__ import annotations

import pytest

from localrouter.dialects.errors import retry_after

NOW = "Mon, 23 Nov 2026 10:00:00 GMT"


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"retry-after": "20"}, 20),
        ({"retry-after": "0.5"}, 0.5),
        ({"retry-after": " 7 "}, 7),
        ({"retry-after-ms": "1500", "retry-after": "20"}, 1.5),
        ({"retry-after": "6m0s"}, 360),
        ({"retry-after": "Mon, 23 Nov 2026 10:00:30 GMT", "date": NOW}, 30),
        ({"retry-after": "Mon, 23 Nov 2026 09:00:00 GMT", "date": NOW}, 0),
        ({"retry-after": "Mon, 23 Nov 2026 10:00:30 GMT"}, None),
        ({"retry-after": "soon", "date": NOW}, None),
        ({"retry-after": "-3"}, None),
        ({"retry-after": "nan"}, None),
        ({"retry-after": "inf"}, None),
    ],
)
def test_headers_tell_the_wait(headers: dict[str, str], seconds: float | None) -> None:
    assert retry_after.from_header(headers).seconds == seconds


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"x-ratelimit-reset-requests": "6m0s"}, 360),
        ({"x-ratelimit-reset-tokens": "7.66s", "x-ratelimit-remaining-tokens": "0"}, 7.66),
        (
            {
                "x-ratelimit-remaining-requests": "0",
                "x-ratelimit-reset-requests": "2m59.56s",
                "x-ratelimit-remaining-tokens": "50",
                "x-ratelimit-reset-tokens": "1h",
            },
            179.56,
        ),
        ({"x-ratelimit-reset-requests": "6ms", "x-ratelimit-remaining-requests": "9999"}, None),
        ({"x-ratelimit-reset-requests": "1741305600000"}, None),
        ({"anthropic-ratelimit-requests-reset": "2026-11-23T10:00:10Z", "date": NOW}, 10),
        ({"anthropic-ratelimit-requests-reset": "2026-11-23T10:00:10Z"}, None),
        ({"x-ratelimit-reset-requests": "later"}, None),
    ],
)
def test_limits_that_are_used_up_tell_the_wait(headers: dict[str, str], seconds: float | None) -> None:
    assert retry_after.from_resets(headers).seconds == pytest.approx(seconds)


@pytest.mark.parametrize(
    ("message", "seconds"),
    [
        ("Please try again in 4.77s. Need more tokens?", 4.77),
        ("Please try again in 174ms. Visit", 0.174),
        ("Please try again in 1h2m3s.", 3723),
        ("Please retry in 20.04466179s.", 20.04466179),
        ("Please retry after 86400 seconds.", 86400),
        ("Try again in 1 minute", 60),
        ("please try again after 1 seconds", 1),
        ("Please try again later.", None),
        ("", None),
    ],
)
def test_messages_tell_the_wait(message: str, seconds: float | None) -> None:
    assert retry_after.from_words(message).seconds == pytest.approx(seconds)


@pytest.mark.parametrize(("text", "seconds"), [("6m0s", 360), ("1h", 3600), ("120ms", 0.12), ("5", None), ("x", None)])
def test_durations_are_read_as_openai_writes_them(text: str, seconds: float | None) -> None:
    assert retry_after.duration(text) == pytest.approx(seconds)


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("limit=9, remaining=0, reset=50", 50),
        ('"default";r=0;t=7', 7),
        ("r=3;t=9, r=0;t=50, r=0;t=8", 50),
        ("r=5;t=50", None),
        ("t=50;r=0", None),
        ("r=00;t=5", None),
        ("r=0;t=" + "9" * 400, None),
        ("r=0 " * 100_000, None),
        ("r=0 " * 100_000 + "t=3", 3),
    ],
)
def test_a_reset_counts_behind_a_rest_of_nothing_and_each_part_is_read_once(value: str, seconds: float | None) -> None:
    assert retry_after.from_resets({"ratelimit": value}).seconds == seconds
