from __future__ import annotations

import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from localrouter.domain.configuration.access import authenticate, digest
from localrouter.domain.configuration.config import Config, Server
from localrouter.domain.configuration.document import read, write
from localrouter.domain.configuration.edits.clients_and_strategies import (
    create_strategy,
    delete_client,
    delete_strategy,
    rename_strategy,
    rotate_client_key,
    update_client,
)
from localrouter.domain.configuration.edits.providers import SECTIONS, create_provider, update_section
from localrouter.domain.errors import Conflict, Invalid, NotFound, Refusal, Unavailable
from localrouter.domain.events import ConfigChanged, Event, ServerStatus
from localrouter.services.configuration.files import KEPT_REVISIONS, ConfigFiles
from localrouter.services.configuration.store import ConfigStore
from localrouter.services.instance.home import Home
from tests.documents import MORNING, PRESETS, a_client, a_config, a_provider, a_strategy

Edit = Callable[[Config], Config]


def open_store(home: Path, events: list[Event] | None = None) -> ConfigStore:
    told = events if events is not None else []
    return ConfigStore.open(home, presets=PRESETS, publish=told.append, clock=lambda: MORNING)


def on_disk(home: Path) -> dict[str, bytes]:
    return {str(path.relative_to(home)): path.read_bytes() for path in home.rglob("*") if path.is_file()}


def listening_on(port: int) -> Edit:
    return lambda config: update_section(config, "server", {"port": port})


def named(name: str) -> Edit:
    return lambda config: create_strategy(config, strategy_id=name, name=name)


def edit_by_hand(home: Path, edit: Edit) -> None:
    path = home / "config.json"
    path.write_bytes(write(edit(read(path.read_bytes()))))


def test_a_commit_changes_memory_disk_backup_and_history_and_is_announced(tmp_path: Path) -> None:
    events: list[Event] = []
    store = open_store(tmp_path, events)
    former = store.snapshot
    config = store.commit(listening_on(9000))
    assert (config.revision, config.server.port) == (1, 9000)
    assert store.config is store.snapshot.config is config
    assert store.snapshot.revision == 1
    assert former.config.server.port == 3625
    home = Home(tmp_path)
    assert read(home.config.read_bytes()) == config
    assert home.config_backup.read_bytes() == home.config.read_bytes()
    assert [path.name for path in sorted(home.revisions.iterdir())] == [
        "0000000000-20260131T080000Z.json",
        "0000000001-20260131T080000Z.json",
    ]
    assert events == [ConfigChanged(1, ("server",))]
    assert open_store(tmp_path).config == config


def test_an_edit_that_changes_nothing_is_no_commit(tmp_path: Path) -> None:
    events: list[Event] = []
    store = open_store(tmp_path, events)
    before = on_disk(tmp_path)
    assert store.commit(listening_on(3625)).revision == 0
    assert store.commit(lambda config: config.model_copy(update={"revision": 50, "version": 9})).revision == 0
    assert (on_disk(tmp_path), events) == (before, [])


def refuse(config: Config) -> Config:
    raise Refusal("no")


@pytest.mark.parametrize(
    ("edit", "refusal"),
    [
        (refuse, Refusal),
        (lambda config: create_provider(config, a_provider("a/b")), Invalid),
        (lambda config: config.model_copy(update={"strategies": ()}), Invalid),
        (lambda config: update_section(config, "server", {"port": "many"}), Invalid),
        (lambda config: delete_strategy(config, "gone"), NotFound),
    ],
)
def test_a_refused_edit_leaves_memory_and_disk_as_they_were(tmp_path: Path, edit: Edit, refusal: type[Refusal]) -> None:
    events: list[Event] = []
    store = open_store(tmp_path, events)
    before, snapshot = on_disk(tmp_path), store.snapshot
    with pytest.raises(refusal):
        store.commit(edit)
    assert (on_disk(tmp_path), events) == (before, [])
    assert store.snapshot is snapshot


def test_a_write_that_fails_leaves_memory_and_disk_as_they_were(tmp_path: Path) -> None:
    events: list[Event] = []
    store = open_store(tmp_path, events)
    obstacle = tmp_path / "config.json.tmp"
    obstacle.mkdir()
    before, snapshot = on_disk(tmp_path), store.snapshot
    with pytest.raises(Unavailable, match=r"could not be written: .*Nothing was changed"):
        store.commit(listening_on(9000))
    assert (on_disk(tmp_path), events) == (before, [])
    assert store.snapshot is snapshot
    obstacle.rmdir()
    assert store.commit(listening_on(9000)).revision == 1


