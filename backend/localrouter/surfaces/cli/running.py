"""Finds the instance that serves a home, for the command line, scripts and windows."""

from __future__ import annotations

from functools import partial

from localrouter.services.instance.home import Home
from localrouter.services.instance.lock import running
from localrouter.surfaces.cli.remote import Remote
from localrouter.surfaces.http.unix_socket import HAS_UNIX_SOCKETS, connect_unix


def running_remote(home: Home) -> Remote | None:
    """The instance that runs with a home; None if none does.

    It is called on its socket if it has one, since another program may answer at its port.
    """
    owner = running(home.root)
    if owner is None:
        return None
    if owner.socket is not None and HAS_UNIX_SOCKETS:
        return Remote(owner.url, dial=partial(connect_unix, owner.socket))
    return Remote(owner.url, home.read_admin_token)
