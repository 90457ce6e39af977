from __future__ import annotations

import os
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from localrouter.services.configuration.files import KEPT_REVISIONS, UNSEEN, ConfigFiles
from tests.documents import MORNING


def contents(home: Path) -> dict[str, bytes]:
    return {str(path.relative_to(home)): path.read_bytes() for path in home.rglob("*") if path.is_file()}


def test_a_revision_is_the_document_its_backup_and_a_kept_file(tmp_path: Path) -> None:
    files = ConfigFiles(tmp_path)
    assert files.text() is None
    files.replace(b"one", revision=7, made_at=MORNING)
    assert contents(tmp_path) == {
        "config.json": b"one",
        "config.json.bak": b"one",
        "revisions/0000000007-20260131T080000Z.json": b"one",
    }
    assert files.text() == b"one"
    assert {stat.S_IMODE(path.stat().st_mode) for path in tmp_path.rglob("*.*")} == {0o600}
    assert stat.S_IMODE((tmp_path / "revisions").stat().st_mode) == 0o700


def test_the_last_revisions_are_kept_in_order(tmp_path: Path) -> None:
    files = ConfigFiles(tmp_path)
    for revision in range(KEPT_REVISIONS + 3):
        files.replace(b"%d" % revision, revision=revision, made_at=MORNING + timedelta(days=-revision))
    kept = files.revisions()
    assert [file.revision for file in kept] == list(range(3, KEPT_REVISIONS + 3))
    assert kept[0].made_at == MORNING - timedelta(days=3)
    assert kept[0].path.read_bytes() == b"3"


def test_times_are_kept_in_utc_and_other_files_are_none_of_our_business(tmp_path: Path) -> None:
    files = ConfigFiles(tmp_path)
    (tmp_path / "revisions" / "notes.txt").write_bytes(b"mine")
    files.replace(b"one", revision=1, made_at=datetime.fromisoformat("2026-01-31T10:00:00+02:00"))
    assert [file.made_at for file in files.revisions()] == [datetime(2026, 1, 31, 8, tzinfo=UTC)]
    assert (tmp_path / "revisions" / "notes.txt").exists()


@pytest.mark.parametrize("failing", [1, 2, 3])
@pytest.mark.parametrize("is_first", [True, False])
def test_whichever_rename_fails_the_files_are_as_they_were(tmp_path: Path, failing: int, is_first: bool) -> None:
    if not is_first:
        ConfigFiles(tmp_path).replace(b"before", revision=1, made_at=MORNING)
    before = contents(tmp_path)
    calls: list[Path] = []

    def rename(source: Path, target: Path) -> None:
        calls.append(target)
        if len(calls) == failing:
            raise OSError(28, "No space left on device")
        os.replace(source, target)

    with pytest.raises(OSError, match="No space left"):
        ConfigFiles(tmp_path, rename=rename).replace(b"after", revision=2, made_at=MORNING)
    assert len(calls) == failing
    assert contents(tmp_path) == before


def test_the_document_is_renamed_after_its_kept_copy_and_before_its_backup(tmp_path: Path) -> None:
    order: list[str] = []

    def rename(source: Path, target: Path) -> None:
        order.append(target.name)
        os.replace(source, target)

    ConfigFiles(tmp_path, rename=rename).replace(b"one", revision=1, made_at=MORNING)
    assert order == ["0000000001-20260131T080000Z.json", "config.json", "config.json.bak"]


def test_a_file_that_cannot_be_staged_leaves_the_files_as_they_were(tmp_path: Path) -> None:
    files = ConfigFiles(tmp_path)
    files.replace(b"before", revision=1, made_at=MORNING)
    before = contents(tmp_path)
    (tmp_path / "config.json.bak.tmp").mkdir()
    with pytest.raises(FileExistsError):
        files.replace(b"after", revision=2, made_at=MORNING)
    assert contents(tmp_path) == before


def test_the_signature_changes_with_the_document(tmp_path: Path) -> None:
    files = ConfigFiles(tmp_path)
    assert files.signature() is None
    files.replace(b"one", revision=1, made_at=MORNING)
    first = files.signature()
    assert files.signature() == first
    (tmp_path / "config.json").write_bytes(b"other")
    assert files.signature() not in (first, None, UNSEEN)


def test_what_is_supplanted_is_kept_whatever_was_kept_before(tmp_path: Path) -> None:
    files = ConfigFiles(tmp_path)
    for number in range(3):
        files.document.write_bytes(b"%d" % number)
        files.supplant(b"sound", revision=number, made_at=MORNING)
    rejected = {name: text for name, text in contents(tmp_path).items() if "rejected" in name}
    assert rejected == {
        "config.json.rejected-20260131T080000Z": b"0",
        "config.json.rejected-20260131T080000Z-2": b"1",
        "config.json.rejected-20260131T080000Z-3": b"2",
    }
    assert files.text() == b"sound"


def test_later_revisions_can_be_forgotten(tmp_path: Path) -> None:
    files = ConfigFiles(tmp_path)
    for revision in (1, 2, 3):
        files.replace(b"", revision=revision, made_at=MORNING)
    files.forget_after(2)
    assert [file.revision for file in files.revisions()] == [1, 2]
