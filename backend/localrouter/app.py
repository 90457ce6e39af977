"""Builds the program: the only module that knows every ring. `program.serving` starts it, runs it, and ends it."""

from __future__ import annotations

import contextlib
import logging
import os
import random
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from ipaddress import ip_address

from starlette.types import ASGIApp

from localrouter.background import restore_usage
from localrouter.commands import all_commands
from localrouter.commands.registration.services import Explain, Probe, Services, Serving
from localrouter.dialects.presets import OWN_VARIABLES, PRESETS, provider_address
from localrouter.dialects.registry import DIALECTS
from localrouter.dialects.translation import Dialects
from localrouter.domain.configuration.config import Provider
from localrouter.domain.configuration.server_address import reachable_at
from localrouter.domain.events import ConfigChanged, Event, RequestFinished
from localrouter.domain.metrics.samples import Sample
from localrouter.domain.models.info import ModelInfo
from localrouter.domain.routing.failures import JITTER
from localrouter.gateway.endpoints import Targets
from localrouter.gateway.explain import explain as explain_route
from localrouter.gateway.in_flight.context import GatewayContext
from localrouter.gateway.in_flight.listing import RequestsInFlight
from localrouter.gateway.kept_answers.asking import Asking
from localrouter.gateway.kept_answers.following import Followed
from localrouter.gateway.kept_answers.kept import Kept
from localrouter.gateway.kept_answers.made import KeptAnswers
from localrouter.gateway.loop import Gateway
from localrouter.gateway.model_labels import ModelLabels
from localrouter.gateway.model_listing import ModelListing
from localrouter.gateway.plan import Sources
from localrouter.program.ending import Wishes
from localrouter.program.listening import (
    Address,
    open_command,
)
from localrouter.services.clock import SYSTEM, Clocks, boot_id
from localrouter.services.configuration.store import ConfigStore
from localrouter.services.counters import Counters
from localrouter.services.event_bus import EventBus
from localrouter.services.health import Health
from localrouter.services.instance.admin_access import AdminAccess
from localrouter.services.instance.home import Home
from localrouter.services.instance.log_files import LogFiles
from localrouter.services.instance.opening_files import OpeningFiles
from localrouter.services.ledger.journal import Journal
from localrouter.services.ledger.ledger import Ledger
from localrouter.services.memory import Memory
from localrouter.services.metrics.store import MetricsStore
from localrouter.services.model_lists.lists import ModelCatalog, packaged_table
from localrouter.services.redaction import Redaction
from localrouter.services.secrets.first_records import open_gate
from localrouter.services.secrets.gate import Gate
from localrouter.services.secrets.store import SecretStore
from localrouter.services.upstream.client import Upstream
from localrouter.shell_command import INSTALLED
from localrouter.surfaces.admin_api.events import EVENTS_PATH, Events
from localrouter.surfaces.admin_api.owner_socket import OwnerDoor, owner_uid
from localrouter.surfaces.admin_api.prometheus import METRICS_PATH, Prometheus
from localrouter.surfaces.admin_api.routes import RPC_PATH, admin_routes
from localrouter.surfaces.admin_api.sessions import way_in_routes
from localrouter.surfaces.http.listener import listen
from localrouter.surfaces.http.routes import HttpHandlers, build_http
from localrouter.surfaces.model_api.client_access import ClientAccess
from localrouter.surfaces.model_api.kept_answers import KeptAnswerRequests
from localrouter.surfaces.model_api.model_lists import ModelLists
from localrouter.surfaces.model_api.requests import ModelRequests
from localrouter.surfaces.pages.files import Pages, read_pages

LOG = logging.getLogger(__name__)

PRESET_NAMES = frozenset(PRESETS)


@dataclass(frozen=True, slots=True)
class ProgramState:
    """The services of one home, built but not started."""

    home: Home
    clocks: Clocks
    bus: EventBus
    store: ConfigStore
    access: AdminAccess
    opening: OpeningFiles
    secrets: SecretStore
    gate: Gate
    metrics: MetricsStore
    ledger: Ledger
    health: Health
    redaction: Redaction
    upstream: Upstream
    targets: Targets
    catalog: ModelCatalog
    listing: ModelListing
    logs: LogFiles
    counters: Counters
    memory: Memory
    answers: KeptAnswers
    followed: Followed


