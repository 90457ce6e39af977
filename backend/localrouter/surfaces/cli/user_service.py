"""A user's systemd service: its unit file, the link that enables it, and the systemd instance that runs it.

The unit belongs to this program only if its first line says so: one that somebody else wrote is never touched.
"""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from localrouter.domain.errors import Unavailable
from localrouter.private_files import discard, in_words, read_file, staged_path

NAME = "localrouter.service"
MARK = "# Written by `localrouter autostart on`, and removed by `localrouter autostart off`."
ASKED_WITHIN = 20.0  # seconds
_PROGRAM = re.compile(r'^ExecStart=":(/[^"\\%]+)"', re.MULTILINE)
_UNSAFE = re.compile(r"[\x00-\x1f\x7f'\"\\]")  # systemd starts no program with these in its path
_THROUGH_A_SHELL = ("/bin/sh", "-c", 'exec "$0" "$@"')
_UNIT = """\
{mark}
# To change something, keep it in a file of your own: systemctl --user edit {name}

[Unit]
Description=LocalRouter, one address for all language models of this computer

[Service]
Type=exec
ExecStart={command}
{environment}Restart=on-failure
RestartSec=5
# wrong usage, and an instance that runs already: another try would change nothing
RestartPreventExitStatus=2 3
TimeoutStopSec=20
KillMode=mixed
UMask=0077
NoNewPrivileges=yes

[Install]
WantedBy=default.target
"""


def unit_text(command: Sequence[str], environment: Mapping[str, str]) -> str:
    """The service's unit. The command's `:` keeps systemd from replacing variables in it."""
    first, *others = command if _UNSAFE.search(command[0]) is None else (*_THROUGH_A_SHELL, *command)
    words = " ".join([_quoted(f":{first}"), *map(_quoted, others)])
    lines = "".join(f"Environment={_quoted(f'{name}={value}')}\n" for name, value in environment.items())
    return _UNIT.format(mark=MARK, name=NAME, command=words, environment=lines)


def _quoted(word: str) -> str:
    """A word as systemd reads it back. Raises a refusal if a unit cannot hold it."""
    try:
        word.encode()
    except UnicodeEncodeError:
        raise Unavailable("A systemd unit can only name paths that are UTF-8, and one of these is not.") from None
    escaped = word.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%")
    return '"' + "".join(f"\\x{ord(sign):02x}" if sign < " " or sign == "\x7f" else sign for sign in escaped) + '"'


def program_of(text: str) -> Path | None:
    """The program that a unit starts; None if its path is spelled with escapes."""
    found = _PROGRAM.search(text)
    return Path(found[1]) if found else None


@dataclass(frozen=True, slots=True)
class Service:
    """The user's service: its unit, the link that enables it, and the systemd instance that runs it."""

    unit: Path
    systemctl: str | None

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> Service:
        configured = environment.get("XDG_CONFIG_HOME", "")
        try:
            folder = Path(configured) if configured.startswith("/") else Path.home() / ".config"
        except RuntimeError:
            raise Unavailable("This user has no home folder, so there is no place for a user service.") from None
        return cls(folder / "systemd" / "user" / NAME, shutil.which("systemctl"))

    @property
    def link(self) -> Path:
        """What `systemctl --user enable` makes."""
        return self.unit.parent / "default.target.wants" / NAME

    @property
    def exists(self) -> bool:
        return self.unit.is_symlink() or self.unit.exists()

    def written(self) -> str | None:
        """The unit's text if `autostart` wrote it. None if there is no unit, or if it is somebody else's."""
        if self.unit.is_symlink() or not self.unit.exists():
            return None
        try:
            text = read_file(self.unit).decode("utf-8", "replace")
        except OSError as error:
            raise Unavailable(f"{self.unit} cannot be read: {in_words(error)}.") from None
        return text if text.startswith(MARK) else None

    def write(self, text: str) -> None:
        try:
            self.unit.parent.mkdir(parents=True, exist_ok=True)
            staged = staged_path(self.unit)
            staged.write_text(text, "utf-8")
            staged.replace(self.unit)
        except OSError as error:
            raise Unavailable(f"{self.unit} cannot be written: {in_words(error)}.") from None

    def remove(self) -> None:
        try:
            if self.link.is_symlink():
                self.link.unlink()
            self.unit.unlink(missing_ok=True)
        except OSError as error:
            raise Unavailable(f"{self.unit} cannot be removed: {in_words(error)}.") from None
        discard(staged_path(self.unit))
        for folder in (self.link.parent, self.unit.parent):
            with suppress(OSError):  # something else is in it
                folder.rmdir()

    def enable_by_link(self) -> None:
        """What `enable` does, for a user whose systemd does not run now."""
        try:
            self.link.parent.mkdir(exist_ok=True)
            if not self.link.is_symlink():
                self.link.symlink_to(self.unit)
        except OSError as error:
            raise Unavailable(f"{self.link} cannot be made: {in_words(error)}.") from None

    def ask(self, *words: str) -> tuple[bool, str]:
        """Run `systemctl --user`. Returns whether it succeeded, and what it said."""
        if self.systemctl is None:
            return False, "there is no systemctl"
        command = [self.systemctl, "--user", *words]
        try:
            done = subprocess.run(  # noqa: S603 - no shell, and our own words
                command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=ASKED_WITHIN, check=False
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            said = in_words(error) if isinstance(error, OSError) else f"no answer within {ASKED_WITHIN:g} s"
            return False, said
        said = (done.stdout.strip() or done.stderr.strip()).partition("\n")[0]
        return done.returncode == 0, said or f"exit code {done.returncode}"

    def do(self, *words: str) -> None:
        """Run `systemctl --user`, and refuse if it fails."""
        is_done, said = self.ask(*words)
        if not is_done:
            raise Unavailable(f"`systemctl --user {shlex.join(words)}` failed: {said}")
