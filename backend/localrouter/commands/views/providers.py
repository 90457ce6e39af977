"""Providers as commands show them: their address, their status, and whether they have a key, but never the key."""

from __future__ import annotations

import shlex
from datetime import datetime
from enum import StrEnum

from localrouter.commands.registration.registry import View
from localrouter.commands.registration.services import Services
from localrouter.commands.views.clients_and_strategies import FindingView, below, remarks_on
from localrouter.dialects.contract import RESPONSES, Preset
from localrouter.dialects.presets import base_url_for, is_open, terms_of
from localrouter.domain.configuration.config import Provider, RequestFields, Timeouts
from localrouter.domain.configuration.names import counted
from localrouter.domain.conversation.request import Endpoint
from localrouter.domain.credentials.bindings import uses
from localrouter.domain.routing.failures import FailureKind
from localrouter.services.health import Cooling
from localrouter.services.secrets.gate import Reason
from localrouter.services.secrets.store import Presence

STORED = "store:"


class KeySource(StrEnum):
    """Where a provider's key comes from: a stored secret or an environment variable."""

    NONE = "none"
    STORED = "stored"
    ENVIRONMENT = "environment"


class ProviderState(StrEnum):
    """Whether a provider can be used, and why not. `unknown`: it has not been asked yet."""

    READY = "ready"
    DISABLED = "disabled"
    NO_KEY = "no_key"
    KEY_OUT_OF_REACH = "key_out_of_reach"  # it exists, but its keychain does not answer
    KEY_ELSEWHERE = "key_elsewhere"  # it was set for another destination
    COOLING = "cooling"
    FAILING = "failing"  # its model list cannot be fetched
    UNKNOWN = "unknown"  # not asked yet


_WITHHELD = {
    Reason.MISSING: ProviderState.NO_KEY,
    Reason.OUT_OF_REACH: ProviderState.KEY_OUT_OF_REACH,
    Reason.ELSEWHERE: ProviderState.KEY_ELSEWHERE,
}


class PresetView(View):
    """A known provider's defaults. If `base_url` is null, a provider made from it must have one. `request_fields` is
    what its servers do not accept, and their name for the cap on an answer's length."""

    name: str
    title: str
    base_url: str | None
    local: bool
    needs_key: bool
    key_variable: str | None
    key_in_environment: bool
    starter_model: str | None
    request_fields: RequestFields


class CoolingView(View):
    """Something that is not called for a while after a failure: a model, an endpoint, or the whole provider if `model`
    and `endpoint` are null. `remedy` is the shell command that ends the cooling."""

    provider: str
    model: str | None
    endpoint: Endpoint | None
    kind: FailureKind
    message: str
    until: datetime
    remedy: str


class LeftOutView(View):
    """Request fields that a model refused, after which it answered without them. Requests are sent to it without these
    fields until its provider is edited or LocalRouter restarts."""

    model: str
    fields: tuple[str, ...]


class ProviderStatus(View):
    """A provider's status, and what to do about it where something can be done."""

    state: ProviderState
    message: str
    advice: str | None
    until: datetime | None


class ProviderView(View):
    """A provider. `address` is where requests go; `secret` says where the key is kept and is not the key.

    `free` is what the owner says: whether calls cost nothing, or null where the owner has not said. `is_free` is
    whether calls count as free now; `asks_if_free` means that only the owner can tell.
    """

    name: str
    preset: str
    title: str
    address: str
    base_url: str | None
    local: bool
    enabled: bool
    has_key: bool
    key_source: KeySource
    secret: str | None
    headers: dict[str, str]
    models: tuple[str, ...]
    proxy: str | None
    ca_file: str | None
    api_version: str | None
    free: bool | None
    is_free: bool
    asks_if_free: bool
    request_fields: RequestFields
    timeouts: Timeouts
    status: ProviderStatus
    cooling: tuple[CoolingView, ...]
    left_out: tuple[LeftOutView, ...]
    listed_models: int
    list_age_seconds: float | None
    findings: tuple[FindingView, ...]


def preset_view(services: Services, preset: Preset) -> PresetView:
    variable = preset.key_variable
    return PresetView(
        name=preset.name,
        title=preset.title,
        base_url=preset.base_url or None,
        local=preset.local,
        needs_key=preset.needs_key,
        key_variable=variable,
        key_in_environment=variable is not None and services.secrets.resolve(f"env:{variable}") is not None,
        starter_model=preset.starter_model,
        request_fields=RequestFields(drop=tuple(sorted(preset.refused_fields)), output_cap=preset.output_cap_field),
    )


def provider_views(services: Services) -> tuple[ProviderView, ...]:
    config = services.config
    remarks = remarks_on(services, config)
    return tuple(
        _provider_view(services, provider, tuple(below(f"providers[{index}]", remarks)))
        for index, provider in enumerate(config.providers)
    )


def provider_view(services: Services, provider: Provider) -> ProviderView:
    return next(view for view in provider_views(services) if view.name == provider.name)


def cooling_views(services: Services, provider: Provider | None = None) -> tuple[CoolingView, ...]:
    """What is cooling, for one provider or for all."""
    return tuple(
        cooling_view(services, entry)
        for entry in services.health.cooling()
        if provider is None or entry.provider == provider.name
    )


def left_out_views(services: Services, provider: Provider) -> tuple[LeftOutView, ...]:
    """What was learnt of the provider's models from their refusals."""
    learnt = services.health.all_left_out(provider.name)
    return tuple(
        LeftOutView(model=model, fields=tuple(sorted(map(_left_out_words, fields)))) for model, fields in learnt
    )