def test_a_stale_revision_is_refused_with_what_changed_since(tmp_path: Path) -> None:
    store = open_store(tmp_path)
    store.commit(listening_on(9000), expect_revision=0)
    store.commit(named("s"), expect_revision=1)
    with pytest.raises(Conflict, match="revision 2 now, not at 0") as refusal:
        store.commit(listening_on(1), expect_revision=0)
    assert refusal.value.data == {"revision": 2, "changed": ["server", "strategies"]}
    assert store.changed_since(1) == ("strategies",)
    assert store.changed_since(2) == ()
    assert store.changed_since(-5) == SECTIONS


def test_a_stale_revision_is_refused_even_where_the_edit_would_change_nothing(tmp_path: Path) -> None:
    store = open_store(tmp_path)
    store.commit(listening_on(9000))
    with pytest.raises(Conflict):
        store.commit(lambda config: config, expect_revision=0)


def test_a_hand_edit_is_taken_in_as_a_commit(tmp_path: Path) -> None:
    events: list[Event] = []
    store = open_store(tmp_path, events)
    assert store.take_hand_edit() is False
    edit_by_hand(tmp_path, lambda config: listening_on(9000)(config).model_copy(update={"revision": 77}))
    assert store.take_hand_edit() is True
    assert (store.config.revision, store.config.server.port) == (1, 9000)
    assert read((tmp_path / "config.json").read_bytes()) == store.config
    assert read((tmp_path / "config.json.bak").read_bytes()) == store.config
    assert events == [ConfigChanged(1, ("server",))]
    assert "revision 1" in store.reports[-1]
    assert store.take_hand_edit() is False


def test_a_commit_takes_a_hand_edit_in_first(tmp_path: Path) -> None:
    store = open_store(tmp_path)
    edit_by_hand(tmp_path, named("mine"))
    config = store.commit(listening_on(9000))
    assert config.revision == 2
    assert [strategy.id for strategy in config.strategies] == ["default", "mine"]


def test_a_hand_edit_makes_an_expected_revision_stale(tmp_path: Path) -> None:
    store = open_store(tmp_path)
    edit_by_hand(tmp_path, named("mine"))
    with pytest.raises(Conflict) as refusal:
        store.commit(listening_on(9000), expect_revision=0)
    assert refusal.value.data == {"revision": 1, "changed": ["strategies"]}


def test_a_hand_edit_is_healed_and_that_is_told(tmp_path: Path) -> None:
    store = open_store(tmp_path)
    edit_by_hand(tmp_path, lambda config: a_config(strategies=(a_strategy("s", parent="gone"),)))
    assert store.take_hand_edit() is True
    assert store.config.strategies[1].parent is None
    assert '"s"' in store.reports[-1]


def with_client(key: str, strategy_id: str = "default") -> Config:
    return a_config(clients=(a_client("c", strategy_id, key_digest=digest(key)),))


def test_a_strategy_that_a_hand_edit_took_away_is_told_until_its_client_is_enabled(tmp_path: Path) -> None:
    store = open_store(tmp_path)
    edit_by_hand(tmp_path, lambda config: with_client("key", "typo"))
    assert store.take_hand_edit() is True
    assert (store.config.clients[0].enabled, store.config.clients[0].strategy_id) == (False, "default")
    for opened in (store, open_store(tmp_path)):
        assert ['"typo"' in told for told in opened.unresolved] == [True]
        assert not any("typo" in report for report in opened.reports)
    store.commit(lambda config: update_client(config, "c", {"enabled": True}))
    assert store.unresolved == ()
    assert open_store(tmp_path).unresolved == ()


