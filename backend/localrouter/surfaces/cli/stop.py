"""The verb `stop`: asks the running instance to end and waits until its home is free again."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable

from localrouter.domain.configuration.names import counted
from localrouter.domain.errors import Unavailable
from localrouter.services.instance.home import Home
from localrouter.services.instance.lock import STARTS_WITHIN, RunningInstance, is_owned, running
from localrouter.surfaces.cli.remote import NotRunning
from localrouter.surfaces.cli.running import running_remote

ENDS_WITHIN = 30.0  # seconds; running requests get ten of them
LOOK_EVERY = 0.05


def stop(home: Home, say: Callable[[str], None]) -> None:
    """End the instance that runs with a home, and return once it has ended. Does nothing if none runs."""
    owner = _owner(home)
    if owner is None:
        say(f"LocalRouter is not running with the home {home.shown}: there is nothing to stop.")
        return
    remote = running_remote(home)
    if remote is not None:
        with contextlib.suppress(NotRunning):  # it is already ending
            asked = remote.call("stop_server", {}, timeout=ENDS_WITHIN)
            if asked["running_requests"]:
                still = counted(asked["running_requests"], "request")
                say(f"Stopping LocalRouter at {owner.url}: {still} may finish first, for up to 10 s.")
    if not _until(lambda: not is_owned(home.root), ENDS_WITHIN):
        raise Unavailable(
            f"LocalRouter at {owner.url} was asked to end and still runs after {ENDS_WITHIN:g} s. "
            f"Its log in {home.logs} may say why. To end it at once: kill -9 {owner.pid}"
        )
    say(f"LocalRouter at {owner.url} (process {owner.pid}) has stopped.")


def _owner(home: Home) -> RunningInstance | None:
    """The instance that runs with a home. Waits for one that is still starting, until it can be called."""
    _until(lambda: running(home.root) is not None or not is_owned(home.root), STARTS_WITHIN)
    owner = running(home.root)
    if owner is None and is_owned(home.root):
        raise Unavailable(f"Another LocalRouter process is using {home.shown} without serving it. Wait for it to end.")
    return owner


def _until(holds: Callable[[], bool], seconds: float) -> bool:
    end = time.monotonic() + seconds
    while not holds():
        if time.monotonic() >= end:
            return False
        time.sleep(LOOK_EVERY)
    return True
