"""Commands that look ahead: how a request would be routed, whether a provider answers, which local servers are
running."""

from __future__ import annotations

import asyncio

from localrouter.commands.registration.references import OptionalClientRef, OptionalStrategyRef, ProviderRef
from localrouter.commands.registration.registry import Params, View, command
from localrouter.commands.registration.services import Probe, Services, needed
from localrouter.commands.views.providers import KeySource, address_of, advice_for, key_source
from localrouter.dialects.contract import Preset
from localrouter.dialects.presets import list_address
from localrouter.dialects.registry import DIALECTS, client_for
from localrouter.domain.configuration.config import Name, Provider, Strategy, Timeouts
from localrouter.domain.configuration.edits import clients_and_strategies as edits
from localrouter.domain.configuration.edits import providers as provider_edits
from localrouter.domain.configuration.names import counted
from localrouter.domain.conversation.request import Endpoint
from localrouter.domain.errors import Finding, Invalid
from localrouter.domain.events import Source
from localrouter.domain.models.info import ListedModel
from localrouter.domain.routing.failures import Failure, FailureKind

_NAMES_SHOWN = 5
_PATIENCE = 2.0  # seconds within which a server on this computer must answer


class ExplainRoute(Params):
    model: Name
    client_id: OptionalClientRef = None
    strategy_id: OptionalStrategyRef = None
    request: dict[str, object] | None = None
    endpoint: Endpoint = Endpoint.CHAT_COMPLETIONS


class ProviderName(Params):
    name: ProviderRef


class ProviderTest(View):
    """The result of asking a provider for its models. `tried` is the HTTP request that was sent, `ms` the time it took.
    If it failed, `kind` and `message` say why and `advice` what to do."""

    provider: str
    answers: bool
    tried: str
    key_source: KeySource
    ms: float
    models: int
    first_models: tuple[str, ...]
    kind: FailureKind | None
    status: int | None
    message: str
    advice: str | None


class LocalServer(View):
    """A model server that answers on this computer. `provider` is the configured provider with the same address; null
    if there is none."""

    preset: str
    title: str
    base_url: str
    models: tuple[str, ...]
    provider: str | None


@command("explain_route", reads=(Source.CONFIG, Source.USAGE, Source.STATUS))
async def explain_route(services: Services, params: ExplainRoute) -> dict[str, object]:
    """Explain how a request would be routed now, without calling any provider.

    Give either the client or the strategy. Candidates are listed in order, each with the reason why it would be
    skipped, if any, and the limits with what remains of them. A request with `input`, and without `messages`, is
    taken for one of OpenAI's responses.
    """
    explain = needed(services.explain, f"Routes can only be explained by a running LocalRouter. {services.start_hint}")
    strategy = _strategy_of(services, params)
    fields = params.request or {}
    return dict(explain(strategy, client_for(params.endpoint, fields).example(params.endpoint, params.model, fields)))


@command("test_provider", reads=(), needs_running=True)
async def test_provider(services: Services, params: ProviderName) -> ProviderTest:
    """Test a provider by asking for its models with its key.

    The result says what was sent, how it ended and what to do about a failure.
    """
    probe = needed(services.probe, f"Providers can only be asked by a running LocalRouter. {services.start_hint}")
    provider = provider_edits.find_provider(services.config, params.name)
    started = services.clock()
    outcome = await probe(provider)
    if not isinstance(outcome, Failure):
        services.health.forget_provider(provider.name)
        services.catalog.ask_again(provider)
    return _tested(services, provider, outcome, (services.clock() - started) * 1000)


@command("discover_local_providers", reads=(Source.PROVIDERS,), needs_running=True)
async def discover_local_providers(services: Services) -> tuple[LocalServer, ...]:
    """Find model servers that are running on this computer at their usual addresses."""
    probe = needed(services.probe, f"Providers can only be asked by a running LocalRouter. {services.start_hint}")
    presets = [preset for preset in services.presets.values() if preset.local]
    found = await asyncio.gather(*(_look_for(services, probe, preset) for preset in presets))
    return tuple(server for server in found if server is not None)


def _strategy_of(services: Services, params: ExplainRoute) -> Strategy:
    match params.client_id, params.strategy_id:
        case str(client_id), None:
            return services.store.snapshot.strategy_of(edits.find_client(services.config, client_id))
        case None, str(strategy_id):
            return edits.find_strategy(services.config, strategy_id)
        case _:
            said = "Give either a client_id or a strategy_id."
            raise Invalid(said, (Finding("strategy_id", said),))


def _tested(
    services: Services, provider: Provider, outcome: tuple[ListedModel, ...] | Failure, ms: float
) -> ProviderTest:
    preset = services.presets[provider.preset].at(provider.base_url)
    usual = DIALECTS.providers[preset.dialect].model_list_path
    failure = outcome if isinstance(outcome, Failure) else None
    is_withheld = services.gate.withheld(provider, address_of(services, provider)) is not None
    names = () if isinstance(outcome, Failure) else tuple(model.name for model in outcome)
    return ProviderTest(
        provider=provider.name,
        answers=failure is None,
        tried=f"GET {'/'.join(list_address(preset, address_of(services, provider), usual))}",
        key_source=key_source(provider),
        ms=round(ms, 1),
        models=len(names),
        first_models=names[:_NAMES_SHOWN],
        kind=None if failure is None else failure.kind,
        status=None if failure is None else failure.status,
        message=failure.message if failure else f"It answers and lists {counted(len(names), 'model')}.",
        advice=_advice(failure, is_withheld, provider, preset) if failure else _advice_without_models(names, preset),
    )


def _advice(failure: Failure, is_withheld: bool, provider: Provider, preset: Preset) -> str | None:
    """What helps after a failure. None if a key was withheld: then the message itself says what to do."""
    return None if is_withheld else advice_for(failure.kind, provider, preset)


def _advice_without_models(names: tuple[str, ...], preset: Preset) -> str | None:
    if names:
        return None
    if preset.local:
        return f"Load a model in {preset.title} first."
    return "Name the models in the provider's `models`, since its list is empty."


async def _look_for(services: Services, probe: Probe, preset: Preset) -> LocalServer | None:
    guess = Provider(name=preset.name, preset=preset.name, timeouts=Timeouts(connect=_PATIENCE))
    try:
        async with asyncio.timeout(_PATIENCE):
            outcome = await probe(guess)
    except TimeoutError:
        return None
    if isinstance(outcome, Failure):
        return None
    return LocalServer(
        preset=preset.name,
        title=preset.title,
        base_url=preset.base_url,
        models=tuple(model.name for model in outcome),
        provider=next((each.name for each in services.config.providers if _is_at(services, each, preset)), None),
    )


def _is_at(services: Services, provider: Provider, preset: Preset) -> bool:
    address = address_of(services, provider).replace("//localhost", "//127.0.0.1")
    return address == preset.base_url