@pytest.mark.parametrize("while_running", [True, False])
@pytest.mark.parametrize("revision", [1, 2])
def test_an_earlier_revision_that_is_put_back_by_hand_revives_no_key(
    tmp_path: Path, revision: int, while_running: bool
) -> None:
    store = open_store(tmp_path)
    store.commit(lambda config: with_client("key-1"))
    store.commit(lambda config: rotate_client_key(config, "c", key_digest=digest("key-2"), key_hint=""))
    store.commit(lambda config: delete_client(config, "c"))
    [earlier] = [kept.path for kept in ConfigFiles(tmp_path).revisions() if kept.revision == revision]
    shutil.copy(earlier, tmp_path / "config.json")
    if while_running:
        store.take_hand_edit()
    else:
        store = open_store(tmp_path)
    assert [client.name for client in store.config.clients] == ["c"]
    assert [authenticate(store.snapshot, key) for key in ("key-1", "key-2")] == [None, None]
    assert any("without a key" in report for report in store.reports)
    assert read((tmp_path / "config.json").read_bytes()) == store.config


def test_the_list_of_retired_keys_cannot_be_emptied_by_hand(tmp_path: Path) -> None:
    store = open_store(tmp_path)
    store.commit(lambda config: with_client("key-1"))
    store.commit(lambda config: delete_client(config, "c"))
    retired = store.config.retired_keys
    assert retired == (digest("key-1"),)
    edit_by_hand(tmp_path, lambda config: config.model_copy(update={"retired_keys": ()}))
    store.take_hand_edit()
    edit_by_hand(tmp_path, lambda config: with_client("key-1").model_copy(update={"retired_keys": ()}))
    store.take_hand_edit()
    assert store.config.retired_keys == retired
    assert authenticate(store.snapshot, "key-1") is None


def test_a_revision_that_a_newer_release_wrote_is_not_restored_here(tmp_path: Path) -> None:
    store = open_store(tmp_path)
    store.commit(named("s"))
    [first, _] = ConfigFiles(tmp_path).revisions()
    first.path.write_bytes(b'{"version": 99}')
    with pytest.raises(Refusal, match=r"Revision 0 cannot be restored here.* version 99"):
        store.restore(0)


@pytest.mark.parametrize("spoilt", [b"", b'{"revision": 0', b'{"colour": 1}', b'{"server": {"port": -1}}'])
def test_an_invalid_hand_edit_blocks_every_mutation_until_it_is_repaired(tmp_path: Path, spoilt: bytes) -> None:
    events: list[Event] = []
    store = open_store(tmp_path, events)
    sound = (tmp_path / "config.json").read_bytes()
    (tmp_path / "config.json").write_bytes(spoilt)
    assert store.take_hand_edit() is False
    assert store.take_hand_edit() is False
    assert "changed by hand and cannot be used" in str(store.problem)
    for _ in range(2):
        with pytest.raises(Unavailable) as refusal:
            store.commit(listening_on(9000))
        assert refusal.value.message == store.problem
    assert (tmp_path / "config.json").read_bytes() == spoilt
    assert store.config == Config()
    assert events == [ServerStatus()]
    (tmp_path / "config.json").write_bytes(sound)
    assert store.take_hand_edit() is False
    assert store.problem is None
    assert events == [ServerStatus(), ServerStatus()]
    assert store.commit(listening_on(9000)).revision == 1


def test_a_commit_itself_notices_that_a_hand_edit_was_repaired(tmp_path: Path) -> None:
    store = open_store(tmp_path)
    (tmp_path / "config.json").write_bytes(b"{")
    with pytest.raises(Unavailable):
        store.commit(named("s"))
    (tmp_path / "config.json").write_bytes(write(Config(server=Server(port=9000))))
    assert [strategy.id for strategy in store.commit(named("s")).strategies] == ["default", "s"]
    assert (store.config.revision, store.config.server.port, store.problem) == (2, 9000, None)


def test_a_document_that_vanished_blocks_mutations_until_it_is_back(tmp_path: Path) -> None:
    store = open_store(tmp_path)
    text = (tmp_path / "config.json").read_bytes()
    (tmp_path / "config.json").unlink()
    store.take_hand_edit()
    with pytest.raises(Unavailable, match="missing"):
        store.commit(named("s"))
    assert not (tmp_path / "config.json").exists()
    (tmp_path / "config.json").write_bytes(text)
    assert store.commit(named("s")).revision == 1


def test_another_layout_of_the_document_is_no_commit_and_stays(tmp_path: Path) -> None:
    events: list[Event] = []
    store = open_store(tmp_path, events)
    (tmp_path / "config.json").write_bytes(b"{}")
    assert store.take_hand_edit() is False
    assert (store.config.revision, events) == (0, [])
    assert (tmp_path / "config.json").read_bytes() == b"{}"
    (tmp_path / "config.json").write_bytes(b'{"revision": 99}')
    assert store.take_hand_edit() is False
    assert read((tmp_path / "config.json").read_bytes()).revision == store.config.revision == 0


