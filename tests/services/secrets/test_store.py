from __future__ import annotations

import asyncio
import json
import stat
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from localrouter.domain.configuration.config import Provider
from localrouter.domain.credentials.bindings import Destination
from localrouter.domain.errors import Refusal, Unavailable
from localrouter.services.secrets import store as secret_store
from localrouter.services.secrets.gate import Gate
from localrouter.services.secrets.store import Presence, SecretStore

SECRET = "sk-very-secret"

KEYCHAIN = """
import json, pathlib

import time

KEPT = pathlib.Path(__file__).with_name("kept.json")
LOCKED = pathlib.Path(__file__).with_name("locked")
PROMPTING = pathlib.Path(__file__).with_name("prompting")
AWAY = pathlib.Path(__file__).with_name("away")

class Backend:
    priority = {priority}

class Fail:
    priority = 0

def get_keyring():
    return Fail() if AWAY.exists() else Backend()

def kept():
    while PROMPTING.exists():
        time.sleep(0.02)
    if LOCKED.exists():
        raise RuntimeError("the wallet with sk-very-secret is locked")
    return json.loads(KEPT.read_text()) if KEPT.exists() else {{}}

def get_password(service, username):
    return kept().get(service + "|" + username)

def set_password(service, username, password):
    KEPT.write_text(json.dumps(kept() | {{service + "|" + username: password}}))

def delete_password(service, username):
    entries = kept()
    del entries[service + "|" + username]
    KEPT.write_text(json.dumps(entries))
"""


