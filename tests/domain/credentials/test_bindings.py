"""Addresses that lead to the same place are the same, and what two readers could understand differently is none."""

from __future__ import annotations

import pytest

from localrouter.domain.configuration.config import Provider
from localrouter.domain.credentials.bindings import (
    Destination,
    is_literal_loopback,
    may_stay_here,
    moved,
    origin_of,
    origins_for,
    uses,
    ways_of,
    with_origin,
)


@pytest.mark.parametrize(
    ("address", "origin"),
    [
        ("https://api.openai.com/v1", "https://api.openai.com"),
        ("https://API.OpenAI.com:443/v1", "https://api.openai.com"),
        ("HTTPS://api.openai.com.", "https://api.openai.com"),
        ("http://api.openai.com:443/v1", "http://api.openai.com:443"),
        ("http://127.0.0.1:80", "http://127.0.0.1"),
        ("http://127.0.0.1:8000/v1", "http://127.0.0.1:8000"),
        ("http://[::1]:8000/v1", "http://[::1]:8000"),
        ("http://[0:0:0:0:0:0:0:1]:8000", "http://[::1]:8000"),
        ("http://[::FFFF:127.0.0.1]:8000", "http://127.0.0.1:8000"),
        ("https://bücher.example/v1", "https://xn--bcher-kva.example"),
        ("https://XN--BCHER-KVA.example", "https://xn--bcher-kva.example"),
        ("https://ａｐｉ。openai.com", "https://api.openai.com"),
        ("http://llm_server:8000", "http://llm_server:8000"),
        ("http://localhost:11434/v1", "http://localhost:11434"),
    ],
)
def test_the_same_place_has_one_origin(address: str, origin: str) -> None:
    assert origin_of(address) == origin
    assert origin_of(with_origin(address, origin)) == origin


@pytest.mark.parametrize(
    "address",
    [
        "",
        "api.openai.com",
        "ftp://api.openai.com",
        "file:///etc/passwd",
        "https://",
        "https://user@api.openai.com",
        "https://user:pass@api.openai.com",
        "https://api.openai.com@evil.example",
        "https://api.openai.com\\@evil.example",
        "https://api.openai.com\\.evil.example",
        "https://evil.example\t.openai.com",
        "https://api.openai.com\n.evil.example",
        "https://api.openai.com .evil.example",
        "https://api.openai.com:0",
        "https://api.openai.com:99999",
        "https://api.openai.com:x",
        "https://%61pi.openai.com",
        "https://api..openai.com",
        "https://.api.openai.com",
        "https://-api.openai.com",
        "http://127.1",
        "http://0x7f000001",
        "http://2130706433",
        "http://0177.0.0.1",
        "http://127.0.0.1.1",
        "http://1.2.3.4.5",
        "http://[::1",
        "http://::1",
        "http://[fe80::1%25eth0]",
        "http://[fe80::1%eth0]",
        "http://[v1.evil]",
        "http://[127.0.0.1]",
        "https://straße.example",
        "https://a\u200db.example",
        "https://openai.com\u2100.example/x",
        "https://" + "a." * 130 + "example",
    ],
)
def test_a_trick_has_no_origin(address: str) -> None:
    assert origin_of(address) is None


def test_a_proxys_address_may_hold_a_user_once() -> None:
    assert origin_of("http://me:secret@proxy.example:3128", may_hold_user=True) == "http://proxy.example:3128"
    assert origin_of("http://proxy.example@evil@x", may_hold_user=True) is None
    assert origin_of("sk-a-key", may_hold_user=True) is None


@pytest.mark.parametrize(
    ("origin", "is_so"),
    [
        ("http://127.0.0.1:8000", True),
        ("http://127.9.9.9", True),
        ("http://[::1]:8000", True),
        ("http://localhost:8000", False),
        ("http://0.0.0.0:8000", False),
        ("http://10.0.0.1", False),
        ("https://127.0.0.1.evil.example", False),
    ],
)
def test_only_a_number_of_this_computer_is_sure_to_be_it(origin: str, is_so: bool) -> None:
    assert is_literal_loopback(origin) is is_so