def test_a_hand_edit_that_cannot_be_saved_is_taken_in_once_it_can(tmp_path: Path) -> None:
    store = open_store(tmp_path)
    obstacle = tmp_path / "config.json.bak.tmp"
    obstacle.mkdir()
    edit_by_hand(tmp_path, listening_on(9000))
    assert store.take_hand_edit() is False
    assert "could not be written" in str(store.problem)
    assert store.config.server.port == 3625
    obstacle.rmdir()
    assert store.take_hand_edit() is True
    assert (store.config.server.port, store.problem) == (9000, None)


def test_revisions_are_told_newest_first_with_what_changed(tmp_path: Path) -> None:
    store = open_store(tmp_path)
    store.commit(listening_on(9000))
    store.commit(named("s"))
    infos = store.revisions()
    assert [(info.revision, info.changed, info.is_current) for info in infos] == [
        (2, ("strategies",), True),
        (1, ("server",), False),
        (0, SECTIONS, False),
    ]
    assert {info.made_at for info in infos} == {MORNING}


def test_an_earlier_revision_is_restored_as_the_next_one(tmp_path: Path) -> None:
    store = open_store(tmp_path)
    store.commit(named("s"))
    store.commit(lambda config: rename_strategy(config, "s", "t"))
    restored = store.restore(1)
    assert (restored.revision, restored.strategies[1].name) == (3, "s")
    assert store.restore(3).revision == 3
    assert open_store(tmp_path).config == restored


def test_a_revision_that_is_not_kept_or_unreadable_is_refused(tmp_path: Path) -> None:
    store = open_store(tmp_path)
    for number in range(KEPT_REVISIONS + 1):
        store.commit(listening_on(number + 1))
    with pytest.raises(NotFound, match=r"Revision 1 is not kept\. Kept are 2 to 51\."):
        store.restore(1)
    assert len(store.revisions()) == KEPT_REVISIONS
    next((tmp_path / "revisions").glob("0000000005-*")).write_bytes(b"{")
    with pytest.raises(Refusal, match="5 can no longer be read"):
        store.restore(5)
    assert store.changed_since(5) == SECTIONS
    assert store.config.revision == 51


def test_a_restored_revision_must_be_valid_today(tmp_path: Path) -> None:
    store = open_store(tmp_path)
    store.commit(lambda config: create_provider(config, a_provider("p", preset="ollama")))
    store.commit(lambda config: config.model_copy(update={"providers": ()}))
    later = ConfigStore.open(tmp_path, presets=frozenset(), publish=lambda event: None, clock=lambda: MORNING)
    with pytest.raises(Invalid, match="preset"):
        later.restore(1)
    assert later.config.revision == 2


def spoilt_store(home: Path, events: list[Event] | None = None) -> tuple[ConfigStore, bytes]:
    """A store of a home whose document was spoilt while nothing ran, and what was in force before."""
    store = open_store(home)
    store.commit(named("s"))
    store.commit(listening_on(9000))
    sound = (home / "config.json").read_bytes()
    (home / "config.json").write_bytes(b'{"server": {"port": 9000,')
    return open_store(home, events), sound


def test_a_document_that_cannot_be_used_at_the_start_blocks_every_mutation_and_its_copy_serves(tmp_path: Path) -> None:
    store, sound = spoilt_store(tmp_path)
    before = on_disk(tmp_path)
    assert (store.config.server.port, store.config.revision) == (9000, 2)
    assert [strategy.id for strategy in store.config.strategies] == ["default", "s"]
    assert "line 1" in str(store.problem)
    assert "revision 2 (config.json.bak) is in force" in str(store.problem)
    assert store.take_hand_edit() is False
    with pytest.raises(Unavailable) as refusal:
        store.commit(listening_on(1))
    assert refusal.value.message == store.problem
    assert on_disk(tmp_path) == before
    (tmp_path / "config.json").write_bytes(sound)
    assert store.take_hand_edit() is False
    assert store.problem is None
    assert store.commit(listening_on(1)).revision == 3