@pytest.fixture(autouse=True)
def _no_keychain_from_elsewhere(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setitem(sys.modules, "keyring", None)
    yield
    sys.modules.pop("keyring", None)


@pytest.fixture
def keychain(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A package `keyring` that keeps its entries in the returned folder."""
    return install_keychain(tmp_path / "packages", monkeypatch)


def install_keychain(folder: Path, monkeypatch: pytest.MonkeyPatch, priority: float = 5) -> Path:
    folder.mkdir()
    (folder / "keyring.py").write_text(KEYCHAIN.format(priority=priority))
    monkeypatch.syspath_prepend(str(folder))
    monkeypatch.delitem(sys.modules, "keyring")
    return folder


def open_file(home: Path, **environment: str) -> SecretStore:
    return SecretStore.open(home, {"LOCALROUTER_SECRETS": "file", **environment})


def put(store: SecretStore, name: str, value: str) -> None:
    asyncio.run(store.set(name, value))


def delete(store: SecretStore, name: str) -> bool:
    return asyncio.run(store.delete(name))


def look_up(store: SecretStore, name: str) -> str | None:
    """As a request does it: what is not known yet is asked for."""
    asyncio.run(store.fetch([f"store:{name}"]))
    return store.resolve(f"store:{name}")


def test_a_variable_of_the_environment_is_read(tmp_path: Path) -> None:
    store = open_file(tmp_path, KEY=SECRET, EMPTY="")
    assert store.resolve("env:KEY") == SECRET
    assert store.resolve("env:EMPTY") is None
    assert store.resolve("env:GONE") is None
    assert store.resolve(SECRET) is None


def test_a_stored_secret_is_known_at_once_and_after_a_restart(tmp_path: Path) -> None:
    store = open_file(tmp_path)
    assert store.resolve("store:a") is None
    put(store, "a", SECRET)
    assert store.resolve("store:a") == SECRET
    put(store, "a", "another")
    assert store.resolve("store:a") == "another"
    put(store, "b c", SECRET)
    again = open_file(tmp_path)
    assert (again.resolve("store:a"), again.resolve("store:b c")) == ("another", SECRET)
    assert again.names() == ("a", "b c")


def test_a_deleted_secret_is_gone_for_good(tmp_path: Path) -> None:
    store = open_file(tmp_path)
    put(store, "a", SECRET)
    assert store.resolve("store:a") == SECRET
    assert delete(store, "a") is True
    assert delete(store, "a") is False
    assert store.resolve("store:a") is None
    assert open_file(tmp_path).names() == ()
    assert SECRET not in (tmp_path / "secrets.json").read_text()


def test_the_file_is_its_owners_alone_also_where_it_was_open_before(tmp_path: Path) -> None:
    path = tmp_path / "secrets.json"
    path.write_text(json.dumps({"a": SECRET}))
    path.chmod(0o644)
    store = open_file(tmp_path)
    assert store.resolve("store:a") == SECRET
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    put(store, "b", SECRET)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.parametrize("text", ["", "{", "[]", f'{{"a": ["{SECRET}"]}}', f'{{"a": "{SECRET}",}}'])
def test_a_spoilt_file_is_told_and_never_overwritten(tmp_path: Path, text: str) -> None:
    path = tmp_path / "secrets.json"
    path.write_text(text)
    store = open_file(tmp_path)
    assert store.resolve("store:a") is None
    assert str(path) in str(store.problem)
    for refused in (lambda: put(store, "b", "x"), lambda: delete(store, "a"), store.names):
        with pytest.raises(Unavailable) as refusal:
            refused()
        assert SECRET not in refusal.value.message
    assert path.read_text() == text
    path.write_text(json.dumps({"a": SECRET}))
    assert (store.resolve("store:a"), store.problem) == (SECRET, None)


@pytest.mark.parametrize(
    ("name", "value"), [("", "x"), (" ", "x"), ("a\nb", "x"), ("a", ""), ("a", " "), ("a", f"{SECRET}\n")]
)
def test_what_cannot_be_a_secret_is_refused_without_repeating_it(tmp_path: Path, name: str, value: str) -> None:
    store = open_file(tmp_path)
    with pytest.raises(Refusal) as refusal:
        put(store, name, value)
    assert SECRET not in refusal.value.message
    assert store.names() == ()


def test_a_failed_write_changes_nothing(tmp_path: Path) -> None:
    store = open_file(tmp_path / "home")
    with pytest.raises(Unavailable, match="No such file"):
        put(store, "a", SECRET)
    assert store.resolve("store:a") is None


def test_without_the_package_the_file_serves_unless_a_keychain_is_demanded(tmp_path: Path) -> None:
    store = SecretStore.open(tmp_path, {})
    put(store, "a", SECRET)
    assert (tmp_path / "secrets.json").exists()
    with pytest.raises(Unavailable, match=r"localrouter\[desktop\]"):
        SecretStore.open(tmp_path, {"LOCALROUTER_SECRETS": "keyring"})
    with pytest.raises(Refusal, match='"keyring" or "file"'):
        SecretStore.open(tmp_path, {"LOCALROUTER_SECRETS": "vault"})


@pytest.mark.parametrize("choice", ["", "keyring"])
def test_a_keychain_that_works_keeps_the_secrets(tmp_path: Path, keychain: Path, choice: str) -> None:
    store = SecretStore.open(tmp_path, {"LOCALROUTER_SECRETS": choice})
    put(store, "a", SECRET)
    put(store, "b", "x")
    assert not (tmp_path / "secrets.json").exists()
    again = SecretStore.open(tmp_path, {"LOCALROUTER_SECRETS": choice})
    assert (look_up(again, "a"), again.names()) == (SECRET, ("a", "b"))
    assert delete(again, "a") is True
    assert delete(again, "a") is False
    assert (look_up(again, "a"), again.names()) == (None, ("b",))
    assert SECRET not in (keychain / "kept.json").read_text()


def test_two_homes_share_a_keychain_and_no_secret(tmp_path: Path, keychain: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
    one, two = SecretStore.open(tmp_path / "one", {}), SecretStore.open(tmp_path / "two", {})
    put(one, "a", SECRET)
    assert look_up(two, "a") is None
    assert two.names() == ()


def test_what_the_file_held_before_the_keychain_came_is_still_found(tmp_path: Path, keychain: Path) -> None:
    put(open_file(tmp_path), "a", "old")
    store = SecretStore.open(tmp_path, {})
    assert look_up(store, "a") == "old"
    put(store, "a", SECRET)
    assert look_up(SecretStore.open(tmp_path, {}), "a") == SECRET
    assert open_file(tmp_path).names() == ()


def test_file_means_file_even_where_a_keychain_works(tmp_path: Path, keychain: Path) -> None:
    put(open_file(tmp_path), "a", SECRET)
    assert (tmp_path / "secrets.json").exists()
    assert not (keychain / "kept.json").exists()


def test_a_stand_in_for_a_keychain_is_not_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    install_keychain(tmp_path / "packages", monkeypatch, priority=0)
    put(SecretStore.open(tmp_path, {}), "a", SECRET)
    assert (tmp_path / "secrets.json").exists()
    with pytest.raises(Unavailable, match="none that works"):
        SecretStore.open(tmp_path, {"LOCALROUTER_SECRETS": "keyring"})


def restarted(home: Path, **environment: str) -> SecretStore:
    return SecretStore.open(home, environment)


def kept(keychain: Path) -> dict[str, str]:
    """The keychain's entries, without the one that lists their names."""
    entries = json.loads((keychain / "kept.json").read_text()) if (keychain / "kept.json").exists() else {}
    return {name.rpartition("|")[2]: value for name, value in entries.items() if not name.endswith("names")}


@pytest.mark.parametrize("choice", ["", "keyring"])
def test_a_locked_keychain_is_told_without_its_own_words_and_noticed_when_it_opens(
    tmp_path: Path, keychain: Path, choice: str
) -> None:
    put(restarted(tmp_path), "a", SECRET)
    (keychain / "locked").touch()
    store = restarted(tmp_path, LOCALROUTER_SECRETS=choice)
    assert look_up(store, "a") is None
    assert store.presence("store:a") is Presence.OUT_OF_REACH
    for said in (str(store.problem), store.why_out_of_reach()):
        assert "keychain" in said
        assert "Unlock" in said
        assert "Error" not in said
        assert SECRET not in said
    (keychain / "locked").unlink()
    assert (look_up(store, "a"), store.problem) == (SECRET, None)


def test_a_demanded_keychain_that_is_locked_takes_no_key_and_the_file_neither(tmp_path: Path, keychain: Path) -> None:
    store = restarted(tmp_path, LOCALROUTER_SECRETS="keyring")
    (keychain / "locked").touch()
    with pytest.raises(Unavailable, match="did not answer"):
        put(store, "a", "x")
    assert not (tmp_path / "secrets.json").exists()


@pytest.mark.parametrize("away", ["locked", "away"])
def test_the_key_that_was_set_last_wins_over_the_one_in_a_keychain_that_was_out_of_reach(
    tmp_path: Path, keychain: Path, away: str
) -> None:
    put(restarted(tmp_path), "a", "sk-old")
    (keychain / away).touch()
    store = restarted(tmp_path)
    put(store, "a", "sk-new")
    assert look_up(store, "a") == "sk-new"
    assert look_up(restarted(tmp_path), "a") == "sk-new"
    (keychain / away).unlink()
    assert kept(keychain) == {"a": "sk-old"}
    store = restarted(tmp_path)
    assert look_up(store, "a") == "sk-new"
    put(store, "b", "x")  # the keychain answers: what is old in it goes
    assert kept(keychain) == {"b": "x"}
    assert look_up(restarted(tmp_path), "a") == "sk-new"
    put(store, "a", "sk-newest")
    assert look_up(restarted(tmp_path), "a") == "sk-newest"
    assert json.loads((tmp_path / "secrets.json").read_text()) == {}


@pytest.mark.parametrize("away", ["locked", "away"])
def test_a_key_that_was_deleted_while_the_keychain_was_out_of_reach_does_not_come_back(
    tmp_path: Path, keychain: Path, away: str
) -> None:
    put(restarted(tmp_path), "a", SECRET)
    (keychain / away).touch()
    assert delete(restarted(tmp_path), "a") is True
    (keychain / away).unlink()
    store = restarted(tmp_path)
    assert (look_up(store, "a"), store.presence("store:a"), store.names()) == (None, Presence.ABSENT, ())
    put(store, "b", "x")
    assert kept(keychain) == {"b": "x"}
    assert look_up(restarted(tmp_path), "a") is None


def test_the_order_is_of_the_homes_own_count_and_no_clocks(
    tmp_path: Path, keychain: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(restarted(tmp_path), "a", "sk-old")
    (keychain / "locked").touch()
    monkeypatch.setattr(time, "time", lambda: 1.0)
    put(restarted(tmp_path), "a", "sk-new")
    (tmp_path / "credentials.json").touch()
    (keychain / "locked").unlink()
    assert look_up(restarted(tmp_path), "a") == "sk-new"
    assert json.loads((tmp_path / "credentials.json").read_text())["sequence"] == 2


def test_without_its_package_a_key_of_the_keychain_is_not_a_missing_one(
    tmp_path: Path, keychain: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(restarted(tmp_path), "a", SECRET)
    with monkeypatch.context() as without:
        without.setitem(sys.modules, "keyring", None)
        store = restarted(tmp_path)
        assert look_up(store, "a") is None
        assert store.presence("store:a") is Presence.OUT_OF_REACH
        assert "localrouter[desktop]" in str(store.problem)
        assert "localrouter[desktop]" in store.why_out_of_reach()
    monkeypatch.delitem(sys.modules, "keyring", raising=False)
    assert (look_up(store, "a"), store.problem) == (SECRET, None)


def test_without_a_session_bus_a_key_of_the_keychain_is_not_a_missing_one(tmp_path: Path, keychain: Path) -> None:
    put(restarted(tmp_path), "a", SECRET)
    (keychain / "away").touch()
    store = restarted(tmp_path)
    assert look_up(store, "a") is None
    assert "LOCALROUTER_SECRETS=file" in str(store.problem)
    (keychain / "away").unlink()
    assert (look_up(store, "a"), store.problem) == (SECRET, None)


def test_where_the_keychain_is_ruled_out_its_key_is_told_as_that(tmp_path: Path, keychain: Path) -> None:
    put(restarted(tmp_path), "a", SECRET)
    store = open_file(tmp_path)
    assert look_up(store, "a") is None
    assert store.presence("store:a") is Presence.OUT_OF_REACH
    assert "LOCALROUTER_SECRETS=file" in str(store.problem)
    put(store, "a", "sk-new")
    assert (look_up(store, "a"), store.problem) == ("sk-new", None)
    assert look_up(restarted(tmp_path), "a") == "sk-new"


def test_a_home_from_before_records_uses_the_file_first_and_learns_where_its_keys_are(
    tmp_path: Path, keychain: Path
) -> None:
    put(restarted(tmp_path), "a", "sk-old")
    put(restarted(tmp_path), "b", SECRET)
    (tmp_path / "credentials.json").unlink()
    (tmp_path / "secrets.json").write_text(json.dumps({"a": "sk-set-while-locked"}))
    store = restarted(tmp_path)
    assert (look_up(store, "a"), look_up(store, "b")) == ("sk-set-while-locked", SECRET)
    (keychain / "locked").touch()
    store = restarted(tmp_path)
    assert (look_up(store, "a"), look_up(store, "b")) == ("sk-set-while-locked", None)
    assert store.presence("store:b") is Presence.OUT_OF_REACH
    assert "keychain" in str(store.problem)


def test_a_keychain_that_waits_for_its_user_holds_up_nobody(
    tmp_path: Path, keychain: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(secret_store, "PATIENCE", 0.2)
    monkeypatch.setattr(secret_store, "PATIENCE_OF_A_COMMAND", 0.2)
    put(restarted(tmp_path), "a", "sk-old")
    put(restarted(tmp_path), "b", "sk-b")
    (keychain / "prompting").touch()

    async def scene() -> None:
        store = restarted(tmp_path)
        beats = 0

        async def beat() -> None:
            nonlocal beats
            while True:
                await asyncio.sleep(0.01)
                beats += 1

        heart = asyncio.create_task(beat())
        await asyncio.gather(*(store.fetch(["store:a"]) for _ in range(20)))
        assert beats > 3, "the loop stood still"
        assert store.presence("store:a") is Presence.OUT_OF_REACH
        assert "waits to be unlocked" in str(store.problem)
        await store.set("a", "sk-new")
        assert store.resolve("store:a") == "sk-new"
        (keychain / "prompting").unlink()
        while store.resolve("store:b") is None:
            await store.fetch(["store:b"])
            await asyncio.sleep(0.01)
        assert store.resolve("store:a") == "sk-new"
        heart.cancel()

    asyncio.run(asyncio.wait_for(scene(), 30))
    assert look_up(restarted(tmp_path), "a") == "sk-new"


def test_pages_do_not_make_a_locked_keychain_ask_again_and_requests_do(tmp_path: Path, keychain: Path) -> None:
    put(restarted(tmp_path), "a", SECRET)
    (keychain / "locked").touch()
    store = restarted(tmp_path)
    assert look_up(store, "a") is None
    (keychain / "locked").unlink()
    asyncio.run(store.fetch(["store:a"], again=False))
    assert store.resolve("store:a") is None
    assert look_up(store, "a") == SECRET


def test_a_change_that_came_to_nothing_leaves_what_was_there(tmp_path: Path, keychain: Path) -> None:
    bound = (Destination("https://a.example"),)
    store = restarted(tmp_path)
    asyncio.run(store.set("a", "sk-old", bound))
    former = asyncio.run(store.former("a"))
    asyncio.run(store.set("a", "sk-new"))
    asyncio.run(store.go_back(former))
    assert look_up(restarted(tmp_path), "a") == "sk-old"
    (keychain / "locked").touch()
    store = restarted(tmp_path)
    former = asyncio.run(store.former("a"))
    put(store, "a", "sk-new")
    asyncio.run(store.go_back(former))
    (keychain / "locked").unlink()
    store = restarted(tmp_path)
    assert look_up(store, "a") == "sk-old"
    record = store.records.of("a")
    assert record is not None
    assert record.bound == bound


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"version": 1, "sequence": 0, "stored": {"a": 1}, "variables": {}}'])
def test_spoilt_records_are_told_and_never_overwritten_and_nothing_is_sent(tmp_path: Path, text: str) -> None:
    put(open_file(tmp_path), "a", SECRET)
    path = tmp_path / "credentials.json"
    path.write_text(text)
    store = open_file(tmp_path)
    assert look_up(store, "a") is None
    assert str(path) in str(store.problem)
    assert store.presence("store:a") is Presence.OUT_OF_REACH
    for refused in (lambda: put(store, "b", "x"), lambda: delete(store, "a")):
        with pytest.raises(Unavailable, match="credentials"):
            refused()
    assert path.read_text() == text


def test_the_records_are_their_owners_alone_and_hold_no_value(tmp_path: Path) -> None:
    put(open_file(tmp_path), "a", SECRET)
    path = tmp_path / "credentials.json"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert SECRET not in path.read_text()


def test_a_known_secret_is_not_looked_up_again(tmp_path: Path, keychain: Path) -> None:
    store = SecretStore.open(tmp_path, {})
    put(store, "a", SECRET)
    assert look_up(store, "a") == SECRET
    (keychain / "locked").touch()
    assert look_up(store, "a") == SECRET


def test_its_representation_says_where_and_never_what(tmp_path: Path, keychain: Path) -> None:
    store = SecretStore.open(tmp_path, {"KEY": SECRET})
    put(store, "a", SECRET)
    assert look_up(store, "a") == SECRET
    assert repr(store) == "<SecretStore in the keychain and secrets.json>"


def test_background_work_asks_a_locked_keychain_once(tmp_path: Path, keychain: Path) -> None:
    put(restarted(tmp_path), "a", SECRET)
    (keychain / "locked").touch()
    store = restarted(tmp_path)
    gate = Gate(store, ())
    provider = Provider(name="a", preset="openai", secret="store:a")
    asyncio.run(gate.prepare(provider, again=False))
    (keychain / "locked").unlink()
    asyncio.run(gate.prepare(provider, again=False))
    assert store.resolve("store:a") is None
    asyncio.run(gate.prepare(provider))
    assert store.resolve("store:a") == SECRET
