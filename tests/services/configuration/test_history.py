"""What each saved revision changed."""

from __future__ import annotations

from pathlib import Path

from localrouter.domain.configuration.changes.documents import summary
from localrouter.domain.configuration.config import Config
from localrouter.domain.configuration.edits.clients_and_strategies import create_strategy, rename_strategy
from localrouter.services.configuration.files import ConfigFiles
from localrouter.services.configuration.history import History
from tests.services.configuration.test_store import open_store


def a_home_with_changes(home: Path) -> Config:
    store = open_store(home)
    store.commit(lambda config: create_strategy(config, strategy_id="s", name="Nights"))
    return store.commit(lambda config: rename_strategy(config, "s", "Night jobs"))


def test_each_revision_says_what_it_changed(tmp_path: Path) -> None:
    current = a_home_with_changes(tmp_path)
    told = History(ConfigFiles(tmp_path)).revisions(current.revision)
    assert [summary(info.changes or ()) for info in told[:2]] == [
        'Night jobs: renamed from "Nights"',
        "Strategy Nights added",
    ]
    assert told[-1].changes is None


def test_the_last_change_comes_with_the_revision_before_it(tmp_path: Path) -> None:
    current = a_home_with_changes(tmp_path)
    found = History(ConfigFiles(tmp_path)).last(current)
    assert found is not None
    assert (found[0].revision, found[1]) == (2, 1)


def test_a_home_without_changes_has_no_last_one(tmp_path: Path) -> None:
    assert History(ConfigFiles(tmp_path)).last(open_store(tmp_path).config) is None


def test_a_file_that_changed_is_read_anew(tmp_path: Path) -> None:
    current = a_home_with_changes(tmp_path)
    files = ConfigFiles(tmp_path)
    history = History(files)
    assert history.revisions(current.revision)[0].changes
    files.revisions()[-1].path.write_bytes(b"{")
    assert history.revisions(current.revision)[0].changes is None
