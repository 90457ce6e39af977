"""A home that an instance serves, for tests of what other processes do with it: its commands behind a real server."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.routing import Route

from localrouter.commands.registration.services import Serving
from localrouter.services.instance.home import SOCKET_NAME, Home
from localrouter.services.instance.lock import Instance
from localrouter.surfaces.admin_api.owner_socket import OwnerDoor, OwnerProtocol, owner_uid
from localrouter.surfaces.admin_api.routes import admin_routes
from localrouter.surfaces.admin_api.sessions import way_in_routes
from localrouter.surfaces.http.guard import Guard
from localrouter.surfaces.http.listener import listen
from localrouter.surfaces.http.server import HttpServer
from localrouter.surfaces.http.unix_socket import HAS_UNIX_SOCKETS, listen_unix
from tests.commands.world import NOW, REGISTRY, World


@contextmanager
def running_home(root: Path, *, socket: bool = True, **parts: Any) -> Iterator[World]:
    """The world of a home that is served from here, under its lock, until the end of the block. `parts` are services
    that it has besides.

    `socket`: also on the socket in the home, where this system has such.
    """
    world = World(root)
    up = threading.Event()
    end: list[Callable[[], object]] = []

    async def serve() -> None:
        sock = listen("127.0.0.1", 0)
        url = f"http://127.0.0.1:{sock.getsockname()[1]}"
        world.services = replace(world.services, serving=Serving(url, 42, NOW), **parts)
        routes = [
            Route(path, handler, methods=[method])
            for path, (method, handler) in (
                {**admin_routes(REGISTRY, world.services), **way_in_routes(world.services.access)}
            ).items()
        ]
        app = Guard(
            Starlette(routes=routes), server_config=lambda: world.config.server, admits=world.services.access.admits
        )
        server = HttpServer()
        await server.start(app, sock)
        if socket and HAS_UNIX_SOCKETS:
            door = OwnerDoor(admin_routes(REGISTRY, world.services)["/rpc"][1], owner_uid())
            await server.start_for_owner(door, listen_unix(Home(root).admin_socket), OwnerProtocol)
        instance.announce(url, SOCKET_NAME if socket and HAS_UNIX_SOCKETS else None)
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        end.append(lambda: loop.call_soon_threadsafe(stop.set))
        up.set()
        await stop.wait()
        await server.stop(0)

    with Instance.acquire(root) as instance:
        thread = threading.Thread(target=lambda: asyncio.run(serve()))
        thread.start()
        try:
            assert up.wait(10), "the server did not start"
            yield world
        finally:
            end[0]()
            thread.join()
