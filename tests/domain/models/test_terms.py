"""Whether a provider is free: what its owner says, else where a known local server is reached."""

from __future__ import annotations

import pytest

from localrouter.domain.configuration.config import Provider
from localrouter.domain.models.terms import ListPrices, PriceSource, is_open, terms_of


def why_free(address: str, *, local: bool, free: bool | None = None) -> PriceSource | None:
    provider = Provider(name="p", preset="ollama", base_url=address, free=free)
    return terms_of(provider, address, local=local, list_prices=ListPrices.NONE).free


def asks(address: str, *, local: bool, free: bool | None = None) -> bool:
    return is_open(Provider(name="p", preset="ollama", base_url=address, free=free), address, local=local)


LOOPBACK = ["http://127.0.0.1:11434/v1", "http://127.8.9.1", "http://[::1]:1234/v1", "http://[::ffff:127.0.0.1]/v1"]
ELSEWHERE = ["http://192.168.1.20:11434/v1", "http://10.0.0.7", "http://[fd00::1]:8000/v1", "http://gpu.lan:8000/v1"]
NAMES = ["http://localhost:11434/v1", "http://ollama:11434", "http://box.local"]
PUBLIC = ["https://api.example.com/v1", "http://93.184.216.34/v1"]
NOT_LOOPBACK = [
    *ELSEWHERE,
    *NAMES,
    *PUBLIC,
    "http://127.0.0.1.example.com/v1",
    "http://0.0.0.0:11434",
    "http://2130706433/v1",
    "http://127.1/v1",
    "",
    "http://[::1",
]


@pytest.mark.parametrize("address", LOOPBACK)
def test_a_local_preset_at_a_literal_loopback_address_is_free(address: str) -> None:
    assert why_free(address, local=True) is PriceSource.LOCAL
    assert not asks(address, local=True)


@pytest.mark.parametrize("address", NOT_LOOPBACK)
def test_a_local_preset_anywhere_else_is_not_free_by_its_name(address: str) -> None:
    assert why_free(address, local=True) is None
    assert asks(address, local=True)


@pytest.mark.parametrize("address", [*LOOPBACK, *NOT_LOOPBACK])
def test_another_preset_is_never_free_by_its_address(address: str) -> None:
    assert why_free(address, local=False) is None


@pytest.mark.parametrize("address", [*LOOPBACK, *NOT_LOOPBACK])
@pytest.mark.parametrize("local", [True, False])
def test_what_the_owner_says_comes_first_and_is_asked_once(address: str, local: bool) -> None:
    assert why_free(address, local=local, free=True) is PriceSource.FREE
    assert why_free(address, local=local, free=False) is None
    assert not asks(address, local=local, free=True)
    assert not asks(address, local=local, free=False)


@pytest.mark.parametrize(
    ("addresses", "is_asked"), [(LOOPBACK, True), (ELSEWHERE, True), (NAMES, True), (PUBLIC, False)]
)
def test_the_owner_is_asked_where_an_address_is_private(addresses: list[str], is_asked: bool) -> None:
    assert {asks(address, local=False) for address in addresses} == {is_asked}
