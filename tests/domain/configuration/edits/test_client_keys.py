"""Whatever document comes back, no key comes back with it that was rotated or whose client was deleted."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from localrouter.domain.configuration.access import authenticate, digest
from localrouter.domain.configuration.config import Client, Config
from localrouter.domain.configuration.edits.client_keys import (
    KEPT_RETIRED,
    edited,
    has_key,
    imported,
    restored,
    retire,
    with_retired,
)
from localrouter.domain.configuration.edits.clients_and_strategies import (
    create_client_with_strategy,
    delete_client,
    rotate_client_key,
)
from localrouter.domain.configuration.snapshot import Snapshot
from localrouter.domain.errors import Severity
from tests.documents import a_client, a_config, new_client, places

WAYS = [restored, imported, edited]


def keyed(name: str, key: str, **fields: object) -> Client:
    return a_client(name, "default", key_digest=digest(key), key_hint=key[-4:], **fields)


def with_clients(*clients: Client, retired: tuple[str, ...] = ()) -> Config:
    return a_config(clients=clients).model_copy(update={"retired_keys": tuple(map(digest, retired))})


def accepted(config: Config, key: str) -> bool:
    return authenticate(Snapshot(config), key) is not None


@pytest.mark.parametrize("way", WAYS)
def test_a_document_without_other_keys_is_left_as_it_is(way: object) -> None:
    present = with_clients(keyed("one", "key-1"), keyed("two", "key-2"))
    earlier = with_clients(keyed("one", "key-1"))
    assert way(present, earlier) == (earlier, ())  # type: ignore[operator]


@pytest.mark.parametrize("way", WAYS)
def test_a_rotated_key_stays_refused_and_the_present_one_stays_good(way: object) -> None:
    present = with_clients(keyed("one", "key-2"), retired=("key-1",))
    after, said = way(present, with_clients(keyed("one", "key-1")))  # type: ignore[operator]
    assert not accepted(after, "key-1")
    assert accepted(after, "key-2")
    assert after.clients[0].key_hint == "ey-2"
    assert after.retired_keys == present.retired_keys
    assert len(said) == 1
    assert '"one" keeps the key that it has now' in said[0]


@pytest.mark.parametrize("way", WAYS)
def test_a_client_that_was_deleted_is_back_disabled_and_without_a_key(way: object) -> None:
    present = with_clients(retired=("key-1",))
    after, said = way(present, with_clients(keyed("one", "key-1"), keyed("two", "key-1b")))  # type: ignore[operator]
    one = after.clients[0]
    assert (one.enabled, has_key(one), one.key_hint) == (False, False, "")
    assert not accepted(after, "key-1")
    assert "disabled and without a key" in said[0]
    assert places(after) == []
    assert places(after, Severity.WARNING)[0] == "clients[0].key_digest"


def test_a_restored_client_has_no_key_though_nobody_retired_its_former_one() -> None:
    after, said = restored(with_clients(), with_clients(keyed("one", "key-1")))
    assert not accepted(after, "key-1")
    assert len(said) == 1


def test_an_imported_client_that_is_unknown_here_brings_its_key() -> None:
    after, said = imported(with_clients(keyed("here", "key-0")), with_clients(keyed("moved", "key-1")))
    assert accepted(after, "key-1")
    assert said == ()


def test_a_key_that_was_set_by_hand_counts_unless_it_was_retired() -> None:
    present = with_clients(keyed("one", "key-2"), retired=("key-1",))
    after, said = edited(present, with_clients(keyed("one", "key-3"), keyed("new", "key-4")))
    assert accepted(after, "key-3")
    assert accepted(after, "key-4")
    assert said == ()


@pytest.mark.parametrize("way", WAYS)
def test_another_name_or_id_does_not_bring_a_retired_key_back(way: object) -> None:
    present = with_clients(keyed("one", "key-2"), retired=("key-1",))
    after, _ = way(present, with_clients(keyed("one", "key-2"), keyed("ghost", "key-1")))  # type: ignore[operator]
    assert not accepted(after, "key-1")
    assert accepted(after, "key-2")


def test_a_client_without_a_key_stays_without_one_when_an_older_document_knows_it() -> None:
    gone, _ = restored(with_clients(), with_clients(keyed("one", "key-1")))
    after, said = restored(gone, with_clients(keyed("one", "key-1")))
    assert after.clients[0].enabled
    assert not has_key(after.clients[0])
    assert "stays without a key" in said[0]


def test_clients_without_keys_do_not_stand_in_each_others_way() -> None:
    after, _ = restored(with_clients(), with_clients(*(keyed(f"c{n}", f"key-{n}") for n in range(50))))
    assert len({client.key_digest for client in after.clients}) == 50
    assert places(after) == []


def test_rotation_and_deletion_retire_a_key() -> None:
    before = with_clients(keyed("one", "key-1"), keyed("two", "key-2"))
    rotated = rotate_client_key(before, "one", key_digest=digest("key-1b"), key_hint="y-1b")
    rotated = with_retired(before, rotated)
    assert rotated.retired_keys == (digest("key-1"),)
    after = with_retired(rotated, delete_client(rotated, "two"))
    assert after.retired_keys == (digest("key-1"), digest("key-2"))
    assert with_retired(after, after) is after


def test_a_client_without_a_key_leaves_nothing_to_retire() -> None:
    gone, _ = restored(with_clients(), with_clients(keyed("one", "key-1")))
    assert with_retired(gone, delete_client(gone, "one")).retired_keys == ()


def test_the_list_of_retired_keys_has_an_end() -> None:
    full = retire(Config(), (f"{n:064x}" for n in range(KEPT_RETIRED + 5)))
    assert len(full.retired_keys) == KEPT_RETIRED
    assert full.retired_keys[-1] == f"{KEPT_RETIRED + 4:064x}"


KINDS = ["create", "rotate", "delete", "restore", "import", "edit"]
STEPS = st.lists(st.tuples(st.sampled_from(KINDS), st.integers(0, 9)))


@given(STEPS)
def test_whatever_is_done_in_whatever_order_no_key_works_again(steps: list[tuple[str, int]]) -> None:
    history = [Config()]
    dead: set[str] = set()
    alive: dict[str, str] = {}
    for number, (step, choice) in enumerate(steps):
        now = history[-1]
        ids = [client.id for client in now.clients]
        chosen = ids[choice % len(ids)] if ids else None
        match step:
            case "create":
                after = create_client_with_strategy(now, f"client {number}", new_client(number))
            case "rotate" if chosen:
                after = rotate_client_key(now, chosen, key_digest=digest(f"again-{number}"), key_hint="")
            case "delete" if chosen:
                after = delete_client(now, chosen)
            case "restore" | "import" | "edit":
                way = {"restore": restored, "import": imported, "edit": edited}[step]
                after, _ = way(now, history[choice % len(history)])
            case _:
                continue
        after = with_retired(now, after)
        keys = [f"key-{n}" for n in range(number + 1)] + [f"again-{n}" for n in range(number + 1)]
        working = {key for key in keys if any(client.key_digest == digest(key) for client in after.clients)}
        assert not working & dead
        dead |= set(alive) - working
        alive = dict.fromkeys(working, "")
        history.append(after)
