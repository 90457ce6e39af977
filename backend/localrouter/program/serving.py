"""Runs the program: starts and stops its parts in order, keeps what a restart needs, and loses nothing at the end."""

from __future__ import annotations

import asyncio
import gc
import logging
from collections.abc import Callable
from functools import partial

import uvloop

from localrouter.app import ProgramState, build_apps, build_state, close_records, set_retention
from localrouter.background import (
    give_memory_back,
    keep_journal_short,
    restore_usage,
    run_until,
    stay_announced,
    tell_restored,
    watch_file,
    watch_sleep,
)
from localrouter.domain.configuration.config import Server
from localrouter.domain.configuration.server_address import pages_address, reachable_at
from localrouter.domain.configuration.validation.unpriced import unpriced_problems
from localrouter.program.ending import GRACE, StopRequest, Wishes, ending_signals
from localrouter.program.listening import ListenAddress, Sockets, address_after, address_of, first_sockets, is_covered
from localrouter.services.instance.home import Home
from localrouter.services.instance.lock import STARTS_WITHIN, Instance
from localrouter.surfaces.admin_api.owner_socket import OwnerProtocol
from localrouter.surfaces.cli.unusable_home import refuse_unusable
from localrouter.surfaces.http.server import HttpServer
from localrouter.surfaces.http.unix_socket import remove_unix
from localrouter.surfaces.model_api.request_body import taking

LOG = logging.getLogger(__name__)

Ready = Callable[[str, str], None]
"""Called with the address, and with that of the pages, which has a code that lets one browser in."""


def serve(home: Home, place: ListenAddress, *, ready: Ready) -> None:
    """Serve a home without a window until told to end. `ready` is called once it serves."""
    refuse_unusable(home)
    with (
        Instance.acquire(home.root, wait=STARTS_WITHIN) as instance,
        asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner,
    ):
        runner.run(_until_signalled(build_state(home), instance, place, ready))


async def _until_signalled(state: ProgramState, instance: Instance, place: ListenAddress, ready: Ready) -> None:
    stop, loop = StopRequest(), asyncio.get_running_loop()
    for number in ending_signals():
        loop.add_signal_handler(number, stop.on_signal, number)
    await run(state, instance, place, ready=ready, stop=stop)


async def run(
    state: ProgramState,
    instance: Instance,
    place: ListenAddress,
    *,
    ready: Ready,
    stop: StopRequest,
    show_window: Callable[[], None] | None = None,
) -> None:
    """Start everything, serve until `stop` is set, and stop in reverse order without losing anything.

    `show_window` brings this process's window to the front, if it has one.
    """
    state.logs.open(state.store.config.logging)
    set_retention(state)
    state.metrics.start()
    try:
        restore_usage(state.metrics, state.ledger)
        await tell_restored(state.metrics, state.ledger, state.store.config.strategies)
        sockets: Sockets | None = first_sockets(state.store, place, state.home.admin_socket)
        state.access.listens()
        await _start(state)
        _spare_collections()
        try:
            while sockets is not None:
                sockets = await _serve_on(state, instance, sockets, Wishes(stop, show_window), ready)
                ready = _told_already
        finally:
            await state.followed.stop()
            await state.upstream.close()
    finally:
        gc.unfreeze()
        state.opening.clear()
        remove_unix(state.home.admin_socket)
        close_records(state)
        state.logs.close()


def _spare_collections() -> None:
    """Exempt what stands by now from garbage collection: it stays until the end, and each full collection would walk
    all of it, during which nobody is served."""
    gc.collect()
    gc.freeze()


async def _serve_on(
    state: ProgramState, instance: Instance, sockets: Sockets, wishes: Wishes, ready: Ready
) -> Sockets | None:
    """Serve until asked to restart or stop. Returns the sockets to go on with after a restart; None to stop."""
    before, kept, address = state.store.config.server, sockets.again(), address_of(sockets.public)
    url = reachable_at(*address)
    server = HttpServer(taking(before.max_body_mb))
    try:
        apps = build_apps(state, address, wishes)
        await server.start(apps.public, sockets.public)
        if sockets.owner is not None:
            await server.start_for_owner(apps.owner, sockets.owner, OwnerProtocol)
        instance.announce(url, None if sockets.owner is None else state.home.admin_socket.name)
        ready(url, pages_address(url, state.access.new_code()))
        await _until_asked(state, instance, wishes)
        if wishes.stop.is_set():
            kept.close()
        server.stop_accepting()
        wishes.stop.tell(server.running - state.bus.let_go())
        await server.stop(GRACE, wishes.stop.at_once)
    except BaseException:
        kept.close()
        raise
    if wishes.stop.is_set():  # possibly set only now
        kept.close()
        return None
    return _moved(state, kept, before)


def _moved(state: ProgramState, kept: Sockets, before: Server) -> Sockets:
    """The sockets after a restart. Sessions and codes end if the pages that hold or show them might reach another
    program from now on."""
    here, to = address_of(kept.public), address_after(state.store.config.server, before, kept.public)
    if not is_covered(here, to):
        state.access.move(to[1])
    moved = kept.moved(to)
    if here != to:
        state.access.listens()
    return moved


def _told_already(_url: str, _pages: str) -> None:
    """Does nothing: after a restart the address is not printed again; it is in `instance.json`."""


async def _start(state: ProgramState) -> None:
    await state.upstream.start()
    for said in unpriced_problems(state.store.config, state.catalog.prices(state.store.snapshot)):
        LOG.warning("%s", said)
    state.catalog.follow(state.store.config.providers)


async def _until_asked(state: ProgramState, instance: Instance, wishes: Wishes) -> None:
    """Keep the model lists fresh and watch for hand edits, until the program is asked to do something."""
    tasks = (
        state.catalog.run,
        state.secrets.tidy,
        partial(watch_file, state.store),
        partial(stay_announced, instance),
        partial(watch_sleep, state.clocks.steady, state.health, state.upstream),
        partial(keep_journal_short, state.ledger, state.metrics),
        give_memory_back,
    )
    await run_until(tasks, (wishes.stop, wishes.restart))
