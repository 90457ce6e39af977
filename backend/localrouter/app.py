"""Builds the program and runs it: the only module that knows every ring, and in which order things start and stop."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import uvloop
from starlette.types import ASGIApp

from localrouter.chores import keep_journal_short, restore_usage, run_until, watch_file, watch_sleep
from localrouter.commands import all_commands
from localrouter.commands.services import Explain, Probe, Services, Serving
from localrouter.dialects.contract import Dialect
from localrouter.dialects.openai import OpenAIDialect
from localrouter.dialects.presets import OWN_VARIABLES, PRESETS, provider_address
from localrouter.domain.catalog import ModelFacts
from localrouter.domain.config import Provider, Server
from localrouter.domain.events import ConfigChanged, Event, RequestFinished
from localrouter.domain.failures import JITTER
from localrouter.domain.metrics import Sample
from localrouter.domain.server_address import pages_address
from localrouter.domain.unpriced import unpriced_problems
from localrouter.ending import GRACE, Ending, Wishes, ending_signals
from localrouter.gateway.explain import explain as explain_route
from localrouter.gateway.lists import ModelListing
from localrouter.gateway.loop import Gateway
from localrouter.gateway.ongoing import Ongoing
from localrouter.gateway.plan import Sources
from localrouter.gateway.run import Recorder
from localrouter.gateway.targets import Targets
from localrouter.listening import (
    Place,
    Sockets,
    address_after,
    address_of,
    first_sockets,
    is_covered,
    open_command,
    url_of,
)
from localrouter.services.admin_access import AdminAccess
from localrouter.services.clock import SYSTEM, Clocks, boot_id
from localrouter.services.config_store import ConfigStore
from localrouter.services.counters import Counters
from localrouter.services.event_bus import EventBus
from localrouter.services.health import Health
from localrouter.services.home import Home
from localrouter.services.instance import Instance
from localrouter.services.ledger import Ledger
from localrouter.services.ledger_journal import Journal
from localrouter.services.log_files import LogFiles
from localrouter.services.metrics_store import MetricsStore
from localrouter.services.model_catalog import ModelCatalog, packaged_table
from localrouter.services.opening_files import OpeningFiles
from localrouter.services.redaction import Redaction
from localrouter.services.secret_store import SecretStore
from localrouter.services.secret_store_beginning import open_gate
from localrouter.services.secret_store_gate import Gate
from localrouter.services.upstream import Upstream
from localrouter.surfaces.admin_routes import RPC_PATH, admin_routes
from localrouter.surfaces.client_access import ClientAccess
from localrouter.surfaces.events import EVENTS_PATH, Events
from localrouter.surfaces.http import Parts, build_http
from localrouter.surfaces.listener import listen
from localrouter.surfaces.model_lists import ModelLists
from localrouter.surfaces.newer_home import refuse_newer
from localrouter.surfaces.openai_routes import ModelRequests
from localrouter.surfaces.owner_door import OwnerDoor, OwnerProtocol, owner_uid
from localrouter.surfaces.pages import Pages, read_pages
from localrouter.surfaces.prometheus import METRICS_PATH, Prometheus
from localrouter.surfaces.server import HttpServer
from localrouter.surfaces.unix_socket import remove_unix
from localrouter.surfaces.way_in import way_in_routes

LOG = logging.getLogger(__name__)

DIALECTS: dict[str, Dialect] = {"openai": OpenAIDialect()}
PRESET_NAMES = frozenset(PRESETS)
Ready = Callable[[str, str], None]
"""Called with the address, and with that of the pages, which has a code that lets one browser in."""


@dataclass(frozen=True, slots=True)
class State:
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


def build_state(home: Home, clocks: Clocks = SYSTEM) -> State:
    """The services of a home whose lock this process holds."""
    home.prepare()
    bus = EventBus()
    secrets = SecretStore.open(home.root, os.environ)
    gate = open_gate(home.root, secrets, OWN_VARIABLES, provider_address)
    store = ConfigStore.open(home.root, presets=PRESET_NAMES, publish=bus.publish, clock=lambda: datetime.now(UTC))
    upstream = Upstream()
    redaction = Redaction()
    targets = Targets(PRESETS, redaction.watching(secrets.resolve), gate)
    listing = ModelListing(PRESETS, DIALECTS, targets, upstream, redaction)
    catalog = ModelCatalog(home.models, packaged_table(), listing.fetch, clocks.wall, bus.publish)
    state = State(
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
    )
    catalog.load()
    state.opening.clear()
    bus.listen(lambda event: _follow(state, event))
    return state


def build_gateway(state: State) -> Gateway:
    def facts(provider: Provider, model: str) -> ModelFacts:
        override = state.store.snapshot.pricing_override(provider.name, model)
        return state.catalog.facts(provider, model, override)

    def record(sample: Sample) -> None:
        state.metrics.record(sample)
        state.counters.add(sample)
        state.logs.access(sample)
        state.bus.publish(RequestFinished(sample.request_id))

    clocks = state.clocks
    recorder = Recorder(state.ledger, state.health, record, clocks.steady, clocks.wall, state.redaction.of)
    return Gateway(
        snapshot=lambda: state.store.snapshot,
        sources=Sources(PRESETS, facts, state.catalog.lists, state.home.shell_command),
        dialects=DIALECTS,
        targets=state.targets,
        upstream=state.upstream,
        recorder=recorder,
        jitter=lambda: random.uniform(*JITTER),  # noqa: S311 - spreads retries, guards nothing
    )


@dataclass(frozen=True, slots=True)
class Apps:
    """What is served to everybody who gets past its guard, and what to the owner on the socket in the home."""

    public: ASGIApp
    owner: ASGIApp


def build_apps(state: State, url: str, wishes: Wishes) -> Apps:
    gateway = build_gateway(state)
    services = replace(
        build_services(
            state,
            serving=Serving(url, os.getpid(), state.clocks.wall()),
            probe=state.listing.fetch,
            explain=lambda strategy, request: explain_route(gateway, strategy, request),
        ),
        ongoing=Ongoing(gateway.recorder),
        show_window=wishes.show_window,
        restart=wishes.restart.set,
        stop=wishes.stop.set,
    )
    access = ClientAccess(lambda: state.store.snapshot, state.access.admits)
    registry = all_commands()
    prometheus = Prometheus(state.counters, state.ledger, state.health, lambda: state.store.snapshot)
    commands = admin_routes(registry, services)
    parts = Parts(
        requests=ModelRequests(gateway, access),
        lists=ModelLists(access, state.catalog.listed, gateway.sources),
        admin={
            **commands,
            **way_in_routes(state.access),
            EVENTS_PATH: ("GET", Events(state.bus, state.access.admits)),
            METRICS_PATH: ("GET", prometheus),
        },
        pages=Pages(read_pages(open_command=open_command(state.home, url))),
        commands=[(each.name, each.summary) for each in registry],
    )
    public = build_http(parts, server_config=lambda: state.store.config.server, admits=state.access.admits)
    return Apps(public, OwnerDoor(commands[RPC_PATH][1], owner_uid()))


def build_services(
    state: State, serving: Serving | None = None, probe: Probe | None = None, explain: Explain | None = None
) -> Services:
    """What commands may use: all of it where the instance serves, what a home alone can do otherwise."""
    return Services(
        serving=serving,
        probe=probe,
        explain=explain,
        try_address=lambda host, port: listen(host, port).close(),
        store=state.store,
        access=state.access,
        token_file=str(state.home.admin_token),
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
    """The services of a home that no instance serves, for a command that needs none; the caller holds its lock."""
    state = build_state(home)
    state.metrics.start()
    try:
        restore_usage(state.metrics, state.ledger)
        yield build_services(state)
    finally:
        _close_records(state)


def serve(home: Home, place: Place, *, ready: Ready) -> None:
    """Serve a home without a window until it is told to end. `ready` is called once it serves."""
    refuse_newer(home)
    with Instance.acquire(home.root) as instance, asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_until_signalled(build_state(home), instance, place, ready))


async def _until_signalled(state: State, instance: Instance, place: Place, ready: Ready) -> None:
    stop, loop = Ending(), asyncio.get_running_loop()
    for number in ending_signals():
        loop.add_signal_handler(number, stop.on_signal, number)
    await run(state, instance, place, ready=ready, stop=stop)


async def run(
    state: State,
    instance: Instance,
    place: Place,
    *,
    ready: Ready,
    stop: Ending,
    show_window: Callable[[], None] | None = None,
) -> None:
    """Start everything, serve until `stop` is set, and end in the opposite order with nothing lost.

    `show_window` brings this process's window to the front, where it has one.
    """
    state.logs.open(state.store.config.logging)
    _set_retention(state)
    state.metrics.start()
    try:
        restore_usage(state.metrics, state.ledger)
        sockets: Sockets | None = first_sockets(state.store, place, state.home.admin_socket)
        await _start(state)
        try:
            while sockets is not None:
                sockets = await _serve_on(state, instance, sockets, Wishes(stop, show_window), ready)
                ready = _told_already
        finally:
            await state.upstream.close()
    finally:
        state.opening.clear()
        remove_unix(state.home.admin_socket)
        _close_records(state)
        state.logs.close()


def _close_records(state: State) -> None:
    """Write what is left; what is then recorded, the journal need not tell the next start."""
    recorded = state.metrics.close(is_told_whole=not state.ledger.tells_more_than_records)
    state.ledger.close(recorded)


async def _serve_on(state: State, instance: Instance, sockets: Sockets, wishes: Wishes, ready: Ready) -> Sockets | None:
    """Serve until a wish is to be granted. The sockets to go on with after a restart; None when it was to stop."""
    server, url = HttpServer(), url_of(sockets.public)
    before, kept = state.store.config.server, sockets.again()
    try:
        apps = build_apps(state, url, wishes)
        await server.start(apps.public, sockets.public)
        if sockets.owner is not None:
            await server.start_for_owner(apps.owner, sockets.owner, OwnerProtocol)
        instance.announce(url, None if sockets.owner is None else state.home.admin_socket.name)
        ready(url, pages_address(url, state.access.new_code()))
        await _until_asked(state, wishes)
        if wishes.stop.is_set():
            kept.close()
        server.stop_accepting()
        wishes.stop.tell(server.running - state.bus.let_go())
        await server.stop(GRACE, wishes.stop.at_once)
    except BaseException:
        kept.close()
        raise
    if wishes.stop.is_set():  # if only by now
        kept.close()
        return None
    return _moved(state, kept, before)


def _moved(state: State, kept: Sockets, before: Server) -> Sockets:
    """The sockets after a restart. Sessions end where the pages that hold them may meet somebody else from now on."""
    to = address_after(state.store.config.server, before, kept.public)
    if not is_covered(address_of(kept.public), to):
        state.access.end_sessions()
    return kept.moved(to)


def _told_already(_url: str, _pages: str) -> None:
    """After a restart nobody is told again: `instance.json` says where."""


async def _start(state: State) -> None:
    await state.upstream.start()
    for said in unpriced_problems(state.store.config, state.catalog.prices(state.store.snapshot)):
        LOG.warning("%s", said)
    state.catalog.follow(state.store.config.providers)


async def _until_asked(state: State, wishes: Wishes) -> None:
    """Keep the model lists fresh and look for hand edits, until the program is asked for something."""
    chores = (
        state.catalog.run(),
        state.secrets.tidy(),
        watch_file(state.store),
        watch_sleep(state.clocks.steady, state.health, state.upstream),
        keep_journal_short(state.ledger, state.metrics),
    )
    await run_until(chores, (wishes.stop, wishes.restart))


def _follow(state: State, event: Event) -> None:
    """What a commit changes for the services that live on the configuration."""
    if not isinstance(event, ConfigChanged):
        return
    config = state.store.config
    if "providers" in event.changed:
        _forget_edited(state)
        state.catalog.follow(config.providers)
    if "strategies" in event.changed:
        state.ledger.look_again()
    if "logging" in event.changed:
        state.logs.follow(config.logging)
    if "metrics" in event.changed:
        _set_retention(state)


def _forget_edited(state: State) -> None:
    """What is known of a provider's health no longer holds once it was edited, by a command or by hand."""
    now = state.store.config.providers
    for provider in state.catalog.providers:
        if provider not in now:
            state.health.forget_provider(provider.name)


def _set_retention(state: State) -> None:
    metrics = state.store.config.metrics
    state.metrics.set_retention(days=metrics.retention_days, max_mb=metrics.max_mb)
