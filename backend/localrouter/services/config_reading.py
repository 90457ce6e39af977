"""What is in force when a home is opened: its document, else its backup, else an empty one. Nothing is ever lost."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from localrouter.domain.config import Config
from localrouter.domain.document import read, write
from localrouter.domain.errors import Invalid, Unavailable
from localrouter.domain.healing import heal
from localrouter.domain.provider_edits import changed_sections
from localrouter.domain.validation import approved
from localrouter.services.config_files import ConfigFiles, content


@dataclass(frozen=True, slots=True)
class Readable:
    """A document that can be used: as it was written, and as it is in force, with what was put right."""

    raw: Config
    config: Config
    healed: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Opened:
    """The configuration that a home opens with, its text on disk, and what the user should know."""

    config: Config
    text: bytes
    reports: tuple[str, ...]


def readable(text: bytes, presets: frozenset[str]) -> Readable:
    """What a document says once it is healed; `Invalid` where it cannot be used."""
    raw = read(text)
    config, healed = heal(raw)
    return Readable(raw, approved(config, presets=presets), healed)


def is_same(one: Config, other: Config) -> bool:
    """Whether two documents differ in nothing but their revision."""
    return not changed_sections(one, other)


def open_document(files: ConfigFiles, *, presets: frozenset[str], now: datetime) -> Opened:
    """Reads a home, puts its files right, and says what it did."""
    text = _text_of(files.document)
    if text is None:
        cause = "config.json is missing." if files.backup.exists() else None
        return _open_backup(files, presets=presets, now=now, cause=cause)
    try:
        found = readable(text, presets)
    except Invalid as error:
        place = files.set_aside(files.document, now)
        cause = f"config.json could not be used and is kept as {place.name}. {error.message}"
        return _open_backup(files, presets=presets, now=now, cause=cause)
    return _open_found(files, found, text, now)


def _open_found(files: ConfigFiles, found: Readable, text: bytes, now: datetime) -> Opened:
    last = _last_written(files, found.raw)
    if last is None:
        config = _numbered(found.config, found.raw.revision + bool(found.healed))
        return _replaced(files, config, found.healed, now)
    if not is_same(found.config, last):
        number = last.revision + 1 if found.raw == last else _newest(files, last.revision) + 1
        edited = () if found.raw == last else (f"config.json was changed by hand. It is revision {number} now.",)
        return _replaced(files, _numbered(found.config, number), (*edited, *found.healed), now)
    files.forget_after(last.revision)
    if found.raw != last:
        text = write(last)
        files.restate(text)
    elif _usable(files.backup) != last:
        files.restate_backup(write(last))
    return Opened(last, text, found.healed)


def _open_backup(files: ConfigFiles, *, presets: frozenset[str], now: datetime, cause: str | None) -> Opened:
    reports = () if cause is None else (cause,)
    text = _text_of(files.backup)
    if text is None:
        return _open_empty(files, reports, now)
    try:
        found = readable(text, presets)
    except Invalid:
        place = files.set_aside(files.backup, now)
        return _open_empty(files, (*reports, f"config.json.bak could not be used and is kept as {place.name}."), now)
    said = (*reports, f"config.json.bak (revision {found.raw.revision}) was used instead.", *found.healed)
    newest = _newest(files, found.raw.revision)
    if found.healed or newest > found.raw.revision:
        return _replaced(files, _numbered(found.config, newest + 1), said, now)
    text = write(found.config)
    files.restate(text)
    return Opened(found.config, text, said)


def _open_empty(files: ConfigFiles, reports: tuple[str, ...], now: datetime) -> Opened:
    if reports:
        reports = (
            *reports,
            "An empty configuration is in use, in which no key is known. Restore a revision to go back.",
        )
    return _replaced(files, _numbered(Config(), _newest(files, -1) + 1), reports, now)


def _replaced(files: ConfigFiles, config: Config, reports: tuple[str, ...], now: datetime) -> Opened:
    text = write(config)
    files.forget_after(config.revision - 1)
    files.replace(text, revision=config.revision, made_at=now)
    return Opened(config, text, reports)


def _last_written(files: ConfigFiles, found: Config) -> Config | None:
    """What this program wrote last: the document itself where the backup or the newest revision says the same."""
    backup = _usable(files.backup)
    kept = files.revisions()
    newest = _usable(kept[-1].path) if kept else None
    if found in (backup, newest):
        return found
    return backup or newest


def _newest(files: ConfigFiles, at_least: int) -> int:
    return max((at_least, *(kept.revision for kept in files.revisions())))


def _usable(path: Path) -> Config | None:
    text = _text_of(path)
    try:
        return None if text is None else read(text)
    except Invalid:
        return None


def _text_of(path: Path) -> bytes | None:
    try:
        return content(path)
    except OSError as error:
        raise Unavailable(f"{path} cannot be read: {error.strerror}.") from None


def _numbered(config: Config, revision: int) -> Config:
    return config.model_copy(update={"revision": revision})
