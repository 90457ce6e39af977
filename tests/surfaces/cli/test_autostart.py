"""The verb `autostart`: what it writes, what it asks systemd for, and what it says."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from localrouter.domain.configuration.config import Config, Provider, default_strategy
from localrouter.domain.configuration.document import write
from localrouter.domain.errors import Refusal
from localrouter.services.instance.home import Home
from localrouter.services.instance.lock import Instance
from localrouter.surfaces.cli.autostart import autostart
from localrouter.surfaces.cli.user_service import MARK

SYSTEMCTL = """\
#!/bin/sh
# Stands for a systemd user instance: notes what it was asked, and remembers what is enabled and started.
cd "$(dirname "$0")" || exit 9
echo "$*" >>asked
[ ! -e no-bus ] || { echo "Failed to connect to bus: No medium found" >&2; exit 1; }
shift
case $1 in
    enable) touch enabled ;;
    disable) rm -f enabled ;;
    start) [ ! -e broken ] || { echo "Job failed." >&2; exit 1; }; touch active ;;
    is-enabled) [ -e enabled ] && echo enabled || { echo disabled; exit 1; } ;;
    is-active) [ -e active ] && echo active || { echo inactive; exit 3; } ;;
esac
"""


class Computer:
    """A user's folder, with systemd or without."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.bin = root / "bin"
        self.home = Home(root / "my 100% $HOME")
        self.unit = root / ".config/systemd/user/localrouter.service"
        self.link = self.unit.parent / "default.target.wants/localrouter.service"
        self.bin.mkdir()
        self.home.prepare()

    def install_systemd(self) -> None:
        (self.bin / "systemctl").write_text(SYSTEMCTL)
        (self.bin / "systemctl").chmod(0o755)

    def says(self, wish: str) -> str:
        said: list[str] = []
        autostart(wish, self.home, said.append)
        return "\n".join(said)

    def asked(self) -> list[str]:
        noted = self.bin / "asked"
        return noted.read_text().splitlines() if noted.exists() else []

    @contextmanager
    def running(self) -> Iterator[None]:
        with Instance.acquire(self.home.root) as instance:
            instance.announce("http://127.0.0.1:3625", None)
            yield