def test_a_document_that_is_repaired_with_a_change_is_the_next_revision(tmp_path: Path) -> None:
    events: list[Event] = []
    store, sound = spoilt_store(tmp_path, events)
    (tmp_path / "config.json").write_bytes(sound.replace(b"9000", b"9001"))
    assert store.take_hand_edit() is True
    assert (store.problem, store.config.revision, store.config.server.port) == (None, 3, 9001)
    assert ConfigChanged(3, ("server",)) in events
    assert open_store(tmp_path).config == store.config


@pytest.mark.parametrize("while_running", [True, False])
@pytest.mark.parametrize("revision", [1, 2])
def test_a_restored_revision_replaces_a_document_that_cannot_be_used_and_keeps_it(
    tmp_path: Path, while_running: bool, revision: int
) -> None:
    store, sound = spoilt_store(tmp_path)
    spoilt = (tmp_path / "config.json").read_bytes()
    if while_running:
        (tmp_path / "config.json").write_bytes(sound)
        store = open_store(tmp_path)
        (tmp_path / "config.json").write_bytes(spoilt)
        store.take_hand_edit()
    with pytest.raises(Conflict):
        store.restore(revision, expect_revision=0)
    assert (tmp_path / "config.json").read_bytes() == spoilt
    told: list[str] = []
    restored = store.restore(revision, told.extend, expect_revision=2)
    assert (restored.revision, restored.server.port) == (3, 9000 if revision == 2 else 3625)
    assert (tmp_path / "config.json.rejected-20260131T080000Z").read_bytes() == spoilt
    assert any("config.json.rejected-20260131T080000Z" in said for said in told)
    assert store.problem is None
    assert open_store(tmp_path).config == restored
    assert store.commit(listening_on(1)).revision == 4


def test_a_copy_from_an_older_revision_gives_no_number_a_second_time(tmp_path: Path) -> None:
    store, _ = spoilt_store(tmp_path)
    newest = store.revisions()[0].revision
    next((tmp_path / "revisions").glob(f"{newest:010d}-*")).write_bytes(b"{")
    shutil.copy(next((tmp_path / "revisions").glob("0000000001-*")), tmp_path / "config.json.bak")
    store = open_store(tmp_path)
    assert store.config.revision == 1
    assert store.restore(1).revision == 3


def test_a_home_that_cannot_be_used_is_told(tmp_path: Path) -> None:
    (tmp_path / "home").write_bytes(b"a file")
    with pytest.raises(Unavailable, match=f"The home {tmp_path / 'home'} cannot be used"):
        open_store(tmp_path / "home")


COMMITTER = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from localrouter.domain.configuration.edits.clients_and_strategies import create_strategy
from localrouter.services.configuration.store import ConfigStore

store = ConfigStore.open(
    Path(sys.argv[1]), presets=frozenset(), publish=lambda event: None, clock=lambda: datetime.now(UTC)
)
while True:
    name = f"strategy {store.config.revision + 1}"
    config = store.commit(lambda config: create_strategy(config, strategy_id=name, name=name))
    print(config.revision, flush=True)
"""


def acknowledged_until_killed(home: Path, chance: random.Random) -> list[int]:
    """The revisions that a process which commits without end had acknowledged when it was killed at some moment."""
    process = subprocess.Popen([sys.executable, "-c", COMMITTER, str(home)], stdout=subprocess.PIPE)
    assert process.stdout is not None
    with process:
        lines = [process.stdout.readline() for _ in range(chance.randrange(1, 12))]
        time.sleep(chance.uniform(0, 0.02))
        process.send_signal(signal.SIGKILL)
        lines += process.stdout.readlines()
    return [int(line) for line in lines if line.endswith(b"\n")]


def test_a_process_killed_at_any_moment_loses_nothing_that_it_acknowledged(tmp_path: Path, full: bool) -> None:
    chance = random.Random(7)
    for run in range(100 if full else 10):
        home = tmp_path / str(run // 10)
        acknowledged = acknowledged_until_killed(home, chance)
        store = open_store(home)
        assert store.reports == ()
        assert acknowledged[-1] <= store.config.revision <= acknowledged[-1] + 1
        names = [strategy.name for strategy in store.config.strategies[1:]]
        assert names == [f"strategy {number + 1}" for number in range(store.config.revision)]
        assert [info.revision for info in store.revisions() if info.is_current] == [store.config.revision]
        assert store.revisions()[0].is_current