def _left_out_words(name: str) -> str:
    return "responses (asked by chat)" if name == RESPONSES else name


def cooling_view(services: Services, entry: Cooling) -> CoolingView:
    return CoolingView(
        provider=entry.provider,
        model=entry.model,
        endpoint=entry.endpoint,
        kind=entry.kind,
        message=entry.message,
        until=services.time_of(entry.until),
        remedy=_remedy(services, entry),
    )


def address_of(services: Services, provider: Provider) -> str:
    return base_url_for(services.presets[provider.preset].at(provider.base_url), provider.base_url)


async def look_up_keys(services: Services) -> None:
    """Loads the providers' keys from the keychain. A keychain that did not answer is not asked again."""
    await services.secrets.fetch(
        [reference for provider in services.config.providers for _, reference in uses(provider)], again=False
    )


def has_key(services: Services, provider: Provider) -> bool:
    """Whether a provider has a key, even if it is out of reach now."""
    return provider.secret is not None and services.secrets.presence(provider.secret) is not Presence.ABSENT


def key_source(provider: Provider) -> KeySource:
    if provider.secret is None:
        return KeySource.NONE
    return KeySource.STORED if provider.secret.startswith(STORED) else KeySource.ENVIRONMENT


def advice_for(kind: FailureKind, provider: Provider, preset: Preset) -> str:
    """What a user can do about this kind of failure."""
    match kind:
        case FailureKind.AUTH:
            return f"Set a valid key for {provider.name}, and make sure that the account may use the API."
        case FailureKind.UNREACHABLE if preset.local:
            return f"Start {preset.title}, or correct the base URL of {provider.name}."
        case FailureKind.UNREACHABLE:
            return f"Check the network, the proxy and the base URL of {provider.name}."
        case FailureKind.NOT_FOUND:
            return f"Check the base URL of {provider.name}; most end in /v1. A server without a list needs `models`."
        case FailureKind.UNSUPPORTED:
            return f"{preset.title} does not support such requests. Use another model or provider for them."
        case FailureKind.QUOTA_EXHAUSTED:
            return f"Add credit to the account of {provider.name}, or raise its budget there."
        case FailureKind.RATE_LIMITED | FailureKind.OVERLOADED:
            return "Wait a moment. In the meantime, the router tries other models."
        case _:
            return f"Try again later. If it lasts, look at the status page of {preset.title}."


def _provider_view(services: Services, provider: Provider, remarks: tuple[FindingView, ...]) -> ProviderView:
    preset = services.presets[provider.preset]
    return ProviderView(
        name=provider.name,
        preset=preset.name,
        title=preset.title,
        address=address_of(services, provider),
        base_url=provider.base_url,
        local=preset.local,
        enabled=provider.enabled,
        has_key=has_key(services, provider),
        key_source=key_source(provider),
        secret=provider.secret,
        headers=provider.headers,
        models=provider.models,
        proxy=provider.proxy,
        ca_file=provider.ca_file,
        api_version=provider.api_version,
        free=provider.free,
        is_free=terms_of(provider).free is not None,
        asks_if_free=is_open(provider),
        request_fields=provider.request_fields,
        timeouts=provider.timeouts,
        status=_status(services, provider, preset),
        cooling=cooling_views(services, provider),
        left_out=left_out_views(services, provider),
        listed_models=len(services.catalog.models_of(provider)),
        list_age_seconds=services.catalog.age(provider),
        findings=remarks,
    )


def _status(services: Services, provider: Provider, preset: Preset) -> ProviderStatus:
    if not provider.enabled:
        return _told(ProviderState.DISABLED, "Disabled: the router skips it.", "Enable it to use its models.")
    if provider.secret is None and preset.needs_key:
        return _told(ProviderState.NO_KEY, "It has no key.", f"Set a key for {provider.name}.")
    withheld = services.gate.withheld(provider, address_of(services, provider))
    if withheld is not None:
        return _told(_WITHHELD[withheld.reason], withheld.message)
    whole = next((entry for entry in cooling_views(services, provider) if entry.model is None), None)
    if whole is not None:
        advice = advice_for(whole.kind, provider, preset)
        return ProviderStatus(state=ProviderState.COOLING, message=whole.message, advice=advice, until=whole.until)
    failure = services.catalog.failure(provider)
    if failure is not None:
        return _told(ProviderState.FAILING, failure.message, advice_for(failure.kind, provider, preset))
    count = len(services.catalog.models_of(provider))
    if count or services.catalog.age(provider) is not None:
        return _told(
            ProviderState.READY,
            f"Ready, with {counted(count, 'model')}." if count else "It answers, but lists no models.",
        )
    return _told(ProviderState.UNKNOWN, "Not asked yet.")


def _told(state: ProviderState, message: str, advice: str | None = None) -> ProviderStatus:
    return ProviderStatus(state=state, message=message, advice=advice, until=None)


def _remedy(services: Services, entry: Cooling) -> str:
    """The shell command that ends a cooling. Model names come from clients, so they are quoted for the shell, and a
    name with control characters is left out."""
    named = [f"provider={entry.provider}"]
    if entry.model is not None and entry.model.isprintable():
        named.append(
            f"model={'@' * entry.model.startswith('@')}{entry.model}"
        )  # the command line's escape for a leading @
    return services.home.shell_command(" ".join(("call", "clear_cooling", *map(shlex.quote, named))))