OPENAI = {"OPENAI_API_KEY": frozenset({"https://api.openai.com"})}


@pytest.mark.parametrize(
    ("variable", "named", "origins"),
    [
        ("OPENAI_API_KEY", None, ("https://api.openai.com",)),
        ("OPENAI_API_KEY", "https://llm.corp:8443/openai", ("https://llm.corp:8443",)),
        ("LOCALROUTER_KEY_X", None, ()),
        ("LOCALROUTER_KEY_X", "https://A.example:443/v1, http://10.0.0.7", ("https://a.example", "http://10.0.0.7")),
        ("LOCALROUTER_KEY_X", "a.example", ()),
        ("AWS_SECRET_ACCESS_KEY", None, ()),
        ("AWS_SECRET_ACCESS_KEY", "https://evil.example", ()),
    ],
)
def test_a_variable_goes_where_the_environment_says(variable: str, named: str | None, origins: tuple[str, ...]) -> None:
    environment = {variable: "x"} | ({} if named is None else {f"{variable}_FOR": named})
    assert origins_for(variable, environment, OPENAI) == origins


@pytest.mark.parametrize(
    ("variable", "here", "is_so"),
    [
        ("LOCALROUTER_KEY_X", Destination("http://127.0.0.1:8000"), True),
        ("LOCALROUTER_KEY_X", Destination("http://127.0.0.1:8000", "http://proxy.example:3128"), False),
        ("LOCALROUTER_KEY_X", Destination("http://localhost:8000"), False),
        ("LOCALROUTER_KEY_X", Destination("https://a.example"), False),
        ("LOCALROUTER_KEY_MEANT", Destination("http://127.0.0.1:8000"), False),
        ("PATH", Destination("http://127.0.0.1:8000"), False),
    ],
)
def test_a_key_for_no_address_in_particular_stays_on_this_computer(
    variable: str, here: Destination, is_so: bool
) -> None:
    environment = {variable: "x", "LOCALROUTER_KEY_MEANT_FOR": "https://a.example"}
    assert may_stay_here(variable, environment, here) is is_so


def test_the_environment_may_name_the_way_too() -> None:
    proxies, ca_files = ways_of(
        {"HTTPS_PROXY": "http://me:x@proxy.example:3128", "SSL_CERT_FILE": "/ca.pem", "PATH": "/"}
    )
    assert proxies == {"env:HTTPS_PROXY", "http://proxy.example:3128"}
    assert ca_files == {"/ca.pem"}


def test_every_place_that_refers_to_a_credential_is_found() -> None:
    provider = Provider(
        name="p",
        preset="openai",
        secret="store:a",
        proxy="env:P",
        headers={"x-org": "me", "x-token": "store:b", "x-note": "env:C"},
    )
    assert dict(uses(provider)) == {
        "secret": "store:a",
        "proxy": "env:P",
        "headers.x-token": "store:b",
        "headers.x-note": "env:C",
    }


@pytest.mark.parametrize(
    ("bound", "here", "said"),
    [
        ((), Destination("http://x"), "was not set for http://x"),
        (
            (Destination("https://a"),),
            Destination("http://a"),
            "was set for https://a, and the address is now http://a",
        ),
        (
            (Destination("https://b"), Destination("https://a")),
            Destination("https://a", "http://p"),
            "was set to be sent without a proxy, and would now be sent through the proxy http://p",
        ),
        (
            (Destination("https://a", None, "/a.pem"),),
            Destination("https://a"),
            "was set for the `ca_file` /a.pem, and the provider now has no `ca_file`",
        ),
    ],
)
def test_what_moved_is_told(bound: tuple[Destination, ...], here: Destination, said: str) -> None:
    assert moved(bound, here) == said


def test_a_path_stands_in_a_request_line_as_one_word() -> None:
    origin = "https://a.example"
    assert with_origin(f"{origin}/v1/über uns/%2f;x=1@2:3", origin) == f"{origin}/v1/%C3%BCber%20uns/%2f;x=1@2:3"
    assert with_origin(f"{origin}/openai/deployments/gpt-4o~(eu)", origin) == f"{origin}/openai/deployments/gpt-4o~(eu)"
