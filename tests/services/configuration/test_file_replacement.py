"""Where the configuration is saved: links and mount points stay as they are, and a disk that fails costs nothing."""

from __future__ import annotations

import errno
import os
import re
import shutil
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from localrouter.domain.configuration.config import Config
from localrouter.domain.configuration.document import write
from localrouter.domain.configuration.edits.providers import update_section
from localrouter.domain.errors import Unavailable
from localrouter.domain.events import ConfigChanged, Event
from localrouter.services.configuration.files import ConfigFiles
from localrouter.services.configuration.store import ConfigStore, Surroundings
from tests.documents import MORNING, PRESETS

needs_root = pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root gives files away")


def open_store(home: Path, events: list[Event] | None = None) -> ConfigStore:
    told = events if events is not None else []
    files = ConfigFiles(home, rename=lambda source, target: os.replace(source, target))  # noqa: PLW0108 - as it is then
    return ConfigStore(files, Surroundings(PRESETS, told.append, lambda: MORNING))


def listening_on(port: int) -> Callable[[Config], Config]:
    return lambda config: update_section(config, "server", {"port": port})


def everything(folder: Path) -> dict[str, bytes | str]:
    return {
        str(path.relative_to(folder)): os.readlink(path) if path.is_symlink() else path.read_bytes()
        for path in folder.rglob("*")
        if path.is_symlink() or path.is_file()
    }


def linked_home(tmp_path: Path, *, relative: bool = False) -> tuple[Path, Path]:
    """A home whose document is kept elsewhere, and where."""
    home, kept = tmp_path / "home", tmp_path / "dotfiles" / "router.json"
    open_store(home)
    kept.parent.mkdir()
    shutil.move(home / "config.json", kept)
    (home / "config.json").symlink_to("../dotfiles/router.json" if relative else kept)
    return home, kept


@pytest.mark.parametrize("relative", [True, False])
def test_a_linked_document_is_replaced_where_it_is_kept(tmp_path: Path, relative: bool) -> None:
    home, kept = linked_home(tmp_path, relative=relative)
    kept.chmod(0o644)
    store = open_store(home)
    config = store.commit(listening_on(9000))
    assert (home / "config.json").is_symlink()
    assert kept.read_bytes() == write(config)
    assert stat.S_IMODE(kept.stat().st_mode) == 0o644
    assert sorted(os.listdir(kept.parent)) == ["router.json"]
    assert open_store(home).config == config
    kept.write_bytes(kept.read_bytes().replace(b"9000", b"9001"))
    assert store.take_hand_edit() is True
    assert store.config.server.port == 9001


def test_links_over_links_are_followed_to_their_end(tmp_path: Path) -> None:
    home, kept = linked_home(tmp_path)
    (home / "config.json").unlink()
    (home / "between.json").symlink_to(kept)
    (home / "config.json").symlink_to("between.json")
    open_store(home).commit(listening_on(9000))
    assert (home / "config.json").is_symlink()
    assert (home / "between.json").is_symlink()
    assert b"9000" in kept.read_bytes()


def test_a_copy_that_the_owner_linked_stays_a_link(tmp_path: Path) -> None:
    home = tmp_path / "home"
    open_store(home)
    (tmp_path / "kept").write_bytes((home / "config.json").read_bytes())
    (home / "config.json.bak").unlink()
    (home / "config.json.bak").symlink_to(tmp_path / "kept")
    open_store(home).commit(listening_on(9000))
    assert (home / "config.json.bak").is_symlink()
    assert (tmp_path / "kept").read_bytes() == (home / "config.json").read_bytes()


def test_a_link_of_a_new_home_may_lead_to_where_the_first_document_is_to_be(tmp_path: Path) -> None:
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "config.json").symlink_to(tmp_path / "config.json")
    store = open_store(tmp_path / "home")
    assert (tmp_path / "config.json").read_bytes() == write(store.config)
    assert (tmp_path / "home" / "config.json").is_symlink()


def test_a_link_that_leads_nowhere_while_running_blocks_mutations_until_it_leads_somewhere(tmp_path: Path) -> None:
    home, kept = linked_home(tmp_path)
    store = open_store(home)
    away = kept.rename(tmp_path / "away")
    store.take_hand_edit()
    with pytest.raises(Unavailable, match=f"it is a link to {kept}, which does not exist"):
        store.commit(listening_on(9000))
    assert not kept.exists()
    away.rename(kept)
    assert store.take_hand_edit() is False
    assert store.commit(listening_on(9000)).revision == 1


@needs_root
@pytest.mark.parametrize("name", ["config.json", "config.json.bak"])
def test_a_link_that_somebody_else_put_there_is_not_written_through(tmp_path: Path, name: str) -> None:
    home, target = tmp_path / "home", tmp_path / "target"
    open_store(home)
    shutil.copy(home / name, target)
    (home / name).unlink()
    (home / name).symlink_to(target)
    os.lchown(home / name, 12345, 12345)
    store, before = open_store(home), everything(tmp_path)
    with pytest.raises(Unavailable, match="it is a link that belongs to uid 12345, not to you"):
        store.commit(listening_on(9000))
    assert everything(tmp_path) == before