@pytest.fixture
def without_systemd(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Computer:
    computer = Computer(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    tools = tmp_path / "tools"
    tools.mkdir()
    for name in ("sh", "dirname", "touch", "rm"):
        (tools / name).symlink_to(shutil.which(name) or name)
    monkeypatch.setenv("PATH", f"{computer.bin}:{tools}")
    monkeypatch.setattr(sys, "argv", [str(tmp_path / "bin/localrouter")])
    for name in ("XDG_CONFIG_HOME", "LOCALROUTER_HOME", "LOCALROUTER_SECRETS"):
        monkeypatch.delenv(name, raising=False)
    return computer


@pytest.fixture
def computer(without_systemd: Computer) -> Computer:
    without_systemd.install_systemd()
    return without_systemd


def test_on_writes_a_unit_enables_it_and_starts_it(computer: Computer) -> None:
    said = computer.says("on")
    assert str(computer.unit) in said
    assert computer.asked() == [
        "--user daemon-reload",
        "--user enable localrouter.service",
        "--user start localrouter.service",
    ]
    text = computer.unit.read_text()
    assert text.startswith(MARK)
    path = str(computer.home.root).replace("%", "%%")
    assert f'ExecStart=":{computer.bin}/localrouter" "serve" "--home" "{path}"\n' in text


def test_a_router_that_runs_already_is_not_started_twice(computer: Computer) -> None:
    with computer.running():
        assert "running already" in computer.says("on")
    assert "--user start localrouter.service" not in computer.asked()


def test_settings_of_the_shell_that_the_service_would_miss_are_kept_or_named(
    computer: Computer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LOCALROUTER_SECRETS", "file")
    provider = Provider(name="openai", preset="openai", secret="env:OPENAI_API_KEY")
    computer.home.config.write_bytes(write(Config(providers=(provider,), strategies=(default_strategy(),))))
    assert "OPENAI_API_KEY" in computer.says("on")
    assert 'Environment="LOCALROUTER_SECRETS=file"\n' in computer.unit.read_text()


def test_on_again_follows_the_program_to_its_new_place(computer: Computer, monkeypatch: pytest.MonkeyPatch) -> None:
    computer.says("on")
    monkeypatch.setattr(sys, "argv", [str(computer.root / "elsewhere/localrouter")])
    assert "autostart on" in computer.says("status")  # the old program is not there
    computer.says("on")
    assert f'":{computer.root}/elsewhere/localrouter"' in computer.unit.read_text()


def test_a_checkout_is_started_by_its_start_script(computer: Computer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["/x/__main__.py"])
    computer.says("on")
    starter = Path(__file__).parents[3] / "scripts/run"
    assert f'ExecStart=":{starter}" "serve"' in computer.unit.read_text()


def test_off_removes_what_on_made_and_leaves_a_running_router_alone(computer: Computer) -> None:
    computer.says("on")
    (computer.unit.parent / "other.service").write_text("[Service]\n")
    with computer.running():
        assert "keeps running" in computer.says("off")
    assert not computer.unit.exists()
    assert (computer.unit.parent / "other.service").exists()
    assert computer.asked()[-2:] == ["--user disable localrouter.service", "--user daemon-reload"]
    assert "nothing to turn off" in computer.says("off")


@pytest.mark.parametrize("kind", ["file", "link"])
def test_a_unit_that_another_wrote_is_never_touched(computer: Computer, kind: str) -> None:
    computer.unit.parent.mkdir(parents=True)
    theirs = computer.unit if kind == "file" else computer.root / "theirs.service"
    theirs.write_text(f"[Service]\nExecStart=/bin/true\n{MARK}\n")
    if kind == "link":
        computer.unit.symlink_to(theirs)
    for wish in ("on", "off"):
        with pytest.raises(Refusal, match="not written by autostart"):
            computer.says(wish)
    assert theirs.read_text().startswith("[Service]")
    assert computer.asked() == []
    assert "not written by autostart" in computer.says("status")


def test_status_tells_the_file_whether_it_is_enabled_and_whether_it_runs(computer: Computer) -> None:
    before = computer.says("status")
    assert "no unit" in before
    computer.says("on")
    with computer.running():
        after = computer.says("status").splitlines()
    assert [line.split()[:2] for line in after[1:3]] == [["enabled", "yes"], ["running", "yes"]]
    assert "http://127.0.0.1:3625" in after[3]


def test_without_a_user_instance_it_is_enabled_for_the_next_login(computer: Computer) -> None:
    (computer.bin / "no-bus").touch()
    said = computer.says("on")
    assert "No systemd user instance answers here (Failed to connect to bus: No medium found)." in said
    assert computer.link.resolve() == computer.unit
    assert "enabled  yes" in computer.says("status")
    computer.says("off")
    assert not computer.link.is_symlink()
    assert not computer.unit.exists()


def test_without_systemd_it_says_what_to_start_instead_and_writes_nothing(without_systemd: Computer) -> None:
    with pytest.raises(Refusal, match=r"no systemd .*localrouter serve --home"):
        without_systemd.says("on")
    assert not (without_systemd.root / ".config").exists()
    assert "no unit" in without_systemd.says("status")


def test_a_start_that_fails_is_told(computer: Computer) -> None:
    (computer.bin / "broken").touch()
    with pytest.raises(Refusal, match=r"localrouter\.service` failed: Job failed"):
        computer.says("on")


def test_a_demo_does_not_start_by_itself(computer: Computer) -> None:
    computer.home = Home(computer.root / "localrouter-demo-1")
    with pytest.raises(Refusal, match="demo"):
        computer.says("on")


def test_a_path_that_no_unit_can_hold_is_refused(computer: Computer) -> None:
    computer.home = Home(Path(os.fsdecode(bytes(computer.root) + b"/\xff")))
    with pytest.raises(Refusal, match="UTF-8"):
        computer.says("on")
    assert not computer.unit.exists()


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="needs systemd")
@pytest.mark.parametrize("folder", ["a 100% $folder", 'a "quoted" \\ one'])
def test_systemd_takes_the_unit(folder: str, computer: Computer, monkeypatch: pytest.MonkeyPatch) -> None:
    odd = computer.root / folder / "localrouter"
    odd.parent.mkdir()
    odd.write_text("#!/bin/sh\n")
    odd.chmod(0o755)
    monkeypatch.setattr(sys, "argv", [str(odd)])
    computer.says("on")
    done = subprocess.run(
        [shutil.which("systemd-analyze", path=os.defpath) or "systemd-analyze", "--user", "verify", computer.unit],
        env={"HOME": str(computer.root), "XDG_RUNTIME_DIR": str(computer.root), "PATH": os.defpath},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout + done.stderr) == (0, "")
