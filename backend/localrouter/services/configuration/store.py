"""Changes the configuration, one revision at a time, in memory and on disk alike. Nothing else changes it.

A commit contains no await, so nothing on the event loop can come between its comparison and its swap.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from localrouter.domain.configuration.changes.change import Change
from localrouter.domain.configuration.changes.documents import changes
from localrouter.domain.configuration.config import VERSION, Config
from localrouter.domain.configuration.document import read, write
from localrouter.domain.configuration.edits import client_keys
from localrouter.domain.configuration.edits.providers import SECTIONS, changed_sections, replace_document
from localrouter.domain.configuration.repair import heal, lost_strategies
from localrouter.domain.configuration.snapshot import Snapshot
from localrouter.domain.configuration.validation.validation import approved
from localrouter.domain.errors import Conflict, Invalid, NotFound, Refusal, Unavailable, WrittenByNewer
from localrouter.domain.events import ConfigChanged, Event, ServerStatus
from localrouter.private_files import in_words, who_else_writes
from localrouter.services.configuration.files import UNSEEN, ConfigFiles, RevisionFile, Signature
from localrouter.services.configuration.history import History, RevisionInfo
from localrouter.services.configuration.reading import FIXED, Readable, is_same, open_document, readable

KEPT_REPORTS = 50


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the store depends on: the known presets, a publisher of events, and the time."""

    presets: frozenset[str]
    publish: Callable[[Event], None]
    clock: Callable[[], datetime]


