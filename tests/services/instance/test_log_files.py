"""Log lines in private files."""

from __future__ import annotations

import logging
import os
import stat
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from localrouter.domain.configuration.config import Logging, LogLevel
from localrouter.services.instance import log_files
from localrouter.services.instance.log_files import DAY, FILE_NAME, LogFiles, access_line
from tests.metric_samples import sample

LOG = logging.getLogger("localrouter.something")


@pytest.fixture
def logs(tmp_path: Path) -> Iterator[LogFiles]:
    files = LogFiles(tmp_path)
    yield files
    files.close()


def test_lines_go_to_a_file_that_only_its_owner_can_read(logs: LogFiles, tmp_path: Path) -> None:
    logs.open(Logging())
    LOG.info("started")
    LOG.debug("not at this level")
    file = tmp_path / FILE_NAME
    assert "started" in file.read_text()
    assert "not at this level" not in file.read_text()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_the_level_follows_the_configuration(logs: LogFiles, tmp_path: Path) -> None:
    logs.open(Logging(level=LogLevel.ERROR))
    LOG.info("before")
    logs.follow(Logging(level=LogLevel.DEBUG))
    LOG.debug("after")
    assert "before" not in (tmp_path / FILE_NAME).read_text()
    assert "after" in (tmp_path / FILE_NAME).read_text()


def test_requests_are_logged_only_where_the_access_log_is_on(logs: LogFiles, tmp_path: Path) -> None:
    logs.open(Logging())
    logs.access(sample(request_id="req_quiet"))
    logs.follow(Logging(access_log=True))
    logs.access(sample(request_id="req_loud"))
    text = (tmp_path / FILE_NAME).read_text()
    assert "req_loud" in text
    assert "req_quiet" not in text


def test_a_clients_model_name_cannot_forge_a_line() -> None:
    assert "\n" not in access_line(replace(sample(), model_asked="x\n2026 INFO forged"))


def test_no_name_or_error_of_others_can_forge_a_line_or_speak_to_a_terminal(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    logs = LogFiles(tmp_path)
    logs.open(Logging())
    forged = "x\n2026-01-01 00:00:00,000 ERROR localrouter: forged\x1b[2J\x9b31m"
    LOG.warning("The model %s is odd", forged)
    try:
        raise ValueError(forged)
    except ValueError:
        LOG.exception("It failed")
    logs.close()
    text = (tmp_path / FILE_NAME).read_text()
    starts = [line for line in text.splitlines() if line[:2] == "20"]
    assert len(starts) == 2
    for said in (text, capfd.readouterr().err):
        assert "forged" in said
        assert not any(mark in said for mark in ("\x1b", "\x9b"))


def test_no_line_holds_a_secret(tmp_path: Path) -> None:
    files = LogFiles(tmp_path, lambda text: text.replace("first-secret", "[key]"))
    files.open(Logging())
    try:
        raise ValueError("first-secret")
    except ValueError:
        LOG.exception("It failed with %s", "first-secret")
    files.close()
    text = (tmp_path / FILE_NAME).read_text()
    assert "[key]" in text
    assert "first-secret" not in text


def test_a_log_that_cannot_be_written_says_nothing_raw(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "logs"
    folder.mkdir()
    logs = LogFiles(folder)
    logs.open(Logging())
    folder.rmdir()
    folder.write_text("no folder any more")
    LOG.info("first-secret\x1b[2J")
    logs.close()
    assert capfd.readouterr().err == ""


def on_day(day: int, said: str) -> None:
    """A line of a day before or after today."""
    record = LOG.makeRecord(LOG.name, logging.INFO, __file__, 1, said, (), None)
    record.created += day * DAY
    LOG.handle(record)


def named(day: int) -> str:
    return f"{FILE_NAME}.{time.strftime('%Y-%m-%d', time.gmtime(time.time() + day * DAY))}"


def test_a_day_of_many_lines_fills_several_files_and_all_together_have_a_bound(
    logs: LogFiles, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(log_files, "MAX_FILE_BYTES", 1_000)
    monkeypatch.setattr(log_files, "MAX_BYTES", 5_000)
    logs.open(Logging())
    for number in range(200):
        LOG.info("line %03d %s", number, "x" * 100)
    files = {path.name: path.read_text() for path in tmp_path.iterdir()}
    assert 3 <= len(files) <= 6
    assert sum(map(len, files.values())) <= 5_000
    assert all(len(text) < 1_300 for text in files.values())
    assert "line 199" in files[FILE_NAME]
    assert "line 000" not in "".join(files.values())


def test_each_day_has_files_of_its_own_and_old_days_go(logs: LogFiles, tmp_path: Path) -> None:
    (tmp_path / named(-5)).write_text("old")
    (tmp_path / named(-1)).write_text("a former line")
    (tmp_path / "localrouter.log.of-mine").write_text("not ours")
    logs.open(Logging(retention_days=3))
    on_day(-1, "yesterday")
    on_day(0, "today")
    assert "today" in (tmp_path / FILE_NAME).read_text()
    assert (tmp_path / named(-1)).read_text() == "a former line"
    assert "yesterday" in (tmp_path / f"{named(-1)}.1").read_text()
    assert not (tmp_path / named(-5)).exists()
    assert (tmp_path / "localrouter.log.of-mine").exists()


def test_what_an_earlier_day_left_is_put_aside_at_the_next_start(logs: LogFiles, tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).write_text("the day before yesterday\n")
    then = time.time() - 2 * DAY
    os.utime(tmp_path / FILE_NAME, (then, then))
    logs.open(Logging())
    LOG.info("now")
    assert (tmp_path / named(-2)).read_text() == "the day before yesterday\n"
    assert "yesterday" not in (tmp_path / FILE_NAME).read_text()


@pytest.mark.parametrize("how", ["moved", "removed", "removed with its folder"])
def test_lines_go_on_in_a_new_file_where_somebody_took_the_old_one_away(tmp_path: Path, how: str) -> None:
    folder = tmp_path / "logs"
    folder.mkdir()
    logs = LogFiles(folder)
    logs.open(Logging())
    LOG.info("before")
    if how == "moved":
        (folder / FILE_NAME).rename(folder / "moved")
    else:
        (folder / FILE_NAME).unlink()
    if how == "removed with its folder":
        folder.rmdir()
    LOG.info("after")
    logs.close()
    text = (folder / FILE_NAME).read_text()
    assert "after" in text
    assert "before" not in text
    assert stat.S_IMODE((folder / FILE_NAME).stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) & 0o077 == 0 or how != "removed with its folder"
