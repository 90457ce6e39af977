"""Log lines in private files."""

from __future__ import annotations

import logging
import stat
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from localrouter.domain.configuration.config import Logging, LogLevel
from localrouter.services.instance.log_files import FILE_NAME, LogFiles, access_line
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
    LOG.info("first-secret\x1b[2J")
    logs.close()
    assert capfd.readouterr().err == ""