def refusing(code: int) -> Callable[[Path, Path], None]:
    """A file system on which `config.json` is a mount point."""

    def rename(source: Path, target: Path) -> None:
        if target.name == "config.json":
            raise OSError(code, os.strerror(code))
        os.replace(source, target)

    return rename


@pytest.mark.parametrize("code", [errno.EBUSY, errno.EXDEV])
def test_a_document_that_cannot_be_renamed_over_is_written_in_place(tmp_path: Path, code: int) -> None:
    open_store(tmp_path)
    inode = (tmp_path / "config.json").stat().st_ino
    surroundings = Surroundings(PRESETS, lambda _: None, lambda: MORNING)
    store = ConfigStore(ConfigFiles(tmp_path, rename=refusing(code)), surroundings)
    for port in (9000, 1, 65535):
        config = store.commit(listening_on(port))
        assert (tmp_path / "config.json").read_bytes() == write(config) == (tmp_path / "config.json.bak").read_bytes()
    assert (tmp_path / "config.json").stat().st_ino == inode
    assert [name for name in os.listdir(tmp_path) if name.endswith((".tmp", ".undo"))] == []
    assert open_store(tmp_path).config == config


@pytest.mark.parametrize("growing", [True, False])
@pytest.mark.parametrize("written", [40, 60, 400])
@pytest.mark.parametrize("is_cut", [True, False])
def test_a_crash_while_the_document_is_written_in_place_loses_nothing(
    tmp_path: Path, growing: bool, written: int, is_cut: bool
) -> None:
    store = open_store(tmp_path)
    long = store.commit(
        lambda config: config.model_copy(
            update={
                "server": config.server.model_copy(
                    update={"allowed_hosts": tuple(f"host-{number}" for number in range(50))}
                )
            }
        )
    )
    if not growing:
        long = store.commit(lambda config: update_section(config, "server", {"allowed_hosts": None}))
    new = (tmp_path / "config.json").read_bytes()
    old = next((tmp_path / "revisions").glob(f"{long.revision - 1:010d}-*")).read_bytes()
    (tmp_path / "config.json.bak").write_bytes(old)
    (tmp_path / "config.json.tmp").write_bytes(new)
    (tmp_path / "config.json").write_bytes(new[:written] + (b"" if is_cut else old[written:]))
    opened = open_store(tmp_path)
    assert (opened.config, opened.problem, opened.reports) == (long, None, ())
    assert (tmp_path / "config.json").read_bytes() == new
    assert not (tmp_path / "config.json.tmp").exists()


def test_what_was_spoilt_by_hand_is_not_taken_for_a_crash(tmp_path: Path) -> None:
    store = open_store(tmp_path)
    store.commit(listening_on(9000))
    (tmp_path / "config.json.tmp").write_bytes((tmp_path / "config.json").read_bytes())
    spoilt = (tmp_path / "config.json").read_bytes()[:100] + b"mine"
    (tmp_path / "config.json").write_bytes(spoilt)
    assert open_store(tmp_path).problem is not None
    assert (tmp_path / "config.json").read_bytes() == spoilt


def test_a_document_that_is_read_only_is_served_and_followed_and_never_written(tmp_path: Path) -> None:
    store = open_store(tmp_path)
    store.commit(listening_on(9000))
    path = tmp_path / "config.json"
    path.write_bytes(b'{"revision": 70, "server": {"port": 9001}}')
    path.chmod(0o444)
    for number in (2, 2):
        store = open_store(tmp_path)
        assert (store.config.revision, store.config.server.port, store.problem) == (number, 9001, None)
        assert any("cannot be written here" in report for report in store.reports)
    with pytest.raises(Unavailable, match="cannot be written here: edit it at its source"):
        store.commit(listening_on(1))
    path.unlink()
    path.write_bytes(b'{"server": {"port": 9002}}')
    path.chmod(0o444)
    assert store.take_hand_edit() is True
    assert (store.config.revision, store.config.server.port, store.problem) == (3, 9002, None)
    assert path.read_bytes() == b'{"server": {"port": 9002}}'
    assert store.take_hand_edit() is False
    assert open_store(tmp_path).config == store.config


FAULTS = {(errno.ENOSPC, False, True), (errno.EIO, True, False)}
CALLS = ("open", "write", "fsync", "replace", "unlink", "link", "close")


@contextmanager
def failing(monkeypatch: pytest.MonkeyPatch, at: int, code: int, *, lasting: bool) -> Iterator[list[str]]:
    """The disk refuses one call of the system, or every one from there on. Yields the calls that were made."""
    made: list[str] = []

    def wrapped(name: str) -> Callable[..., object]:
        usual = getattr(os, name)

        def call(*arguments: object, **named: object) -> object:
            made.append(name)
            if name != "close" and (len(made) == at or (lasting and len(made) > at)):
                raise OSError(code, os.strerror(code))
            return usual(*arguments, **named)

        return call

    with monkeypatch.context() as patched:
        for name in CALLS:
            patched.setattr(os, name, wrapped(name))
        yield made


