from __future__ import annotations

import errno
import os
import re
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from localrouter.private_files import (
    MAX_FILE_BYTES,
    make_private_folder,
    read_file,
    stage_private,
    staged_path,
    write_private,
)


@pytest.fixture(autouse=True)
def _a_generous_mask() -> Iterator[None]:
    former = os.umask(0)
    yield
    os.umask(former)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_file_is_its_owners_alone_whatever_the_mask_and_whatever_stood_there(tmp_path: Path) -> None:
    path = tmp_path / "file"
    write_private(path, b"one")
    assert (path.read_bytes(), mode(path)) == (b"one", 0o600)
    path.chmod(0o666)
    write_private(path, b"two")
    assert (path.read_bytes(), mode(path)) == (b"two", 0o600)
    assert os.listdir(tmp_path) == ["file"]


def test_a_staged_file_is_its_owners_alone_too_and_what_a_crash_left_does_not_matter(tmp_path: Path) -> None:
    path = tmp_path / "file"
    staged_path(path).write_bytes(b"left behind, and readable by all")
    staged = stage_private(path, b"new")
    assert (staged.read_bytes(), mode(staged)) == (b"new", 0o600)
    assert not path.exists()


def test_a_link_left_where_a_file_is_staged_is_not_followed(tmp_path: Path) -> None:
    target = tmp_path / "target"
    target.write_bytes(b"mine")
    staged_path(tmp_path / "file").symlink_to(target)
    write_private(tmp_path / "file", b"new")
    assert target.read_bytes() == b"mine"
    assert not (tmp_path / "file").is_symlink()


def test_a_file_that_cannot_be_replaced_stays_and_leaves_nothing_behind(tmp_path: Path) -> None:
    (tmp_path / "file").mkdir()
    with pytest.raises(OSError, match="directory"):
        write_private(tmp_path / "file", b"new")
    assert os.listdir(tmp_path) == ["file"]


def test_a_folder_is_its_owners_alone_also_where_it_was_open_before(tmp_path: Path) -> None:
    make_private_folder(tmp_path / "a" / "b")
    assert mode(tmp_path / "a" / "b") == 0o700
    (tmp_path / "open").mkdir(mode=0o755)
    make_private_folder(tmp_path / "open")
    assert mode(tmp_path / "open") == 0o700


@pytest.mark.parametrize("code", [errno.EBUSY, errno.EXDEV, errno.EPERM])
def test_a_file_that_cannot_be_renamed_over_is_written_in_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"a longer former content")
    number = path.stat().st_ino

    def refuse(*_: object) -> None:
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(os, "replace", refuse)
    write_private(path, b"new")
    assert (path.read_bytes(), path.stat().st_ino) == (b"new", number)
    assert os.listdir(tmp_path) == ["file"]
    with pytest.raises(OSError, match=re.escape(os.strerror(code))):
        write_private(tmp_path / "absent", b"new")
    assert os.listdir(tmp_path) == ["file"]


def test_a_file_that_its_owner_linked_is_written_where_it_is_kept(tmp_path: Path) -> None:
    (tmp_path / "kept").mkdir()
    (tmp_path / "file").symlink_to("kept/real")
    for data in (b"one", b"two"):
        write_private(tmp_path / "file", data)
        assert (tmp_path / "kept" / "real").read_bytes() == data
    assert (tmp_path / "file").is_symlink()
    (tmp_path / "a").symlink_to("b")
    (tmp_path / "b").symlink_to("a")
    with pytest.raises(OSError, match="its links lead in a circle"):
        write_private(tmp_path / "a", b"new")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="Windows has no pipes of this kind")
def test_only_files_are_read_and_none_without_end(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "folder").mkdir()
    with (tmp_path / "huge").open("wb") as file:
        file.truncate(MAX_FILE_BYTES + 1)
    for name in ("pipe", "folder", "huge"):
        with pytest.raises(OSError, match=r"it is not a file|Is a directory|larger than 64 MB"):
            read_file(tmp_path / name)
