"""Commands about the whole configuration: its document and its earlier revisions."""

from __future__ import annotations

from datetime import datetime

from localrouter.commands.registration.registry import Mutation, Params, View, command
from localrouter.commands.registration.services import Services
from localrouter.commands.views.clients_and_strategies import (
    FindingView,
    Reference,
    finding_view,
    reference,
    remarks_on,
)
from localrouter.commands.views.own_address import changed_addresses, refuse_own_address
from localrouter.commands.views.providers import STORED
from localrouter.domain.configuration.changes.change import Change
from localrouter.domain.configuration.changes.documents import summary
from localrouter.domain.configuration.config import Config
from localrouter.domain.configuration.document import reading
from localrouter.domain.configuration.edits import client_keys
from localrouter.domain.configuration.edits import providers as provider_edits
from localrouter.domain.configuration.edits.client_keys import has_key
from localrouter.domain.configuration.repair import heal
from localrouter.domain.configuration.validation.validation import approved
from localrouter.domain.errors import Invalid
from localrouter.domain.events import Source
from localrouter.services.configuration.history import RevisionInfo
from localrouter.services.secrets.store import Presence


class Document(Params):
    document: dict[str, object]


class ImportConfig(Mutation):
    document: dict[str, object]


class RestoreRevision(Mutation):
    revision: int


class ConfigView(View):
    """The whole document. It contains no keys: for clients it holds key digests, for providers where each key is
    stored."""

    revision: int
    document: Config
    findings: tuple[FindingView, ...]


class Judgement(View):
    """Whether a document can be used, and all findings about it. `healed` lists what an import would repair."""

    valid: bool
    findings: tuple[FindingView, ...]
    healed: tuple[str, ...]


class ImportedConfig(View):
    """The document now in force. `healed` lists what was repaired in it; `about_keys` says which clients keep their
    current keys and which have none."""

    revision: int
    document: Config
    healed: tuple[str, ...]
    about_keys: tuple[str, ...]
    findings: tuple[FindingView, ...]


class ChangeView(View):
    """One difference. `subject` is what it is about, such as a strategy's name, `text` what became of it; `before` and
    `after` are the whole values, where there are any."""

    section: str
    subject: str
    text: str
    before: str | None
    after: str | None


class RevisionView(View):
    """A revision that can be restored. `changed` names the sections that differ from the previous revision, `summary`
    says in one line what changed, and `changes` says all of it."""

    revision: int
    made_at: datetime
    changed: tuple[str, ...]
    summary: str
    changes: tuple[ChangeView, ...]
    is_current: bool


class RevisionNumber(Params):
    revision: int


class Comparison(View):
    """What restoring a revision would change now. Keys do not count: they are not restored."""

    revision: int
    changes: tuple[ChangeView, ...]


class LastChange(View):
    """The change that made the current revision. Restoring `undo_to` undoes it."""

    revision: int
    made_at: datetime
    summary: str
    undo_to: int


class RestoredRevision(View):
    """The new revision: an earlier one's content, except for keys. `about_keys` describes in words what happened to
    them.

    Clients keep their current keys, and deleted keys stay deleted: set keys again for the providers in
    `providers_without_key`, and create new ones for the clients in `clients_without_key`.
    """

    revision: int
    restored: int
    providers_without_key: tuple[str, ...]
    clients_without_key: tuple[Reference, ...]
    about_keys: tuple[str, ...]


@command("get_config", reads=(Source.CONFIG, Source.STATUS))
async def get_config(services: Services) -> ConfigView:
    """Return the whole configuration document with all findings about it."""
    return ConfigView(
        revision=services.config.revision, document=services.config, findings=_remarks(services, services.config)
    )


@command("export_config", reads=(Source.CONFIG,))
async def export_config(services: Services) -> Config:
    """Return the configuration document alone, for saving to a file.

    It contains no keys: on another computer, providers' keys must be set again.
    """
    return services.config


