from __future__ import annotations

import hashlib
import re

import pytest

from localrouter.domain.configuration.access import authenticate, digest, hint, new_key
from localrouter.domain.configuration.snapshot import Snapshot
from tests.documents import a_client, a_config

KEY = new_key(bytes(range(32)))


def test_a_key_is_the_prefix_and_its_bytes_in_url_safe_letters() -> None:
    assert re.fullmatch(r"lr-[A-Za-z0-9_-]{43}", KEY)
    assert new_key(b"\xff" * 32) == "lr-" + "_" * 42 + "8"
    assert new_key(bytes(32)) != KEY
    with pytest.raises(ValueError, match="32"):
        new_key(b"short")


def test_a_key_is_stored_as_its_sha256_and_recognised_by_its_end() -> None:
    assert digest(KEY) == hashlib.sha256(KEY.encode()).hexdigest()
    assert hint(KEY) == KEY[-4:]


def test_only_the_key_of_an_enabled_client_opens() -> None:
    snapshot = Snapshot(
        a_config(
            clients=(
                a_client("one", key_digest=digest(KEY)),
                a_client("two", key_digest=digest("lr-other"), enabled=False),
            )
        )
    )
    assert authenticate(snapshot, KEY) is snapshot.client("one")
    assert authenticate(snapshot, "lr-other") is None
    assert authenticate(snapshot, KEY[:-1]) is None
    assert authenticate(snapshot, "") is None
    assert authenticate(snapshot, "\udcff") is None


def test_of_several_keys_the_one_that_is_a_clients_counts_and_two_clients_are_refused() -> None:
    keys = {name: f"lr-{name}" for name in ("one", "two", "off")}
    clients = (a_client(name, key_digest=digest(key), enabled=name != "off") for name, key in keys.items())
    snapshot = Snapshot(a_config(clients=tuple(clients)))
    assert authenticate(snapshot, "sk-stray", keys["one"], "other") is snapshot.client("one")
    assert authenticate(snapshot, keys["one"], keys["one"]) is snapshot.client("one")
    assert authenticate(snapshot, keys["one"], keys["two"]) is None
    assert authenticate(snapshot, keys["one"], keys["off"]) is None
    assert authenticate(snapshot, "sk-stray", "other") is None
    assert authenticate(snapshot) is None
