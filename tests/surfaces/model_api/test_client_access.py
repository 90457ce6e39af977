"""Whose request it is: every SDK's key header counts on every path, and stray keys beside it do not matter."""

from __future__ import annotations

import pytest

from localrouter.domain.configuration.access import digest
from localrouter.domain.configuration.snapshot import Snapshot
from localrouter.surfaces.http.guard import Header
from localrouter.surfaces.model_api.client_access import MAX_KEYS, ClientAccess, keys_in
from tests.documents import a_client, a_config

TOKEN = "the-admin-token"
ONE, TWO = "lr-one", "lr-two"
SNAPSHOT = Snapshot(
    a_config(clients=(a_client("one", key_digest=digest(ONE)), a_client("two", key_digest=digest(TWO))))
)
ACCESS = ClientAccess(lambda: SNAPSHOT, lambda token: token == TOKEN)
STRAY: Header = (b"authorization", b"Bearer sk-ant-of-another-service")


def owner(*headers: Header) -> str | None:
    client = ACCESS.of([(b"host", b"localhost"), *headers])
    return None if client is None else client.id


def carrying(name: bytes, key: str) -> Header:
    return name, b"Bearer " * (name == b"authorization") + key.encode()


@pytest.mark.parametrize("name", [b"authorization", b"x-api-key", b"api-key", b"x-goog-api-key"])
def test_each_header_counts_alone_and_beside_others(name: bytes) -> None:
    assert owner(carrying(name, ONE)) == "one"
    assert owner(carrying(name, "lr-unknown")) is None
    assert owner(carrying(name, ONE), STRAY) == "one"
    assert owner((b"x-api-key", b"stray"), (b"api-key", b""), carrying(name, ONE)) == "one"
    assert owner(carrying(name, ONE), (b"x-api-key", ONE.encode()), (b"api-key", ONE.encode())) == "one"
    assert owner(carrying(name, ONE), (b"x-goog-api-key", TWO.encode())) is None
    assert owner(carrying(name, ONE), (b"x-api-key", TWO.encode())) is None


def test_two_clients_in_one_header_are_refused_too() -> None:
    assert owner((b"x-api-key", ONE.encode()), (b"x-api-key", TWO.encode())) is None
    assert owner(carrying(b"authorization", ONE), carrying(b"authorization", TWO)) is None


@pytest.mark.parametrize("value", [b"", b"Bearer", b"Bearer ", b"Basic lr-one", b"lr-one"])
def test_what_is_no_bearer_is_no_key(value: bytes) -> None:
    assert owner((b"authorization", value)) is None


def test_more_keys_than_any_program_sends_are_none() -> None:
    stray = [(b"x-api-key", b"%d" % number) for number in range(MAX_KEYS)]
    assert keys_in([*stray, carrying(b"authorization", ONE)]) == []
    assert owner(*stray[1:], carrying(b"authorization", ONE)) == "one"


@pytest.mark.parametrize("name", [b"authorization", b"x-api-key"])
def test_the_administrator_acts_as_a_client(name: bytes) -> None:
    acting: Header = (b"x-localrouter-client", b"two")
    assert owner(carrying(name, TOKEN), acting) == "two"
    assert owner((b"api-key", b"stray"), carrying(name, TOKEN), acting) == "two"
    assert owner(carrying(name, TOKEN)) is None
    assert owner(carrying(name, ONE), acting) is None
    assert owner(carrying(name, TOKEN), acting, acting) is None
    assert owner(carrying(name, TOKEN), (b"x-localrouter-client", b"nobody")) is None