@command("validate_config", reads=(Source.CONFIG, Source.STATUS))
async def validate_config(services: Services, params: Document) -> Judgement:
    """Check a configuration document without applying it."""
    try:
        found = reading(params.document)
        config, healed = heal(found.config)
        approved(config, presets=frozenset(services.presets))
        await refuse_own_address(services, changed_addresses(services.config, config))
    except Invalid as refusal:
        return Judgement(valid=False, findings=tuple(map(finding_view, refusal.findings)), healed=())
    return Judgement(valid=True, findings=_remarks(services, config), healed=(*found.news, *healed))


@command("import_config")
async def import_config(services: Services, params: ImportConfig) -> ImportedConfig:
    """Replace the whole configuration with the given document. The replaced one can be restored as an earlier revision.

    Clients that already exist here keep their keys, and a key that was rotated or deleted here stays refused.
    """
    found = reading(params.document)
    document, healed = heal(found.config)
    before = services.config
    await refuse_own_address(services, changed_addresses(before, document))
    about_keys: list[str] = []

    def replace(config: Config) -> Config:
        imported, about_keys[:] = client_keys.imported(config, document)
        return provider_edits.replace_document(config, imported)

    config = await services.commit(replace, expect_revision=params.expect_revision)
    _forget_health(services, before)
    return ImportedConfig(
        revision=config.revision,
        document=config,
        healed=(*found.news, *healed),
        about_keys=tuple(about_keys),
        findings=_remarks(services, config),
    )


@command("list_revisions", reads=(Source.CONFIG,))
async def list_revisions(services: Services) -> tuple[RevisionView, ...]:
    """List the configuration revisions that can be restored, newest first."""
    return tuple(_revision(info) for info in services.store.revisions())


@command("compare_revision", reads=(Source.CONFIG,))
async def compare_revision(services: Services, params: RevisionNumber) -> Comparison:
    """Return what restoring an earlier revision would change, without restoring it."""
    found = services.store.changes_to(params.revision)
    return Comparison(revision=params.revision, changes=tuple(map(_change, found)))


@command("get_last_change", reads=(Source.CONFIG,))
async def get_last_change(services: Services) -> LastChange | None:
    """Return what the last change of the configuration was, and which revision undoes it; null before the first."""
    found = services.store.last_change()
    if found is None:
        return None
    info, undo_to = found
    return LastChange(revision=info.revision, made_at=info.made_at, summary=_summary(info), undo_to=undo_to)


@command("restore_revision")
async def restore_revision(services: Services, params: RestoreRevision) -> RestoredRevision:
    """Restore an earlier revision of the configuration, as a new revision. A restore can itself be undone by restoring.

    Keys are not restored: clients keep their current ones, and deleted keys stay deleted. A client deleted in the
    meantime comes back disabled and without a key. The result lists who needs a key.
    """
    about_keys: list[str] = []
    before = services.config
    config = await services.restore(params.revision, about_keys.extend, expect_revision=params.expect_revision)
    _forget_health(services, before)
    providers = _without_key(services)
    return RestoredRevision(
        revision=config.revision,
        restored=params.revision,
        providers_without_key=providers,
        clients_without_key=tuple(reference(client) for client in config.clients if not has_key(client)),
        about_keys=(*about_keys, *(f'The provider "{name}" has no key: set it again.' for name in providers)),
    )


def _remarks(services: Services, config: Config) -> tuple[FindingView, ...]:
    return tuple(map(finding_view, remarks_on(services, config)))


def _revision(info: RevisionInfo) -> RevisionView:
    return RevisionView(
        revision=info.revision,
        made_at=info.made_at,
        changed=info.changed,
        summary=_summary(info),
        changes=tuple(map(_change, info.changes or ())),
        is_current=info.is_current,
    )


def _summary(info: RevisionInfo) -> str:
    return "The oldest state that is kept" if info.changes is None else summary(info.changes)


def _change(change: Change) -> ChangeView:
    return ChangeView(
        section=change.section,
        subject=change.subject,
        text=change.text,
        before=change.before,
        after=change.after,
    )


def _forget_health(services: Services, before: Config) -> None:
    for provider in before.providers:
        services.health.forget_provider(provider.name)


def _without_key(services: Services) -> tuple[str, ...]:
    stored = ((provider.name, provider.secret) for provider in services.config.providers if provider.secret)
    return tuple(
        name
        for name, secret in stored
        if secret.startswith(STORED) and services.secrets.presence(secret) is Presence.ABSENT
    )
