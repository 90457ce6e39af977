"""Commands about providers' keys. A stored key is bound to the address that its provider has at the time."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Annotated

from pydantic import Field

from localrouter.commands.registration.references import ProviderRef
from localrouter.commands.registration.registry import Mutation, View, command
from localrouter.commands.registration.services import Services
from localrouter.commands.views.providers import STORED, ProviderView, address_of, provider_view
from localrouter.domain.configuration.config import Config, Provider
from localrouter.domain.configuration.edits import providers as provider_edits
from localrouter.domain.configuration.names import fold, free_name
from localrouter.domain.configuration.validation.endpoint_urls import names_endpoint
from localrouter.domain.credentials.bindings import (
    ENVIRONMENT,
    PROXY_FIELD,
    SECRET_FIELD,
    Destination,
    origin_of,
    uses,
    what_is,
)
from localrouter.domain.credentials.key_shapes import fault_of, tidied
from localrouter.domain.errors import Finding, Invalid, Refusal

Key = Annotated[
    str, Field(min_length=1, max_length=10_000, json_schema_extra={"format": "password", "writeOnly": True})
]
CredentialField = Annotated[
    str,
    Field(
        pattern=rf"^({SECRET_FIELD}|{PROXY_FIELD}|headers\.[!#$%&'*+.^_`|~0-9A-Za-z-]+)$",
        description='Which secret: "secret" (the key), "proxy" (a proxy\'s whole address) or "headers.NAME".',
    ),
]


class SetProviderKey(Mutation):
    name: ProviderRef
    key: Key
    field: CredentialField = SECRET_FIELD


class DeleteProviderKey(Mutation):
    name: ProviderRef
    field: CredentialField = SECRET_FIELD


class ProviderResult(View):
    """A provider after the change. `notes` says where a given value was interpreted differently from how it was
    written."""

    revision: int
    provider: ProviderView
    notes: tuple[str, ...] = ()


class DeletedKey(View):
    """The provider without its key. `key_deleted` is false if there was none, or if another provider also uses it."""

    revision: int
    provider: ProviderView
    key_deleted: bool


@command("set_provider_key")
async def set_provider_key(services: Services, params: SetProviderKey) -> ProviderResult:
    """Store a provider's key in the system's keychain or in a private file. It is never shown again.

    The key is bound to the provider's current address, proxy and `ca_file`: if one of these changes, it is no longer
    sent until you set it again. To store another of the provider's secrets, set `field` to "headers.NAME" or "proxy".
    """
    await look(services, params)
    provider = provider_edits.find_provider(services.config, params.name)

    async def refer(secret: str) -> Config:
        return await services.commit(
            lambda config: provider_edits.set_provider_secret(config, provider.name, secret, params.field),
            expect_revision=params.expect_revision,
        )

    async with services.secrets.referring:
        await with_key(services, provider, params.field, params.key, refer)
    services.health.forget_provider(provider.name)
    services.catalog.ask_again(provider)
    return result_for(services, provider.name)


@command("delete_provider_key")
async def delete_provider_key(services: Services, params: DeleteProviderKey) -> DeletedKey:
    """Delete a provider's key, or the secret that `field` names: "headers.NAME" or "proxy".

    It cannot be recovered, not even by restoring an earlier revision.
    """
    await look(services, params)
    before = provider_edits.find_provider(services.config, params.name)
    async with services.secrets.referring:
        before = provider_edits.find_provider(services.config, before.name)
        await services.commit(
            lambda config: provider_edits.set_provider_secret(config, before.name, None, params.field),
            expect_revision=params.expect_revision,
        )
        deleted = await forget_credentials(services, before, params.field)
    services.health.forget_provider(before.name)
    result = result_for(services, before.name)
    return DeletedKey(revision=result.revision, provider=result.provider, key_deleted=deleted)


async def look(services: Services, params: Mutation) -> None:
    """Adopts a hand edit and refuses a stale call before a change is prepared. A caller that awaits anything afterwards
    must compare `expect_revision` again when it commits."""
    await services.commit(lambda config: config, expect_revision=params.expect_revision)


def result_for(services: Services, name: str, given_base_url: str | None = None) -> ProviderResult:
    provider = provider_edits.find_provider(services.config, name)
    view = provider_view(services, provider)
    notes: tuple[str, ...] = ()
    if names_endpoint(given_base_url):
        notes = (f"The given URL named an endpoint. The base URL is {view.address}; calls go to paths below it.",)
    return ProviderResult(revision=services.config.revision, provider=view, notes=notes)


async def with_key(
    services: Services, provider: Provider, field: str, key: str, commit: Callable[[str], Awaitable[Config]]
) -> None:
    """Stores a key and commits the reference to it. If the commit is refused, the former key is restored."""
    if field == SECRET_FIELD and (fault := fault_of(tidied(key))) is not None:
        raise Refusal(f"The key {fault}. Copy it again.")
    name = _secret_name(services.config, provider.name, field)
    bound = _destination(services, provider, field, key.strip())
    former = await services.secrets.former(name)
    await services.secrets.set(name, key.strip(), bound)
    try:
        await commit(STORED + name)
    except Refusal:
        await services.secrets.go_back(former)
        raise


async def forget_credentials(services: Services, provider: Provider, field: str | None = None) -> bool:
    """Deletes the credentials that a provider no longer uses, in one field or in all, unless another provider uses
    them."""
    in_use = {reference for other in services.config.providers for _, reference in uses(other)}
    of_it = dict.fromkeys(reference for each, reference in uses(provider) if field in (None, each))
    deleted = False
    for reference in of_it:
        if reference in in_use:
            continue
        if reference.startswith(ENVIRONMENT):
            services.secrets.records.unbind_variable(reference.removeprefix(ENVIRONMENT))
        else:
            deleted |= await services.secrets.delete(reference.removeprefix(STORED))
    return deleted


async def forget_unreferred(services: Services, before: Provider) -> None:
    """Deletes the stored secrets that a provider referred to before and that nothing refers to now. Environment
    variables keep their bindings, since no command could bind them again."""
    stored = {field: reference for field, reference in uses(before) if reference.startswith(STORED)}
    in_use = {reference for other in services.config.providers for _, reference in uses(other)}
    for reference in dict.fromkeys(stored.values()):
        if reference not in in_use:
            await services.secrets.delete(reference.removeprefix(STORED))


def _destination(services: Services, provider: Provider, field: str, key: str) -> tuple[Destination, ...]:
    """The destinations that a key set now is bound to."""
    own = {"proxy": None} if field == PROXY_FIELD else {}
    known = provider.preset in services.presets
    address = address_of(services, provider) if known else ""
    here = services.gate.destination(provider.model_copy(update=own), address)
    if here is None and known:
        said = (
            f"No key can be bound to the address of {provider.name} ({address}), or to its proxy's. Correct it first."
        )
        raise Invalid(said, (Finding("base_url", said),))
    if here is None:
        return ()  # the commit refuses such a provider and says why
    if field != PROXY_FIELD:
        return (here,)
    proxy = origin_of(key, may_hold_user=True)
    if proxy is None:
        said = "Give the proxy's whole address, such as http://user:password@proxy.example:3128."
        raise Invalid(said, (Finding("key", said),))
    return (replace(here, proxy=proxy),)


def _secret_name(config: Config, provider: str, field: str) -> str:
    """The name under which to store a credential: its own name, unless something else refers to that one."""
    others, own, current = [], [], None
    for other in config.providers:
        for each, reference in uses(other):
            if fold(other.name) != fold(provider):
                others.append(reference)
            elif fold(each) == fold(field):
                current = reference
            else:
                own.append(reference)
    if current is not None and current.startswith(STORED) and current not in (*others, *own):
        return current.removeprefix(STORED)
    wanted = provider if field == SECRET_FIELD else f"{provider} {what_is(field)}".replace('"', "")
    taken = [reference.removeprefix(STORED) for reference in (*others, *own) if reference.startswith(STORED)]
    return free_name(wanted, taken)
