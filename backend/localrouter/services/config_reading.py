"""What is in force when a home is opened: its document, else its backup, else an empty one. Nothing is ever lost."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from localrouter.domain import client_keys
from localrouter.domain.config import VERSION, Config
from localrouter.domain.document import Reading, read, reading, write
from localrouter.domain.errors import Invalid, Unavailable, WrittenByNewer
from localrouter.domain.healing import heal
from localrouter.domain.provider_edits import changed_sections
from localrouter.domain.validation import approved
from localrouter.services.config_files import ConfigFiles, content


@dataclass(frozen=True, slots=True)
class Readable:
    """A document that can be used: as it was written, and as it is in force, with what was put right."""

    text: bytes
    read: Reading
    config: Config
    healed: tuple[str, ...]

    def following(self, present: Config) -> Readable:
        """The same after what was in force before it, whose retired keys it does not bring back."""
        config, about_keys = client_keys.edited(present, self.config)
        return replace(self, config=client_keys.with_retired(present, config), healed=(*self.healed, *about_keys))

    @property
    def raw(self) -> Config:
        return self.read.config

    @property
    def is_migrated(self) -> bool:
        return self.read.is_migrated

    @property
    def news(self) -> tuple[str, ...]:
        return self.read.news


@dataclass(frozen=True, slots=True)
class Opened:
    """The configuration that a home opens with, its text on disk, and what the user should know."""

    config: Config
    text: bytes
    reports: tuple[str, ...]


def readable(text: bytes, presets: frozenset[str]) -> Readable:
    """What a document says once it is healed; `Invalid` where it cannot be used."""
    found = reading(text)
    config, healed = heal(found.config)
    return Readable(text, found, approved(config, presets=presets), healed)


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
    except WrittenByNewer as error:
        raise _newer(files.document, error) from None
    except Invalid as error:
        _refuse_newer_backup(files)
        place = files.set_aside(files.document, now)
        cause = f"config.json could not be used and is kept as {place.name}. {error.message}"
        return _open_backup(files, presets=presets, now=now, cause=cause)
    return _open_found(files, found, text, now)


def _open_found(files: ConfigFiles, found: Readable, text: bytes, now: datetime) -> Opened:
    last = _last_written(files, found.raw)
    if last is None:
        number = found.raw.revision + bool(found.healed or found.is_migrated)
        said = (*_migration(files, found, number, now), *found.healed)
        return _replaced(files, _numbered(found.config, number), said, now)
    found = found.following(_with_former_keys(files, last) if found.is_migrated else last)
    if found.is_migrated or not is_same(found.config, last):
        is_ours = is_same(found.raw, last)
        number = last.revision + 1 if found.raw == last else _newest(files, last.revision) + 1
        edited = () if is_ours else (f"config.json was changed by hand. It is revision {number} now.",)
        said = (*edited, *_migration(files, found, number, now), *found.healed)
        return _replaced(files, _numbered(found.config, number), said, now)
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
    except WrittenByNewer as error:
        raise _newer(files.backup, error) from None
    except Invalid:
        place = files.set_aside(files.backup, now)
        return _open_empty(files, (*reports, f"config.json.bak could not be used and is kept as {place.name}."), now)
    last = _newest_usable(files)
    found = found if last is None else found.following(last)
    said = (*reports, f"config.json.bak (revision {found.raw.revision}) was used instead.")
    newest = _newest(files, found.raw.revision)
    if found.is_migrated or found.healed or newest > found.raw.revision:
        said = (*said, *_migration(files, found, newest + 1, now), *found.healed)
        return _replaced(files, _numbered(found.config, newest + 1), said, now)
    text = write(found.config)
    files.restate(text)
    return Opened(found.config, text, said)


def _migration(files: ConfigFiles, found: Readable, number: int, now: datetime) -> tuple[str, ...]:
    """Keeps a document of an earlier version that becomes the revision of this number; what to tell of it."""
    if not found.is_migrated:
        return ()
    former = found.raw.revision
    if former < number and all(kept.revision != former for kept in files.revisions()):
        files.keep(found.text, revision=former, made_at=now)
    version = found.read.version
    cause = "names no version" if version is None else f"was written by an earlier LocalRouter (version {version})"
    return (
        f"config.json {cause}. It is version {VERSION}, revision {number}, now; revision {former} is the one before.",
        *found.news,
    )


def _refuse_newer_backup(files: ConfigFiles) -> None:
    """To be called before the document is set aside: a backup that only a newer release can read stops everything."""
    text = _text_of(files.backup)
    try:
        if text is not None:
            reading(text)
    except WrittenByNewer as error:
        raise _newer(files.backup, error) from None
    except Invalid:
        return


def _newer(path: Path, error: WrittenByNewer) -> WrittenByNewer:
    return WrittenByNewer(f"{path}: {error.message} Nothing in this home was changed.")


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
    backup, newest = _usable(files.backup), _newest_usable(files)
    if found in (backup, newest):
        return found
    return backup or newest


def _newest_usable(files: ConfigFiles) -> Config | None:
    kept = files.revisions()
    return _usable(kept[-1].path) if kept else None


def _with_former_keys(files: ConfigFiles, last: Config) -> Config:
    """What an earlier release wrote last, which knew no retired keys: those of its revisions that are not in use."""
    config = last
    for kept in files.revisions():
        before = _usable(kept.path)
        config = config if before is None else client_keys.with_retired(before, config)
    return config


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
