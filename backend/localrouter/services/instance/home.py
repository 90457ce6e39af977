"""The home: the path of each file of one LocalRouter, and the admin token."""

from __future__ import annotations

import base64
import contextlib
import importlib
import logging
import os
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from localrouter.domain.errors import Unavailable
from localrouter.domain.plain_text import one_line
from localrouter.private_files import discard, is_ours, make_private_folder, staged_path, write_private
from localrouter.shell_command import program

LOG = logging.getLogger(__name__)

__all__ = ["Home", "locate", "write_private"]

HOME_VARIABLE = "LOCALROUTER_HOME"
USUAL_NAME = ".localrouter"
DEMO_PREFIX = "localrouter-demo-"  # of a demo's temporary folder
TOKEN_BYTES = 32
SOCKET_NAME = "admin.sock"


@dataclass(frozen=True, slots=True)
class Home:
    """The paths in one folder that only its owner can enter."""

    root: Path

    def prepare(self) -> None:
        """Creates missing folders, and removes the half-written files of a killed process."""
        for folder in (self.root, self.revisions, self.logs):
            make_private_folder(folder)
        for path in (self.secrets, self.admin_token, self.instance, self.models):
            discard(staged_path(path))

    @property
    def config(self) -> Path:
        return self.root / "config.json"

    @property
    def config_backup(self) -> Path:
        return self.root / "config.json.bak"

    @property
    def revisions(self) -> Path:
        return self.root / "revisions"

    @property
    def metrics(self) -> Path:
        return self.root / "metrics.db"

    @property
    def ledger(self) -> Path:
        return self.root / "ledger.journal"

    @property
    def secrets(self) -> Path:
        return self.root / "secrets.json"

    @property
    def admin_token(self) -> Path:
        return self.root / "admin.token"

    @property
    def admin_socket(self) -> Path:
        return self.root / SOCKET_NAME

    @property
    def instance(self) -> Path:
        return self.root / "instance.json"

    @property
    def models(self) -> Path:
        return self.root / "models.json"

    @property
    def programs(self) -> Path:
        """Holds one folder per launched program: its client's key, and files that it reads."""
        return self.root / "programs"

    @property
    def logs(self) -> Path:
        return self.root / "logs"

    @property
    def is_usual(self) -> bool:
        """Whether this is the home that programs of this user find by default."""
        try:
            return not os.environ.get(HOME_VARIABLE) and self.root == _users_folder() / USUAL_NAME
        except RuntimeError:
            return False

    @property
    def is_demo(self) -> bool:
        return self.root.name.startswith(DEMO_PREFIX)

    @property
    def shown(self) -> str:
        """Its path as a single line of valid text, whatever bytes the file system holds."""
        return one_line(os.fsencode(self.root).decode("utf-8", "replace"))

    @property
    def command_line(self) -> str:
        """The command for this home, to which a verb can be added: `localrouter`, `localrouter --home /srv`."""
        return f"{program()}{self._option}"

    def shell_command(self, words: str) -> str:
        """The shell command that runs a verb with this home: `serve` → `localrouter serve --home /srv`."""
        return f"{program()} {words}{self._option}"

    @property
    def _option(self) -> str:
        return "" if self.is_usual else f" --home {_quoted(self.root)}"

    def read_admin_token(self) -> str | None:
        """The token; None if none was made yet."""
        try:
            return self.admin_token.read_text("ascii").strip() or None
        except (FileNotFoundError, UnicodeDecodeError):
            return None

    def ensure_admin_token(self) -> str:
        """The token, made on first use and renewed if others could read it or own its file. The caller must hold the
        home's lock."""
        known = self.read_admin_token()
        if known is None:
            return self.renew_admin_token()
        if _others_could_read(self.admin_token):
            LOG.warning("%s could be read by others, so it holds another token from now on.", self.admin_token)
            return self.renew_admin_token()
        return known

    def renew_admin_token(self) -> str:
        """Replaces the token. The caller must hold the home's lock."""
        token = base64.urlsafe_b64encode(os.urandom(TOKEN_BYTES)).rstrip(b"=").decode()
        write_private(self.admin_token, token.encode() + b"\n")
        return token


def locate(environment: Mapping[str, str], given: Path | None = None) -> Home:
    """The given home, else that of `LOCALROUTER_HOME`, else `.localrouter` in the user's folder."""
    told = given or (Path(environment[HOME_VARIABLE]) if environment.get(HOME_VARIABLE) else None)
    try:
        return Home((_expanded(told) if told else _users_folder() / USUAL_NAME).absolute())
    except RuntimeError:
        said = "This user has no home folder" if told is None else f"There is no user whose folder is in {told}"
        raise Unavailable(f"{said}. Name LocalRouter's home with --home or {HOME_VARIABLE}.") from None
    except FileNotFoundError:
        said = f"The home {told} cannot be found: the folder that this terminal is in was removed"
        raise Unavailable(f"{said}. Change to another, or give the whole path.") from None


def _users_folder() -> Path:
    """The user's own folder. Raises `RuntimeError` if there is none. An empty or relative `HOME` does not count: it
    would depend on the folder in which the program was started."""
    home = os.environ.get("HOME")
    if os.name != "nt" and home is not None and not home.startswith("/"):
        return _folder_in_user_database()
    return Path.home()


def _folder_in_user_database() -> Path:
    pwd = importlib.import_module("pwd")  # not on every platform
    try:
        folder = str(pwd.getpwuid(os.getuid()).pw_dir)
    except KeyError:
        folder = ""
    if not folder.startswith("/"):
        raise RuntimeError("no folder of this user is known")
    return Path(folder)


def _expanded(path: Path) -> Path:
    return _users_folder().joinpath(*path.parts[1:]) if path.parts[:1] == ("~",) else path.expanduser()


def _others_could_read(path: Path) -> bool:
    """Whether the permissions or the owner let somebody else know the token: a file's owner knows its content."""
    status = path.stat()
    return os.name != "nt" and (bool(status.st_mode & 0o077) or not is_ours(status))


def _quoted(path: Path) -> str:
    """A path quoted for a shell, on one line. Bytes that are not text are escaped as bash and zsh read them."""
    raw = os.fsencode(path)
    with contextlib.suppress(UnicodeDecodeError):
        if (text := raw.decode()).isprintable():
            return shlex.quote(text)
    return "$'" + "".join(chr(byte) if _is_plain(byte) else f"\\x{byte:02x}" for byte in raw) + "'"


def _is_plain(byte: int) -> bool:
    return 0x20 <= byte < 0x7F and byte not in b"'\\"
