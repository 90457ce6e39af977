from __future__ import annotations

import json
import stat
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from localrouter.domain.errors import Refusal, Unavailable
from localrouter.services.secret_store import SecretStore

SECRET = "sk-very-secret"

KEYCHAIN = """
import json, pathlib

KEPT = pathlib.Path(__file__).with_name("kept.json")
LOCKED = pathlib.Path(__file__).with_name("locked")

class Backend:
    priority = {priority}

def get_keyring():
    return Backend()

def kept():
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


def test_a_variable_of_the_environment_is_read(tmp_path: Path) -> None:
    store = open_file(tmp_path, KEY=SECRET, EMPTY="")
    assert store.resolve("env:KEY") == SECRET
    assert store.resolve("env:EMPTY") is None
    assert store.resolve("env:GONE") is None
    assert store.resolve(SECRET) is None


def test_a_stored_secret_is_known_at_once_and_after_a_restart(tmp_path: Path) -> None:
    store = open_file(tmp_path)
    assert store.resolve("store:a") is None
    store.set("a", SECRET)
    assert store.resolve("store:a") == SECRET
    store.set("a", "another")
    assert store.resolve("store:a") == "another"
    store.set("b c", SECRET)
    again = open_file(tmp_path)
    assert (again.resolve("store:a"), again.resolve("store:b c")) == ("another", SECRET)
    assert again.names() == ("a", "b c")


def test_a_deleted_secret_is_gone_for_good(tmp_path: Path) -> None:
    store = open_file(tmp_path)
    store.set("a", SECRET)
    assert store.resolve("store:a") == SECRET
    assert store.delete("a") is True
    assert store.delete("a") is False
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
    store.set("b", SECRET)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.parametrize("text", ["", "{", "[]", f'{{"a": ["{SECRET}"]}}', f'{{"a": "{SECRET}",}}'])
def test_a_spoilt_file_is_told_and_never_overwritten(tmp_path: Path, text: str) -> None:
    path = tmp_path / "secrets.json"
    path.write_text(text)
    store = open_file(tmp_path)
    assert store.resolve("store:a") is None
    assert str(path) in str(store.problem)
    for refused in (lambda: store.set("b", "x"), lambda: store.delete("a"), store.names):
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
        store.set(name, value)
    assert SECRET not in refusal.value.message
    assert store.names() == ()


def test_a_failed_write_changes_nothing(tmp_path: Path) -> None:
    store = open_file(tmp_path / "home")
    with pytest.raises(Unavailable, match="No such file"):
        store.set("a", SECRET)
    assert store.resolve("store:a") is None


def test_without_the_package_the_file_serves_unless_a_keychain_is_demanded(tmp_path: Path) -> None:
    store = SecretStore.open(tmp_path, {})
    store.set("a", SECRET)
    assert (tmp_path / "secrets.json").exists()
    with pytest.raises(Unavailable, match=r"localrouter\[desktop\]"):
        SecretStore.open(tmp_path, {"LOCALROUTER_SECRETS": "keyring"})
    with pytest.raises(Refusal, match='"keyring" or "file"'):
        SecretStore.open(tmp_path, {"LOCALROUTER_SECRETS": "vault"})


@pytest.mark.parametrize("choice", ["", "keyring"])
def test_a_keychain_that_works_keeps_the_secrets(tmp_path: Path, keychain: Path, choice: str) -> None:
    store = SecretStore.open(tmp_path, {"LOCALROUTER_SECRETS": choice})
    store.set("a", SECRET)
    store.set("b", "x")
    assert not (tmp_path / "secrets.json").exists()
    again = SecretStore.open(tmp_path, {"LOCALROUTER_SECRETS": choice})
    assert (again.resolve("store:a"), again.names()) == (SECRET, ("a", "b"))
    assert again.delete("a") is True
    assert again.delete("a") is False
    assert (again.resolve("store:a"), again.names()) == (None, ("b",))
    assert SECRET not in (keychain / "kept.json").read_text()


def test_two_homes_share_a_keychain_and_no_secret(tmp_path: Path, keychain: Path) -> None:
    one, two = SecretStore.open(tmp_path / "one", {}), SecretStore.open(tmp_path / "two", {})
    one.set("a", SECRET)
    assert two.resolve("store:a") is None
    assert two.names() == ()


def test_what_the_file_held_before_the_keychain_came_is_still_found(tmp_path: Path, keychain: Path) -> None:
    open_file(tmp_path).set("a", "old")
    store = SecretStore.open(tmp_path, {})
    assert store.resolve("store:a") == "old"
    store.set("a", SECRET)
    assert SecretStore.open(tmp_path, {}).resolve("store:a") == SECRET
    assert open_file(tmp_path).names() == ()


def test_file_means_file_even_where_a_keychain_works(tmp_path: Path, keychain: Path) -> None:
    open_file(tmp_path).set("a", SECRET)
    assert (tmp_path / "secrets.json").exists()
    assert not (keychain / "kept.json").exists()


def test_a_stand_in_for_a_keychain_is_not_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    install_keychain(tmp_path / "packages", monkeypatch, priority=0)
    SecretStore.open(tmp_path, {}).set("a", SECRET)
    assert (tmp_path / "secrets.json").exists()
    with pytest.raises(Unavailable, match="none that works"):
        SecretStore.open(tmp_path, {"LOCALROUTER_SECRETS": "keyring"})


def test_a_locked_keychain_is_told_without_its_own_words_and_noticed_when_it_opens(
    tmp_path: Path, keychain: Path
) -> None:
    store = SecretStore.open(tmp_path, {})
    store.set("a", SECRET)
    (keychain / "locked").touch()
    assert store.resolve("store:a") is None
    assert "RuntimeError" in str(store.problem)
    assert SECRET not in str(store.problem)
    with pytest.raises(Unavailable, match="did not answer"):
        store.set("b", "x")
    with pytest.raises(Unavailable, match="Unlock it"):
        SecretStore.open(tmp_path, {"LOCALROUTER_SECRETS": "keyring"})
    assert repr(SecretStore.open(tmp_path, {})) == "<SecretStore in secrets.json>"
    (keychain / "locked").unlink()
    assert (store.resolve("store:a"), store.problem) == (SECRET, None)


def test_a_known_secret_is_not_looked_up_again(tmp_path: Path, keychain: Path) -> None:
    store = SecretStore.open(tmp_path, {})
    store.set("a", SECRET)
    assert store.resolve("store:a") == SECRET
    (keychain / "locked").touch()
    assert store.resolve("store:a") == SECRET


def test_its_representation_says_where_and_never_what(tmp_path: Path, keychain: Path) -> None:
    store = SecretStore.open(tmp_path, {"KEY": SECRET})
    store.set("a", SECRET)
    assert store.resolve("store:a") == SECRET
    assert repr(store) == "<SecretStore in the keychain and secrets.json>"
