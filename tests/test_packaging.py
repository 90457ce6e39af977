"""What can be installed: the units, the manual page, the container's file, and (with --full) the built packages."""

from __future__ import annotations

import os
import re
import runpy
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PARTS = ROOT / "scripts" / "packaging"
CONTAINERFILE = (PARTS / "Containerfile").read_text()
VERBS = {"serve", "demo", "call", "check", "status", "stop", "open", "launch", "autostart"}

needs_systemd = pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="needs systemd")


def analyze(*words: str | Path, home: Path) -> subprocess.CompletedProcess[str]:
    environment = {"PATH": os.defpath, "HOME": str(home), "XDG_RUNTIME_DIR": str(home)}
    return subprocess.run(["systemd-analyze", *words], env=environment, capture_output=True, text=True, check=False)


def unit(name: str, folder: Path) -> Path:
    """A unit of the package, whose program and manual page are on this system."""
    text = (PARTS / name).read_text().replace("/usr/bin/localrouter", "/bin/sh")
    path = folder / "localrouter.service"
    path.write_text(re.sub(r"^Documentation=.*\n", "", text, flags=re.MULTILINE))
    return path


@needs_systemd
@pytest.mark.parametrize(
    ("name", "scope"), [("localrouter.service", "--system"), ("localrouter-user.service", "--user")]
)
def test_systemd_takes_the_units(name: str, scope: str, tmp_path: Path) -> None:
    done = analyze(scope, "verify", unit(name, tmp_path), home=tmp_path)
    assert (done.returncode, done.stdout + done.stderr) == (0, "")


@needs_systemd
def test_the_system_service_is_shut_in(tmp_path: Path, full: bool) -> None:
    if not full:
        pytest.skip("with --full")
    done = analyze("security", "--offline=true", "--threshold=20", unit("localrouter.service", tmp_path), home=tmp_path)
    assert done.returncode == 0, done.stdout


def test_the_manual_page_tells_of_every_verb_and_of_no_checkout() -> None:
    manual = runpy.run_path(str(PARTS / "manual.py"))["manual"]()
    assert set(re.findall(r"^\.SS (\w+)$", manual, re.MULTILINE)) == VERBS
    assert "scripts/run" not in manual
    assert not re.search(r"^'", manual, re.MULTILINE)  # roff would take the line for a request


def test_the_container_is_built_from_files_that_there_are_and_runs_as_nobody_special() -> None:
    copied = [
        name for line in re.findall(r"^COPY (?!--from)(.+)$", CONTAINERFILE, re.MULTILINE) for name in line.split()[:-1]
    ]
    assert copied
    assert all((ROOT / name).exists() for name in copied)
    [user] = re.findall(r"^USER (\d+):\d+$", CONTAINERFILE, re.MULTILINE)
    assert f"--uid {user} " in CONTAINERFILE
    [home] = re.findall(r"LOCALROUTER_HOME=(\S+)", CONTAINERFILE)
    assert f"\nVOLUME {home}\n" in CONTAINERFILE
    for verb in (
        re.findall(r'CMD \["localrouter", "(\w+)"', CONTAINERFILE),
        re.findall(r'^CMD \["(\w+)"', CONTAINERFILE, re.M),
    ):
        assert set(verb) < VERBS


def test_the_packages_hold_the_program_with_its_pages(tmp_path: Path, full: bool) -> None:
    if not full or not shutil.which("dpkg-deb"):
        pytest.skip("with --full, where there is dpkg-deb")
    subprocess.run([ROOT / "scripts" / "package", "deb", "--out", tmp_path], capture_output=True, check=True)
    [wheel], [deb] = tmp_path.glob("*.whl"), tmp_path.glob("*.deb")
    assert {"localrouter/pages/index.html", "localrouter/__main__.py"} <= set(zipfile.ZipFile(wheel).namelist())
    root = tmp_path / "root"
    subprocess.run(["dpkg-deb", "--extract", deb, root], check=True)
    packages = next(root.glob("usr/lib/localrouter/lib/python3.*/site-packages"))
    assert (packages / "localrouter/pages/index.html").is_file()
    assert (root / "usr/bin/localrouter").readlink() == Path("../lib/localrouter/bin/localrouter")
    done = subprocess.run(
        [sys.executable, "-S", "-P", "-m", "localrouter", "--version"],
        env={"PYTHONPATH": str(packages), "PATH": os.defpath},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.startswith("LocalRouter ")
