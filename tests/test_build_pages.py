"""The build of the pages by the scripts: what goes wrong is told in one line, and half a build is none."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from scripts import build_pages

ROOT = Path(__file__).parent.parent
OFFLINE = """\
npm error code ECONNREFUSED
npm error errno ECONNREFUSED
npm error FetchError: request to the registry failed, reason: connect ECONNREFUSED
npm error A complete log of this run can be found in: /x/y.log
"""
DRIVER = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
import build_pages
root = Path(sys.argv[2])
build_pages.UI, build_pages.INDEX, build_pages.MARK = root / "ui", root / "pages/index.html", root / "pages/.built-from"
build_pages.npm = lambda: ["/bin/sh", str(root / "npm")]
sys.argv[1:] = sys.argv[3:]
try:
    sys.exit(build_pages.main())
except KeyboardInterrupt:
    sys.exit(build_pages.INTERRUPTED)
"""


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    (tmp_path / "ui").mkdir()
    (tmp_path / "ui/index.html").write_text("<html>")
    (tmp_path / "pages").mkdir()
    return tmp_path


def building(checkout: Path, npm: str, *options: str) -> subprocess.Popen[str]:
    (checkout / "npm").write_text(npm)
    command = [sys.executable, "-P", "-c", DRIVER, str(ROOT / "scripts"), str(checkout), *options]
    environment = os.environ | {"TMPDIR": str(checkout)}
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment)


def code_of(checkout: Path, npm: str) -> int:
    process = building(checkout, npm)
    process.communicate(timeout=60)
    return process.returncode


def mark(checkout: Path) -> Path:
    return checkout / "pages/.built-from"


def build(checkout: Path) -> int:
    return code_of(checkout, f'[ "$1" = ci ] || echo built >{checkout}/pages/index.html')


def test_a_build_is_not_begun_again_until_its_sources_change(checkout: Path) -> None:
    assert build(checkout) == 0
    assert code_of(checkout, "exit 1") == 0
    (checkout / "ui/index.html").write_text("<html lang=en>")
    assert code_of(checkout, "exit 1") == 1


def test_without_a_network_one_line_says_why_and_what_to_do(checkout: Path) -> None:
    (checkout / "words").write_text(OFFLINE)
    process = building(checkout, f"cat {checkout}/words >&2; exit 1")
    out, err = process.communicate(timeout=60)
    assert (process.returncode, out) == (1, "")
    (line,) = err.splitlines()
    assert "request to the registry failed, reason: connect ECONNREFUSED" in line
    assert "Check the network" in line
    (kept,) = checkout.glob("localrouter-pages-*.log")
    assert kept.read_text() == OFFLINE
    assert not mark(checkout).exists()


def test_an_npm_that_is_gone_is_told_in_one_line(checkout: Path) -> None:
    driver = DRIVER.replace('["/bin/sh", str(root / "npm")]', '["/nowhere/npm"]')
    command = [sys.executable, "-P", "-c", driver, str(ROOT / "scripts"), str(checkout)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1
    assert "/nowhere/npm" in done.stderr


def test_ctrl_c_leaves_no_traceback_and_half_a_build_is_begun_again(checkout: Path) -> None:
    assert build(checkout) == 0
    (checkout / "ui/index.html").write_text("<html lang=en>")
    process = building(checkout, f'[ "$1" = ci ] || {{ echo half >{checkout}/pages/index.html; exec sleep 60; }}')
    while (checkout / "pages/index.html").read_text() != "half\n":
        assert process.poll() is None
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (build_pages.INTERRUPTED, "")
    (checkout / "ui/index.html").write_text("<html>")  # what the pages were built from the last time
    assert code_of(checkout, "exit 1") == 1, "it is not taken for built"


LOCKED = '{"packages": {"": {}, "node_modules/vite": {"version": "%s"}, "node_modules/x": {"optional": true}}}'
JUDGING = """
echo "$1" >>%s/steps
[ "$1" != ci ] || { mkdir -p node_modules && cp package-lock.json node_modules/.package-lock.json; }
[ "$1" = ci ] || { echo "$* said this"; exit %d; }
"""


def judged(checkout: Path, code: int) -> tuple[int, str]:
    process = building(checkout, JUDGING % (checkout, code), "--judge")
    out, _ = process.communicate(timeout=60)
    return process.returncode, out


def test_the_sources_are_judged_as_npm_judges_them_and_its_words_are_shown(checkout: Path) -> None:
    assert judged(checkout, 0) == (0, "run --silent check said this\n")
    assert judged(checkout, 3) == (1, "run --silent check said this\n")
    assert not mark(checkout).exists(), "nothing was built"


def test_packages_are_installed_where_they_are_missing_or_not_those_that_are_locked(checkout: Path) -> None:
    for version, steps in (("8.0.0", ["ci", "run"]), ("8.0.0", ["run"]), ("8.0.1", ["ci", "run"])):
        (checkout / "ui/package-lock.json").write_text(LOCKED % version)
        (checkout / "steps").write_text("")
        assert judged(checkout, 0)[0] == 0
        assert (checkout / "steps").read_text().split() == steps


def test_a_build_after_a_judgement_installs_nothing_again(checkout: Path) -> None:
    (checkout / "ui/package-lock.json").write_text(LOCKED % "8.0.0")
    judged(checkout, 0)
    assert code_of(checkout, f'[ "$1" != ci ] && echo built >{checkout}/pages/index.html') == 0


def test_where_nothing_can_be_judged_a_sentence_says_why(checkout: Path) -> None:
    process = building(checkout, "echo npm error no such package >&2; exit 1", "--judge")
    out, err = process.communicate(timeout=60)
    assert (process.returncode, out) == (1, "")
    assert err.startswith("LocalRouter: the pages could not be checked: npm error no such package")


def test_the_checks_fail_where_there_is_no_node(tmp_path: Path) -> None:
    (tmp_path / "python").write_text(f"#!/bin/sh\nexit {build_pages.NODE_IS_MISSING}\n")
    (tmp_path / "python").chmod(0o700)
    script = f"source scripts/lib.sh; source scripts/pages.sh; PYTHON={tmp_path}/python; VENV={tmp_path}; judge_pages"
    done = subprocess.run(["bash", "-c", script], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 1
    assert "the pages could not be checked: there is no Node.js" in done.stderr


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (OFFLINE, "npm error FetchError: request to the registry failed, reason: connect ECONNREFUSED"),
        ("> build\n\nerror during build:\nno such file", "error during build:"),
        ("something\nodd\n", "odd"),
        ("", "npm said nothing"),
    ],
)
def test_the_line_that_says_why_is_found(words: str, line: str) -> None:
    assert build_pages.cause(words) == line