def build_state(home: Home, clocks: Clocks = SYSTEM) -> ProgramState:
    """The services of a home whose lock this process holds."""
    home.prepare()
    bus = EventBus()
    secrets = SecretStore.open(home.root, os.environ)
    gate = open_gate(home.root, secrets, OWN_VARIABLES, provider_address)
    store = ConfigStore.open(home.root, presets=PRESET_NAMES, publish=bus.publish, clock=lambda: datetime.now(UTC))
    upstream = Upstream()
    redaction = Redaction()
    targets = Targets(PRESETS, redaction.watching(secrets.resolve), gate)
    listing = ModelListing(PRESETS, DIALECTS.providers, targets, upstream, redaction)
    catalog = ModelCatalog(home.models, packaged_table(), listing.fetch_in_background, clocks.wall, bus.publish)
    state = ProgramState(
        home=home,
        clocks=clocks,
        bus=bus,
        store=store,
        access=AdminAccess(
            redaction.noted(home.ensure_admin_token()),
            renew=lambda: redaction.noted(home.renew_admin_token()),
            publish=bus.publish,
            steady=clocks.steady,
            wall=clocks.wall,
            random_bytes=os.urandom,
        ),
        opening=OpeningFiles(home.root),
        secrets=secrets,
        gate=gate,
        metrics=MetricsStore(home.metrics, publish=bus.publish, wall=clocks.wall),
        ledger=Ledger(clocks.steady, clocks.wall, Journal(home.ledger, boot_id())),
        health=Health(clocks.steady, bus.publish),
        redaction=redaction,
        upstream=upstream,
        targets=targets,
        catalog=catalog,
        listing=listing,
        logs=LogFiles(home.logs, redaction.clean),
        counters=Counters(),
        memory=Memory(lambda: store.config.server.memory_mb),
        answers=KeptAnswers(),
        followed=Followed(),
    )
    catalog.load()
    state.opening.clear()
    bus.listen(lambda event: _follow(state, event))
    return state


def build_gateway(state: ProgramState, dialects: Dialects = DIALECTS) -> Gateway:
    def info(provider: Provider, model: str) -> ModelInfo:
        override = state.store.snapshot.pricing_override(provider.name, model)
        return state.catalog.info(provider, model, override)

    def record(sample: Sample) -> None:
        state.metrics.record(sample)
        state.counters.add(sample)
        state.logs.access(sample)
        state.bus.publish(RequestFinished(sample.request_id))

    clocks = state.clocks
    labels = ModelLabels(lambda: state.store.snapshot, state.catalog.has_list, state.catalog.known_as)
    context = GatewayContext(
        ledger=state.ledger,
        health=state.health,
        record=record,
        clock=clocks.steady,
        wall=clocks.wall,
        redacted=state.redaction.of,
        labels=labels,
        clean=state.redaction.clean_name,
        turn=state.upstream.turn,
    )
    return Gateway(
        snapshot=lambda: state.store.snapshot,
        sources=Sources(
            presets=PRESETS,
            info=info,
            lists=state.catalog.lists,
            shell_command=state.home.shell_command,
            max_usage=dialects.max_usage,
            made_by=state.answers.provider_of,
        ),
        dialects=dialects,
        targets=state.targets,
        upstream=state.upstream,
        context=context,
        jitter=lambda: random.uniform(*JITTER),  # noqa: S311 - spreads retries, guards nothing
        kept=Kept(state.answers, state.followed, state.upstream),
    )


def _command_for_clients(state: ProgramState, host: str, words: str) -> str:
    """A command as clients are told it. If other computers may be among them, it names no folder."""
    is_here_alone = ip_address(host).is_loopback and not state.store.config.server.allowed_hosts
    return state.home.shell_command(words) if is_here_alone else f"{INSTALLED} {words}"


@dataclass(frozen=True, slots=True)
class Apps:
    """What is served to everybody who passes its guard, and what to the owner on the socket in the home."""

    public: ASGIApp
    owner: ASGIApp


