"""The home: where each file of one LocalRouter stands, and the token that opens its administration."""

from __future__ import annotations

import base64
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from localrouter.private_files import PRIVATE_FILE, make_private_folder, write_private

__all__ = ["Home", "locate", "write_private"]

HOME_VARIABLE = "LOCALROUTER_HOME"
TOKEN_BYTES = 32


@dataclass(frozen=True, slots=True)
class Home:
    """The paths below one folder, which only its owner can enter."""

    root: Path

    def prepare(self) -> None:
        """Creates what is missing of the folders."""
        for folder in (self.root, self.revisions, self.logs):
            make_private_folder(folder)

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
    def instance(self) -> Path:
        return self.root / "instance.json"

    @property
    def models(self) -> Path:
        return self.root / "models.json"

    @property
    def logs(self) -> Path:
        return self.root / "logs"

    def read_admin_token(self) -> str | None:
        """The token, None where none was made yet."""
        try:
            return self.admin_token.read_text("ascii").strip() or None
        except (FileNotFoundError, UnicodeDecodeError):
            return None

    def ensure_admin_token(self) -> str:
        """The token, made on first use. Whoever holds the home's lock may call this."""
        known = self.read_admin_token()
        if known is not None:
            _close_to_others(self.admin_token)
            return known
        token = base64.urlsafe_b64encode(os.urandom(TOKEN_BYTES)).rstrip(b"=").decode()
        write_private(self.admin_token, token.encode() + b"\n")
        return token


def locate(environment: Mapping[str, str], given: Path | None = None) -> Home:
    """The home that was given, else the one of `LOCALROUTER_HOME`, else `.localrouter` in the user's folder."""
    chosen = given or Path(environment.get(HOME_VARIABLE) or Path.home() / ".localrouter")
    return Home(chosen.expanduser().absolute())


def _close_to_others(path: Path) -> None:
    if path.stat().st_mode & 0o077:
        path.chmod(PRIVATE_FILE)
