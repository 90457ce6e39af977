"""The tray's icon in its own process, for the same reasons as the window: a desktop that goes away ends only that.

It ends when its standard input does, so that it never outlives the program. It says nothing, whatever is missing.
"""

from __future__ import annotations

import contextlib
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from localrouter.domain.configuration.server_address import reachable
from localrouter.services.instance.home import Home
from localrouter.services.instance.lock import running
from localrouter.surfaces.cli.remote import NotRunning, RpcError
from localrouter.surfaces.cli.running import running_remote
from localrouter.surfaces.desktop.tray import Tray, TrayActions, may_have_tray

WAIT_FOR_COMMAND = 5.0  # seconds
ENDS_WITHIN = 3.0
_RUN = """import sys
from pathlib import Path
from localrouter.program.tray_process import be_tray
be_tray(Path(sys.argv[1]))
"""


@contextlib.contextmanager
def tray(home: Home, command: tuple[str, ...] = (sys.executable, "-P", "-c", _RUN)) -> Iterator[None]:
    """Shows the icon during the block, where the system may have a tray."""
    if not may_have_tray():
        yield
        return
    process = subprocess.Popen(  # noqa: S603 - our own interpreter, our own words
        [*command, str(home.root)],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,  # Ctrl+C must reach only the program, which ends its icon
    )
    try:
        yield
    finally:
        if process.stdin is not None:
            process.stdin.close()
        try:
            process.wait(ENDS_WITHIN)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def be_tray(root: Path) -> None:
    """Runs the tray's own process: shows the icon until its input ends."""
    icon = Tray(actions(Home(root)))

    def obey() -> None:
        sys.stdin.read()
        icon.end()

    threading.Thread(target=obey, name="orders", daemon=True).start()
    icon.run()


def actions(home: Home) -> TrayActions:
    """What the icon's menu does with the instance that runs with a home."""

    def call(command: str) -> Any:
        remote = running_remote(home)
        if remote is None:
            return None
        try:
            return remote.call(command, {}, timeout=WAIT_FOR_COMMAND)
        except (NotRunning, RpcError):
            return None

    def address() -> str | None:
        owner = running(home.root)
        return None if owner is None else f"{reachable(owner.url)}/v1"

    return TrayActions(
        open=lambda: call("show_window"),
        address=address,
        strategies=lambda: call("list_strategies"),
        quit=lambda: call("stop_server"),
    )
