"""Decides which configuration is in force when a home is opened, without ever losing one.

Normally that is the document. If it is unusable, it stays untouched and the last good copy is in force; if it is
missing, its backup; in a new home, an empty configuration.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from localrouter.domain.configuration.config import VERSION, Config
from localrouter.domain.configuration.document import ParsedDocument, read, reading, write
from localrouter.domain.configuration.edits import client_keys
from localrouter.domain.configuration.edits.providers import changed_sections
from localrouter.domain.configuration.repair import heal
from localrouter.domain.configuration.validation.validation import approved
from localrouter.domain.errors import Invalid, Unavailable, WrittenByNewer
from localrouter.private_files import in_words
from localrouter.services.configuration.files import ConfigFiles, content

FIXED = "config.json cannot be written here: edit it at its source. Commands that would change it are refused."


@dataclass(frozen=True, slots=True)
class Readable:
    """A usable document: as written, as in force, and what was repaired in between."""

    text: bytes
    read: ParsedDocument
    config: Config
    healed: tuple[str, ...]

    def following(self, present: Config) -> Readable:
        """The same document as the successor of `present`, whose retired keys it must not bring back."""
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
    """The configuration that a home opens with, its text on disk, and what the user should know.

    If the document is unusable, `copy` is the file that the configuration came from instead.
    """

    config: Config
    text: bytes
    reports: tuple[str, ...]
    copy: Path | None = None


def readable(text: bytes, presets: frozenset[str]) -> Readable:
    """A document's content after repair. Raises `Invalid` if the document is unusable."""
    found = reading(text)
    config, healed = heal(found.config)
    return Readable(text, found, approved(config, presets=presets), healed)


def is_same(one: Config, other: Config) -> bool:
    """Whether two documents are equal apart from their revision."""
    return not changed_sections(one, other)


def open_document(files: ConfigFiles, *, presets: frozenset[str], now: datetime) -> Opened:
    """Reads a home, repairs its files, and reports what it did."""
    files.finish()
    try:
        text = files.text()
    except PermissionError as error:
        raise _unreadable(files.document, error) from None
    except OSError as error:
        return _open_copy(files, presets, f"It cannot be read: {in_words(error)}.")
    if text is None:
        return _open_without(files, presets, now)
    try:
        found = readable(text, presets)
    except WrittenByNewer as error:
        raise _newer(files.document, error) from None
    except Invalid as error:
        return _open_copy(files, presets, error.message)
    return _open_found(files, found, text, now)


def _open_copy(files: ConfigFiles, presets: frozenset[str], cause: str) -> Opened:
    """The last good copy, in place of an unusable document. Nothing in the home changes."""
    _refuse_newer_backup(files)
    backup, newest = _good(files.backup, presets), _newest_good(files, presets)
    if backup is None:
        raise Unavailable(f"{files.document}: {cause} {_no_copy(files, newest)}")
    if newest is not None and newest[1].raw.revision > backup.raw.revision:  # saved before the document was replaced
        return Opened(newest[1].config, newest[1].text, (), copy=newest[0])
    return Opened(backup.config, backup.text, (), copy=files.backup)


def _no_copy(files: ConfigFiles, newest: tuple[Path, Readable] | None) -> str:
    if newest is None:
        what = "Repair it, restore it from a backup of your own, or move both away to start afresh."
    else:
        what = f"Repair it, or copy {newest[0]} (revision {newest[1].raw.revision}) in its place."
    return f"{files.backup.name}, the copy to go on with, cannot be used either. {what}"


def _newest_good(files: ConfigFiles, presets: frozenset[str]) -> tuple[Path, Readable] | None:
    kept = ((file.path, _good(file.path, presets)) for file in reversed(files.revisions()))
    return next(((path, copy) for path, copy in kept if copy is not None), None)


def _good(path: Path, presets: frozenset[str]) -> Readable | None:
    try:
        text = content(path)
        return None if text is None else readable(text, presets)
    except (OSError, Invalid):
        return None