def refused(store: ConfigStore) -> Unavailable | None:
    try:
        store.commit(listening_on(9000))
    except Unavailable as refusal:
        return refusal
    return None


def calls_of_a_commit(monkeypatch: pytest.MonkeyPatch, home: Path) -> int:
    store = open_store(home)
    with failing(monkeypatch, 0, errno.EIO, lasting=False) as made:
        store.commit(listening_on(9000))
    return len(made)


@pytest.mark.parametrize("lasting", [False, True], ids=["once", "lasting"])
@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EIO, errno.EROFS], ids=errno.errorcode.get)
@pytest.mark.parametrize("is_linked", [False, True], ids=["plain", "linked"])
def test_whatever_the_disk_refuses_a_commit_is_whole_or_leaves_no_trace(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int, lasting: bool, is_linked: bool, full: bool
) -> None:
    if not full and (code, lasting, is_linked) not in FAULTS:
        pytest.skip("--full runs them all")
    for at in range(1, calls_of_a_commit(monkeypatch, tmp_path / "first") + 1):
        home = linked_home(tmp_path / str(at))[0] if is_linked else tmp_path / str(at) / "home"
        events: list[Event] = []
        store = open_store(home, events)
        store.commit(listening_on(1000))
        del events[:]
        before, snapshot = everything(tmp_path / str(at)), store.snapshot
        with failing(monkeypatch, at, code, lasting=lasting):
            refusal = refused(store)
        is_done = refusal is None
        if refusal is not None:
            assert re.search(r"[Nn]othing (else can be|was) changed", refusal.message)
            assert store.snapshot is snapshot
            assert not any(isinstance(event, ConfigChanged) for event in events)
        for _ in range(2):
            assert store.take_hand_edit() is False
        assert store.problem is None
        assert not any("by hand" in report for report in store.reports)
        if not is_done:
            left = {
                name: text
                for name, text in everything(tmp_path / str(at)).items()
                if not name.endswith((".tmp", ".undo"))
            }
            left = {name: text for name, text in left.items() if "0000000002-" not in name}
            assert left == before
        config = store.commit(listening_on(7000))
        assert config.revision == 2 + is_done
        assert [info.revision for info in store.revisions()] == list(range(config.revision, -1, -1))
        names = list(everything(tmp_path / str(at)))
        assert [name for name in names if name.endswith((".tmp", ".undo"))] == []
        reopened = open_store(home)
        assert (reopened.config, reopened.reports, reopened.problem) == (config, (), None)


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EIO], ids=errno.errorcode.get)
def test_a_process_that_ends_while_the_disk_fails_leaves_a_whole_revision_and_no_edit_by_hand(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    for at in range(1, calls_of_a_commit(monkeypatch, tmp_path / "first") + 1):
        home = tmp_path / str(at)
        store = open_store(home)
        with failing(monkeypatch, at, code, lasting=True):
            refused(store)
        reopened = open_store(home)
        assert reopened.reports == ()
        assert reopened.config.server.port in (3625, 9000)
        assert [name for name in everything(home) if name.endswith((".tmp", ".undo"))] == []


MOUNTED = """
import os, subprocess, sys
from pathlib import Path
from tests.services.configuration.test_file_replacement import listening_on, open_store

home, kept = Path(sys.argv[1]), Path(sys.argv[2])
subprocess.run(["mount", "--bind", str(kept), str(home / "config.json")], check=True)
store = open_store(home)
store.commit(listening_on(9000))
store.commit(listening_on(9001))
reopened = open_store(home)
assert (reopened.config, reopened.reports, reopened.problem) == (store.config, (), None)
subprocess.run(["mount", "-o", "remount,ro,bind", str(home / "config.json")], check=True)
store = open_store(home)
assert store.problem is None
try:
    store.commit(listening_on(1))
except Exception as error:
    assert "cannot be written here" in str(error), error
else:
    raise AssertionError("it was written")
print("right")
"""


@needs_root
def test_a_document_that_is_a_mount_point_is_written_through_it(tmp_path: Path) -> None:
    home, kept = tmp_path / "home", tmp_path / "kept.json"
    open_store(home)
    shutil.copy(home / "config.json", kept)
    if subprocess.run(["unshare", "-m", "true"], check=False, capture_output=True).returncode:
        pytest.skip("this machine lets nobody mount")
    command = ["unshare", "-m", sys.executable, "-c", MOUNTED, str(home), str(kept)]
    ran = subprocess.run(command, check=False, capture_output=True, text=True, cwd=Path(__file__).parent.parents[2])
    assert (ran.stdout, ran.stderr) == ("right\n", "")
    assert b"9001" in kept.read_bytes()
