from __future__ import annotations

import pytest

from localrouter.domain.configuration.server_address import pages_address, plain_address, prove, reachable

NONCE = bytes(32)


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("http://127.0.0.1:3625", "http://127.0.0.1:3625/ui/#code=abc"),
        ("http://0.0.0.0:3625", "http://127.0.0.1:3625/ui/#code=abc"),
        ("http://[::]:3625", "http://[::1]:3625/ui/#code=abc"),
        ("http://box.lan:80", "http://box.lan:80/ui/#code=abc"),
    ],
)
def test_the_pages_are_reached_by_a_name_of_this_computer_with_the_code_in_the_fragment(
    url: str, expected: str
) -> None:
    assert pages_address(url, "abc") == expected
    assert pages_address(url) == expected.partition("#")[0]
    assert reachable(url) == expected.partition("/ui/")[0]


@pytest.mark.parametrize(
    ("host", "plain"),
    [("127.0.0.1", "127.0.0.1"), ("::ffff:127.0.0.1", "127.0.0.1"), ("fe80::1%eth0", "fe80::1"), ("::1", "::1")],
)
def test_an_address_has_one_spelling(host: str, plain: str) -> None:
    assert plain_address(host) == plain


def test_a_proof_is_good_for_one_token_nonce_host_and_port() -> None:
    proofs = {
        prove(token, nonce, host, port)
        for token in ("a", "b")
        for nonce in (NONCE, NONCE[1:] + b"1")
        for host in ("127.0.0.1", "127.0.0.2", "::1")
        for port in (3625, 3626)
    }
    assert len(proofs) == 24
    assert prove("a", NONCE, "::ffff:127.0.0.1", 1) == prove("a", NONCE, "127.0.0.1", 1)