def build_apps(state: ProgramState, address: Address, wishes: Wishes) -> Apps:
    gateway = build_gateway(state)
    for_clients = replace(
        gateway, sources=replace(gateway.sources, shell_command=partial(_command_for_clients, state, address[0]))
    )
    services = replace(
        build_services(
            state,
            serving=Serving(reachable_at(*address), os.getpid(), state.clocks.wall(), *address),
            probe=state.listing.fetch,
            explain=lambda strategy, request: explain_route(gateway, strategy, request),
        ),
        in_flight=RequestsInFlight(gateway.context),
        show_window=wishes.show_window,
        restart=wishes.restart.set,
        stop=wishes.stop.set,
    )
    access = ClientAccess(lambda: state.store.snapshot, state.access.admits)
    registry = all_commands()
    prometheus = Prometheus(state.counters, state.ledger, state.health, lambda: state.store.snapshot)
    commands = admin_routes(registry, services)
    parts = HttpHandlers(
        requests=ModelRequests(for_clients, access, state.memory),
        kept=KeptAnswerRequests(
            access,
            Asking(PRESETS, gateway.dialects, gateway.targets, gateway.kept, gateway.context),
        ),
        lists=ModelLists(access, state.catalog.listed, gateway.sources, gateway.targets.router_id),
        admin={
            **commands,
            **way_in_routes(state.access),
            EVENTS_PATH: ("GET", Events(state.bus, state.access.admits)),
            METRICS_PATH: ("GET", prometheus),
        },
        pages=Pages(read_pages(open_command=open_command(state.home, address[0]))),
        commands=[(each.name, each.summary) for each in registry],
    )
    public = build_http(parts, server_config=lambda: state.store.config.server, admits=state.access.admits)
    return Apps(public, OwnerDoor(commands[RPC_PATH][1], owner_uid()))


def build_services(
    state: ProgramState, serving: Serving | None = None, probe: Probe | None = None, explain: Explain | None = None
) -> Services:
    """What commands may use: everything if the instance serves, else what a home alone allows."""
    return Services(
        serving=serving,
        probe=probe,
        explain=explain,
        try_address=lambda host, port: listen(host, port).close(),
        store=state.store,
        access=state.access,
        token_file=f"{state.home.shown}/{state.home.admin_token.name}",
        opening=state.opening,
        secrets=state.secrets,
        gate=state.gate,
        metrics=state.metrics,
        ledger=state.ledger,
        health=state.health,
        catalog=state.catalog,
        presets=PRESETS,
        home=state.home,
        clock=state.clocks.steady,
        wall=state.clocks.wall,
        random_bytes=os.urandom,
    )


@contextlib.contextmanager
def offline_services(home: Home) -> Iterator[Services]:
    """The services of a home that no instance serves, for a command that needs none. The caller holds the home's
    lock."""
    state = build_state(home)
    state.metrics.start()
    try:
        restore_usage(state.metrics, state.ledger)
        yield build_services(state)
    finally:
        close_records(state)


def close_records(state: ProgramState) -> None:
    """Write what is left. The journal need not repeat at the next start what is then recorded."""
    recorded = state.metrics.close(is_told_whole=not state.ledger.tells_more_than_records)
    state.ledger.close(recorded)


def _follow(state: ProgramState, event: Event) -> None:
    """Applies a commit to the services that depend on the configuration."""
    if not isinstance(event, ConfigChanged):
        return
    config = state.store.config
    if "providers" in event.changed:
        _forget_edited(state)
        state.catalog.follow(config.providers)
    if "strategies" in event.changed:
        state.ledger.wake_waiters()
    if "logging" in event.changed:
        state.logs.follow(config.logging)
    if "metrics" in event.changed:
        set_retention(state)


def _forget_edited(state: ProgramState) -> None:
    """Forgets the health of providers that were edited, by a command or by hand."""
    now = state.store.config.providers
    for provider in state.catalog.providers:
        if provider not in now:
            state.health.forget_provider(provider.name)


def set_retention(state: ProgramState) -> None:
    metrics = state.store.config.metrics
    state.metrics.set_retention(days=metrics.retention_days, max_mb=metrics.max_mb)
