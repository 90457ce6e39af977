"""Files that this user may not use: each ends the start in one line that says which, whose and what to do."""

from __future__ import annotations

import asyncio
import os
import shutil
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from functools import partial
from pathlib import Path

import pytest

from localrouter.app import offline_services
from localrouter.commands import all_commands
from localrouter.domain.configuration.edits.clients_and_strategies import create_strategy
from localrouter.domain.errors import Unavailable
from localrouter.private_files import make_private_folder, user_name, who_else_writes
from localrouter.program.listening import ListenAddress
from localrouter.program.serving import serve
from localrouter.services.instance.home import Home
from localrouter.services.instance.rights import unusable_file
from localrouter.services.metrics.store import MetricsStore
from localrouter.services.secrets.file import SecretFile
from localrouter.surfaces.cli.call import Caller
from tests.commands.world import World

USER = 12345
FILES = (
    "config.json",
    "config.json.bak",
    "credentials.json",
    "secrets.json",
    "admin.token",
    "instance.json",
    "instance.lock",
    "metrics.db",
    "metrics.db-wal",
    "metrics.db-shm",
    "ledger.journal",
    "ledger.journal.3",
    "models.json",
    "logs",
    "logs/localrouter.log",
    "revisions",
    "revisions/0000000001-20260131T080000Z.json",
)

pytestmark = pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root can make files of several users"
)


@contextmanager
def as_user(uid: int = USER) -> Iterator[None]:
    """What follows is done with the rights of a user."""
    groups = os.getgroups()
    os.setgroups([])
    os.setegid(uid)
    os.seteuid(uid)
    try:
        yield
    finally:
        os.seteuid(0)
        os.setegid(0)
        os.setgroups(groups)


@pytest.fixture
def home() -> Iterator[Path]:
    """A home of that user with every kind of file in it, below a folder that all can enter."""
    top = Path(tempfile.mkdtemp())
    top.chmod(0o755)
    root = top / "home"
    for name in FILES:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if "." in path.name:
            path.write_bytes(b"{}")
        else:
            path.mkdir(exist_ok=True)
    for path in (root, *root.rglob("*")):
        give(path, USER)
    yield root
    shutil.rmtree(top)


def give(path: Path, uid: int) -> None:
    os.chown(path, uid, uid, follow_symlinks=False)
    path.chmod(0o700 if path.is_dir() else 0o600)


def state_of(folder: Path) -> dict[str, tuple[int, int, bytes]]:
    return {
        str(path): (path.lstat().st_uid, path.lstat().st_mode, path.read_bytes() if path.is_file() else b"")
        for path in folder.rglob("*")
    }


def test_a_home_of_ones_own_can_be_used(home: Path) -> None:
    with as_user():
        assert unusable_file(home) is None
        assert unusable_file(home.parent / "absent") is None


@pytest.mark.parametrize("name", FILES)
def test_a_file_of_another_user_ends_the_start_in_one_line_and_nothing_changes(home: Path, name: str) -> None:
    give(home / name, 0)
    before = state_of(home)
    with as_user(), pytest.raises(Unavailable) as refusal:
        serve(Home(home), ListenAddress(None, 0), ready=lambda *_: None)
    assert state_of(home) == before
    said = refusal.value.message
    assert said.startswith(f"{home / name} belongs to root (uid 0) and cannot be ")
    assert said.endswith(f"Give it back: sudo chown -R {USER} {home}")
    assert "\n" not in said


@pytest.mark.parametrize("name", FILES)
def test_a_call_on_the_home_itself_says_so_too(home: Path, name: str) -> None:
    give(home / name, 0)
    before = state_of(home)
    with as_user(), pytest.raises(Unavailable, match=rf"{name} belongs to root \(uid 0\)"):
        Caller(Home(home), all_commands(), lambda _: nullcontext(World(home).services)).call("list_clients", {})
    assert state_of(home) == before


def test_the_home_itself_may_be_anothers(home: Path) -> None:
    give(home, 0)
    with as_user():
        assert f"{home} belongs to root (uid 0) and cannot be read" in str(unusable_file(home))
        with pytest.raises(Unavailable, match="belongs to another user"):
            Caller(Home(home), all_commands(), lambda _: nullcontext(World(home).services)).call("list_clients", {})


def test_how_many_there_are_is_told(home: Path) -> None:
    for name in ("metrics.db", "secrets.json", "config.json"):
        give(home / name, 0)
    with as_user():
        assert f"The same applies to 2 more in {home}." in str(unusable_file(home))


