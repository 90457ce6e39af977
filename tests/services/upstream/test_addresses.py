"""Addresses and heads as they go over the wire."""

from __future__ import annotations

import pytest

from localrouter.services.upstream.addresses import Origin, head_of, read_address
from localrouter.services.upstream.errors import NotSendable

PUNYCODE = "xn--bcher-kva.example"
UNSENDABLE = [
    {"x": "a\r\ny: b"},
    {"x": "a\nb"},
    {"x": "a\rb"},
    {"x": "\0"},
    {"x y": "a"},
    {"x:": "a"},
    {"": "a"},
    {"x": "\ud800"},
]


@pytest.mark.parametrize(
    ("url", "origin", "path"),
    [
        ("https://api.example.com/v1", Origin(True, "api.example.com", 443, "api.example.com"), "/v1"),
        ("HTTP://API.example.com:80/", Origin(False, "api.example.com", 80, "api.example.com"), ""),
        ("http://127.0.0.1:11434/v1/", Origin(False, "127.0.0.1", 11434, "127.0.0.1:11434"), "/v1"),
        ("http://[::1]:8080", Origin(False, "::1", 8080, "[::1]:8080"), ""),
        (
            "https://bücher.example/a%20b/é",
            Origin(True, "xn--bcher-kva.example", 443, "xn--bcher-kva.example"),
            "/a%20b/%C3%A9",
        ),
    ],
)
def test_an_address_is_read_as_http_wants_it(url: str, origin: Origin, path: str) -> None:
    address = read_address(url)
    assert (address.origin, address.path) == (origin, path)


@pytest.mark.parametrize(
    "url", ["ftp://example.com", "https://", "http://a b/", "http://a\r\nb/", "http://[::1", "http://x:99999/"]
)
def test_what_is_no_address_is_refused(url: str) -> None:
    with pytest.raises(NotSendable):
        read_address(url)


def test_a_users_name_and_password_are_a_proxys_credentials() -> None:
    assert read_address("http://ann:p%3Ass@proxy.example:3128").credentials == "Basic YW5uOnA6c3M="
    assert "YW5u" not in repr(read_address("http://ann:p%3Ass@proxy.example:3128"))


@pytest.mark.parametrize(
    "headers",
    [
        {"x": "a\r\ny: b"},
        {"x": "a\nb"},
        {"x": "a\rb"},
        {"x": "\0"},
        {"x y": "a"},
        {"x:": "a"},
        {"": "a"},
        {"x": "\ud800"},
    ],
)
def test_what_no_header_can_carry_is_refused(headers: dict[str, str]) -> None:
    with pytest.raises(NotSendable):
        head_of("GET", "/", headers, None)


def test_a_head_has_the_length_of_its_body() -> None:
    assert head_of("POST", "/v1/x", {"host": "a"}, 0) == b"POST /v1/x HTTP/1.1\r\nhost: a\r\ncontent-length: 0\r\n\r\n"
    assert head_of("GET", "/", {"x": "é"}, None) == "GET / HTTP/1.1\r\nx: é\r\n\r\n".encode()