def _open_found(files: ConfigFiles, found: Readable, text: bytes, now: datetime) -> Opened:
    last = _last_written(files, found.raw)
    if last is None:
        number = found.raw.revision + bool(found.healed or found.is_migrated)
        said = (*_migration(files, found, number, now), *found.healed)
        return _replaced(files, _numbered(found.config, number), said, now)
    found = found.following(_with_former_keys(files, last) if found.is_migrated else last)
    newest = files.newest_revision(last.revision)
    is_set_back = newest > last.revision + 1  # a crash leaves at most one revision that was never in force
    is_said_anew = found.is_migrated and not files.is_document_fixed
    if is_said_anew or is_set_back or not is_same(found.config, last):
        number = last.revision + 1 if found.raw == last and not is_set_back else newest + 1
        said = _by_hand(found.raw, last, number, is_set_back=is_set_back)
        said = (*said, *_migration(files, found, number, now), *found.healed)
        return _replaced(files, _numbered(found.config, number), said, now)
    files.forget_after(last.revision)
    if files.is_document_fixed:
        return Opened(last, text, (*found.healed, FIXED))
    if found.raw != last:
        text = write(last)
        files.restate(text)
    elif _usable(files.backup) != last:
        files.restate_backup(write(last))
    return Opened(last, text, found.healed)


def _by_hand(found: Config, last: Config, number: int, *, is_set_back: bool) -> tuple[str, ...]:
    if not is_same(found, last):
        return (f"config.json was changed by hand. It is revision {number} now.",)
    if is_set_back:
        return (f"config.json was put back to revision {last.revision}, before others. It is revision {number} now.",)
    return ()


def _open_without(files: ConfigFiles, presets: frozenset[str], now: datetime) -> Opened:
    """The document is missing: somebody removed it, or the home is new."""
    if not files.backup.exists():
        return _replaced(files, _numbered(Config(), files.newest_revision(-1) + 1), (), now)
    _refuse_newer_backup(files)
    found = _good(files.backup, presets)
    if found is None:
        raise Unavailable(f"{files.document} is missing. {_no_copy(files, _newest_good(files, presets))}")
    last = _newest_usable(files)
    found = found if last is None else found.following(last)
    said: tuple[str, ...] = (
        "config.json is missing.",
        f"config.json.bak (revision {found.raw.revision}) was used instead.",
    )
    newest = files.newest_revision(found.raw.revision)
    if found.is_migrated or found.healed or newest > found.raw.revision:
        said = (*said, *_migration(files, found, newest + 1, now), *found.healed)
        return _replaced(files, _numbered(found.config, newest + 1), said, now)
    text = write(found.config)
    files.restate(text)
    return Opened(found.config, text, said)


def _migration(files: ConfigFiles, found: Readable, number: int, now: datetime) -> tuple[str, ...]:
    """Saves a document of an earlier version, whose migrated form becomes revision `number`. Returns what to report."""
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
    """Refuses a backup that only a newer release can read. Call this before the document is set aside."""
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


def _replaced(files: ConfigFiles, config: Config, reports: tuple[str, ...], now: datetime) -> Opened:
    text = write(config)
    files.forget_after(config.revision - 1)
    there = content(files.document)
    if there is not None and files.is_document_fixed:
        files.follow(text, revision=config.revision, made_at=now)
        return Opened(config, there, (*reports, FIXED))
    try:
        files.replace(text, revision=config.revision, made_at=now)
    except OSError as error:
        raise Unavailable(f"{files.document} cannot be written: {in_words(error)}. Nothing was changed.") from None
    return Opened(config, text, reports)


def _last_written(files: ConfigFiles, found: Config) -> Config | None:
    """What this program wrote last. That is the document itself if the backup or the newest revision equals it."""
    backup, newest = _usable(files.backup), _newest_usable(files)
    if found in (backup, newest):
        return found
    return backup or newest


def _newest_usable(files: ConfigFiles) -> Config | None:
    kept = files.revisions()
    return _usable(kept[-1].path) if kept else None


def _with_former_keys(files: ConfigFiles, last: Config) -> Config:
    """Adds retired keys to what a release without them wrote last: those in its revisions that are no longer used."""
    config = last
    for kept in files.revisions():
        before = _usable(kept.path)
        config = config if before is None else client_keys.with_retired(before, config)
    return config


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
        raise _unreadable(path, error) from None


def _unreadable(path: Path, error: OSError) -> Unavailable:
    return Unavailable(f"{path} cannot be read: {in_words(error)}.")


def _numbered(config: Config, revision: int) -> Config:
    return config.model_copy(update={"revision": revision})
