from __future__ import annotations

import asyncio
import stat
from pathlib import Path

import pytest

from localrouter.services.instance import opening_files
from localrouter.services.instance.opening_files import OpeningFiles

ADDRESS = 'http://127.0.0.1:3625/ui/#code=lrc-"<&'


def test_a_file_leads_to_the_address_and_is_its_owners_alone(tmp_path: Path) -> None:
    async def scene() -> Path:
        files = OpeningFiles(tmp_path)
        path = files.place("abc")
        files.write(path, ADDRESS)
        return path

    path = asyncio.run(scene())
    assert path.parent == tmp_path
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    text = path.read_text()
    assert 'http-equiv="refresh" content="0;url=http://127.0.0.1:3625/ui/#code=lrc-&quot;&lt;&amp;"' in text
    assert "lrc-" not in path.name


def test_a_file_goes_by_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(opening_files, "OPENING_SECONDS", 0.01)

    async def scene() -> None:
        files = OpeningFiles(tmp_path)
        path = files.place("abc")
        files.write(path, ADDRESS)
        assert path.exists()
        for _ in range(1_500):
            await asyncio.sleep(0.01)
            if not path.exists():
                return
        raise AssertionError("it is still there")

    asyncio.run(scene())


def test_what_was_left_behind_is_cleared_and_nothing_else(tmp_path: Path) -> None:
    for name in ("open-1.html", "open-2.html", "config.json", "other.html"):
        (tmp_path / name).write_text("x")
    OpeningFiles(tmp_path).clear()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["config.json", "other.html"]
