"""How the end of the window's process is told: by what ended it, whatever comes behind."""

from __future__ import annotations

import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from localrouter.program.window_process import How, WindowProcess
from tests.x_display import wait_until

TELL = "from localrouter.program.window_process import News, tell; import subprocess, sys; sys.stdin.readline(); "
HELPER = "subprocess.Popen([sys.executable, '-c', 'import sys; sys.stdin.read()']); "  # it holds the output's end


def window(folder: Path, code: str) -> WindowProcess:
    return WindowProcess(folder, (sys.executable, "-c", f"{TELL}{code}"))


def nothing(_line: str) -> None:
    return


@pytest.mark.parametrize(
    ("code", "how"),
    [
        ("tell(News.SHOWN)", How.LOST),
        ("tell(News.SHOWN); tell(News.QUIT)", How.BY_USER),
        ("tell(News.PROBLEM, 'no toolkit')", How.NEVER_SHOWN),
        ("tell(News.SHOWN); sys.stdin.read()", How.AS_TOLD),
    ],
)
def test_what_ended_a_window_is_told(tmp_path: Path, code: str, how: How) -> None:
    with window(tmp_path, code) as process, ThreadPoolExecutor(1) as pool:
        followed = pool.submit(process.follow, nothing)
        if how is How.AS_TOLD:
            wait_until(process.show, "it can be shown")
            process.end()
        assert followed.result(60) is how
    assert process.problem == ("no toolkit" if how is How.NEVER_SHOWN else None)


def test_a_window_that_was_lost_stays_lost_where_the_program_ends_right_behind_it(tmp_path: Path) -> None:
    lines: list[str] = []
    say: Callable[[str], None] = lines.append
    ends_at_once = f"tell(News.SHOWN); {HELPER} print('gone', flush=True)"
    with window(tmp_path, ends_at_once) as process, ThreadPoolExecutor(1) as pool:
        followed = pool.submit(process.follow, say)
        wait_until(lambda: lines and not process.show(), "the window has ended")
        assert not followed.done(), "its helper still holds the output"
        process.end()  # which ends the helper
        assert followed.result(60) is How.LOST