class ConfigStore:
    """The configuration of a home whose lock this process holds."""

    def __init__(self, files: ConfigFiles, surroundings: Surroundings) -> None:
        opened = open_document(files, presets=surroundings.presets, now=surroundings.clock())
        self._files = files
        self._history = History(files)
        self._surroundings = surroundings
        self._text = opened.text
        self._refused: bytes | None = None  # what a failed commit may have left in the file
        self._seen: Signature | None = UNSEEN
        self.snapshot = Snapshot(opened.config)
        self.reports = _passing(opened.reports, opened.config)
        self.problem: str | None = None
        self._is_unusable = False  # the document is unusable, so a restored revision may replace it
        self._own_change: int | None = None  # the revision that LocalRouter made by itself, which nobody asked for
        self._copy = opened.copy
        if opened.copy is not None:
            self._compare_with_disk()

    @classmethod
    def open(
        cls,
        home: Path,
        *,
        presets: frozenset[str],
        publish: Callable[[Event], None],
        clock: Callable[[], datetime],
    ) -> ConfigStore:
        """Reads the home, and repairs and saves what needs it. `reports` says what was done."""
        try:
            store = cls(ConfigFiles(home), Surroundings(presets, publish, clock))
            if (others := who_else_writes(home)) is not None:
                store.report(others)
        except OSError as error:
            raise Unavailable(f"The home {home} cannot be used: {in_words(error)}.") from None
        return store

    def report(self, said: str) -> None:
        """Add something that happened at startup to the configuration's reports."""
        self.reports = (*self.reports, said)[-KEPT_REPORTS:]

    @property
    def config(self) -> Config:
        return self.snapshot.config

    @property
    def unresolved(self) -> tuple[str, ...]:
        """Describes each repair that stays in place until the owner settles the matter."""
        return lost_strategies(self.config)

    def commit(
        self, edit: Callable[[Config], Config], *, expect_revision: int | None = None, by_itself: bool = False
    ) -> Config:
        """Returns the configuration after an edit. A refusal or failure leaves memory and disk as they were.

        `by_itself`: the program needs the edit; it is not offered for undo.
        """
        self._compare_with_disk()
        if self.problem is not None:
            raise Unavailable(self.problem)
        self._expect(expect_revision)
        proposed = edit(self.config).model_copy(update={"version": VERSION, "revision": self.config.revision})
        if proposed == self.config:
            return self.config
        self._put(proposed)
        if by_itself:
            self._own_change = self.config.revision
        return self.config

    def take_hand_edit(self) -> bool:
        """Adopts a hand edit of the file. True if that made a new revision. Cheap enough to call often."""
        if self._files.signature() == self._seen:
            return False
        return self._compare_with_disk()

    def revisions(self) -> tuple[RevisionInfo, ...]:
        """The revisions that can be restored, newest first."""
        return self._history.revisions(self.config.revision)

    def last_change(self) -> tuple[RevisionInfo, int] | None:
        """What the current revision changed, and the revision to go back to; None where there is none, or where the
        program made it by itself."""
        return None if self.config.revision == self._own_change else self._history.last(self.config)

    def changes_to(self, revision: int) -> tuple[Change, ...]:
        """What would change if an earlier revision were restored now, with today's keys."""
        document, _ = heal(self._document_of(revision))
        return changes(self.config, client_keys.restored(self.config, document)[0])

    def restore(
        self,
        revision: int,
        tell: Callable[[Iterable[str]], None] | None = None,
        *,
        expect_revision: int | None = None,
    ) -> Config:
        """Makes an earlier revision's document the next revision, with today's keys. `tell` receives what the user
        should know about them. An unusable document is replaced, and saved."""
        self._compare_with_disk()
        is_supplanted = self.problem is not None and self._is_unusable
        if self.problem is not None and not is_supplanted:
            raise Unavailable(self.problem)
        self._expect(expect_revision)
        document, said = heal(self._document_of(revision))
        about_keys: list[str] = []

        def replace(config: Config) -> Config:
            earlier, about_keys[:] = client_keys.restored(config, document)
            return replace_document(config, earlier)

        kept: tuple[str, ...] = ()
        if is_supplanted:
            aside = self._put(replace(self.config), supplants=True)
            if aside is not None:
                kept = (f"The config.json that could not be used is kept as {aside.name}.",)
                self.report(kept[0])
            self._go_on()
        else:
            self.commit(replace)
        if tell is not None:
            tell((*said, *about_keys, *kept))
        return self.config

    def _document_of(self, revision: int) -> Config:
        file = self._kept(revision)
        try:
            return read(file.path.read_bytes())
        except WrittenByNewer as error:
            raise Refusal(f"Revision {revision} cannot be restored here. {error.message}") from None
        except (OSError, Invalid):
            raise Refusal(f"Revision {revision} can no longer be read.") from None

    def changed_since(self, revision: int) -> tuple[str, ...]:
        """The sections that differ from an earlier revision; all of them if that revision is gone."""
        kept = [file for file in self._files.revisions() if file.revision == revision]
        document = _document(kept[0]) if kept else None
        return SECTIONS if document is None else changed_sections(document, self.config)

    def _expect(self, revision: int | None) -> None:
        if revision is not None and revision != self.config.revision:
            raise self._conflict(revision)

    def _put(self, proposed: Config, *, found: bytes | None = None, supplants: bool = False) -> Path | None:
        """Makes a configuration the next revision. `found` is the text of a hand edit. With `supplants` it replaces an
        unusable document, and the path where that was saved is returned."""
        retired = client_keys.with_retired(self.config, proposed)
        number = self._files.newest_revision(self.config.revision) if self._copy else self.config.revision
        numbered = retired.model_copy(update={"version": VERSION, "revision": number + 1})
        config = approved(numbered, presets=self._surroundings.presets)
        snapshot, text = Snapshot(config), write(config)
        aside = self._save(text, config.revision, found, supplants=supplants)
        changed = changed_sections(self.config, config)
        self.snapshot = snapshot
        self._copy = None
        self._seen = UNSEEN
        self._surroundings.publish(ConfigChanged(config.revision, changed))
        return aside

    def _save(self, text: bytes, revision: int, found: bytes | None, *, supplants: bool) -> Path | None:
        now = self._surroundings.clock()
        aside: Path | None = None
        try:
            if self._files.is_document_fixed:
                if found is None:
                    raise Unavailable(f"Nothing was changed. {FIXED}")
                self._files.follow(text, revision=revision, made_at=now)
                self._text = found
                return None
            if supplants:
                aside = self._files.supplant(text, revision=revision, made_at=now)
            else:
                self._files.replace(text, revision=revision, made_at=now)
        except OSError as error:
            if found is None and not supplants:
                self._refused = text
            raise _unwritable(error) from None
        self._text = text
        return aside

    def _compare_with_disk(self) -> bool:
        """Adopts the file if it differs from what was written last. Returns whether it did."""
        self._seen = self._files.signature()
        self._is_unusable = False
        try:
            text = self._files.text()
        except PermissionError as error:
            self._seen = UNSEEN  # permissions can change while the signature stays the same
            return self._stop(f"config.json cannot be read: {in_words(error)}. Until it can, nothing is changed.")
        except OSError as error:
            self._seen, self._is_unusable = UNSEEN, True
            return self._stop(f"config.json cannot be read: {in_words(error)}. {self._meanwhile}")
        if text == self._text:
            return self._go_on()
        if text is None:
            self._is_unusable = True
            return self._stop(
                "config.json is missing. Put it back (config.json.bak is a copy), or restart LocalRouter."
            )
        if text == self._refused:
            return self._take_back()
        return self._take(text)

    def _take_back(self) -> bool:
        """Restores a file that still holds refused content because the disk failed during the undo."""
        try:
            self._files.restate(self._text)
        except OSError as error:
            self._seen = UNSEEN
            return self._stop(
                f"config.json contains a change that could not be completed and cannot be undone: {in_words(error)}. "
                "Until it can, nothing is changed."
            )
        self._files.forget_after(self.config.revision)
        self._refused, self._seen = None, UNSEEN
        return self._go_on()

    def _take(self, text: bytes) -> bool:
        try:
            found = readable(text, self._surroundings.presets).following(self.config)
            if is_same(found.config, self.config):
                self._keep_layout(found)
                return self._go_on()
            self._put(found.config, found=text)
        except Invalid as error:
            self._is_unusable = True
            how = "cannot be used" if self._copy else "was changed by hand and cannot be used"
            return self._stop(f"config.json {how}. {error.message} {self._meanwhile}")
        except Unavailable as error:
            self._seen = UNSEEN  # the next attempt may succeed
            return self._stop(f"config.json was changed by hand. {error.message}")
        said = f"config.json was changed by hand. It is revision {self.config.revision} now."
        self.reports = (*self.reports, said, *_passing((*found.news, *found.healed), self.config))[-KEPT_REPORTS:]
        self._go_on()
        return True

    @property
    def _meanwhile(self) -> str:
        """Tells the user what is in force while the file is unusable."""
        copy = "config.json.bak" if self._copy is None else self._copy.name
        return (
            f"Until it is repaired, revision {self.config.revision} ({copy}) is in force, and nothing else can be "
            "changed. To go back instead: restore_revision."
        )

    def _keep_layout(self, found: Readable) -> None:
        """Keeps a hand-made layout of the file, unless the content differs from what is in force."""
        self._copy = None
        if self._files.is_document_fixed or (found.raw == self.config and not found.is_migrated):
            self._text = found.text
            return
        text = write(self.config)
        try:
            self._files.restate(text)
        except OSError as error:
            raise _unwritable(error) from None
        self._text, self._seen = text, UNSEEN

    def _stop(self, problem: str) -> bool:
        if problem != self.problem:
            self.problem = problem
            self._surroundings.publish(ServerStatus())
        return False

    def _go_on(self) -> bool:
        if self.problem is not None:
            self.problem = None
            self._surroundings.publish(ServerStatus())
        return False

    def _conflict(self, expected: int) -> Conflict:
        revision = self.config.revision
        changed = self.changed_since(expected)
        data: dict[str, object] = {"revision": revision, "changed": list(changed)}
        what = f" Changed since: {', '.join(changed)}." if changed else ""
        return Conflict(f"The configuration is at revision {revision} now, not at {expected}.{what}", data)

    def _kept(self, revision: int) -> RevisionFile:
        kept = self._files.revisions()
        for file in kept:
            if file.revision == revision:
                return file
        raise NotFound(f"Revision {revision} is not kept. Kept are {kept[0].revision} to {kept[-1].revision}.")


def _passing(reports: tuple[str, ...], config: Config) -> tuple[str, ...]:
    """The reports without those that `unresolved` repeats for as long as they hold."""
    lasting = lost_strategies(config)
    return tuple(report for report in reports if report not in lasting)


def _document(file: RevisionFile) -> Config | None:
    try:
        return read(file.path.read_bytes())
    except (OSError, Invalid):
        return None


def _unwritable(error: OSError) -> Unavailable:
    return Unavailable(f"config.json could not be written: {in_words(error)}. Nothing was changed.")