def test_rights_that_its_owner_took_away_are_told_as_that(home: Path) -> None:
    (home / "metrics.db").chmod(0o000)
    with as_user():
        said = str(unusable_file(home))
    assert said == f"{home / 'metrics.db'} cannot be read by you, its owner. Allow it: chmod u+rw {home / 'metrics.db'}"


@pytest.mark.parametrize("name", ["config.json", "revisions", "logs", "metrics.db", "admin.token", "instance.lock"])
def test_a_link_of_another_user_ends_the_start(home: Path, name: str) -> None:
    aside = (home / name).rename(home.parent / "elsewhere")
    (home / name).symlink_to(aside)
    give_link(home / name, 54321)
    with as_user():
        said = str(unusable_file(home))
    assert said.startswith(
        f"{home / name} cannot be used: it is a link that belongs to uid 54321, not to you. Remove it"
    )
    give_link(home / name, USER)
    with as_user():
        assert unusable_file(home) is None


def give_link(path: Path, uid: int) -> None:
    os.chown(path, uid, uid, follow_symlinks=False)


def test_a_database_that_is_linked_to_a_disk_that_is_gone_is_not_begun_anew(home: Path) -> None:
    (home / "metrics.db").unlink()
    (home / "metrics.db").symlink_to("/nowhere/metrics.db")
    assert "is a link to /nowhere/metrics.db, which does not exist" in str(unusable_file(home))


def test_a_database_that_may_not_be_opened_is_never_set_aside(home: Path) -> None:
    give(home / "metrics.db", 0)
    before = state_of(home)
    with as_user():
        store = MetricsStore(home / "metrics.db", publish=lambda _: None, wall=lambda: 1.0)
        store.start()
        assert not store.usage_lost
        store.close()
    assert state_of(home) == before


@pytest.mark.parametrize("mode", [0o770, 0o777, 0o2775, 0o1777])
def test_a_folder_of_another_owner_that_lets_this_user_in_is_used_as_it_is(
    home: Path, mode: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LOCALROUTER_SECRETS", "file")
    for _ in range(2):  # the interpreter may be out of that user's reach: all that is needed of it is imported before
        with offline_services(Home(home.parent / "warm")) as services:
            asyncio.run(services.secrets.set("key", "sk-0123456789"))
    root = home.parent / "volume"
    root.mkdir()
    os.chown(root, 0, USER)
    root.chmod(mode)
    with as_user():
        assert unusable_file(root) is None
        for name in ("one", "two"):
            with offline_services(Home(root)) as services:
                services.store.commit(partial(create_strategy, strategy_id=name, name=name))
                asyncio.run(services.secrets.set("key", f"sk-{name}-0123456789"))
                assert ["Other users can write in the home" in report for report in services.store.reports] == [True]
        assert unusable_file(root) is None
    assert stat.S_IMODE(root.stat().st_mode) == mode
    files = [path for path in root.rglob("*") if path.is_file()]
    assert {(path.stat().st_uid, stat.S_IMODE(path.stat().st_mode)) for path in files} == {(USER, 0o600)}
    assert b'"two"' in (root / "config.json").read_bytes()


def test_files_that_a_group_shares_are_used(home: Path) -> None:
    for path in (home, *home.rglob("*")):
        os.chown(path, 0, USER)
        path.chmod(0o770 if path.is_dir() else 0o660)
    with as_user():
        assert unusable_file(home) is None
        make_private_folder(home)
        assert SecretFile(home / "secrets.json").names() == ()
        assert "It belongs to root (uid 0)." in str(who_else_writes(home))


def test_a_home_of_ones_own_is_closed_and_nobody_else_writes_in_it(home: Path) -> None:
    with as_user():
        make_private_folder(home)
        assert who_else_writes(home) is None


def test_users_without_a_name_are_told_by_their_number() -> None:
    assert user_name(0) == "root (uid 0)"
    assert user_name(4_000_000) == "uid 4000000"


def test_a_file_where_the_home_should_be_is_no_matter_of_rights(tmp_path: Path) -> None:
    file = tmp_path / "home"
    file.write_text("notes")
    said = unusable_file(file)
    assert said == f"{file} is a file, and a home is a folder. Name another with --home or LOCALROUTER_HOME."
    assert file.read_text() == "notes"
