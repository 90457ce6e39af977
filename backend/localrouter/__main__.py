"""The program's entry point: gives the command line the parts that it starts, and handles every error that is left.

Nothing of the program is imported at the top, so that a missing package, or Ctrl+C during imports, is reported in one
line.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from localrouter.unexpected_errors import guarded

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from localrouter.commands.registration.services import Services
    from localrouter.services.instance.home import Home
    from localrouter.surfaces.cli.verbs import Ready


def main() -> int:
    return guarded(_main)


def _main() -> int:
    from localrouter.commands import all_commands  # noqa: PLC0415
    from localrouter.surfaces.cli.verbs import Verbs  # noqa: PLC0415
    from localrouter.surfaces.cli.verbs import main as run_command_line  # noqa: PLC0415

    verbs = Verbs(window=_window, serve=_serve, demo=_demo, offline=_offline, commands=all_commands)
    return run_command_line(sys.argv[1:], verbs)


# The whole program is imported only where it is started: `--help` and `status` need none of it.


def _window(home: Home, host: str | None, port: int | None, ready: Ready) -> None:
    from localrouter.program.listening import ListenAddress  # noqa: PLC0415
    from localrouter.program.with_window import run_window  # noqa: PLC0415

    run_window(home, ListenAddress(host, port), ready=ready)


def _serve(home: Home, host: str | None, port: int | None, ready: Ready) -> None:
    from localrouter.program.listening import ListenAddress  # noqa: PLC0415
    from localrouter.program.serving import serve  # noqa: PLC0415

    serve(home, ListenAddress(host, port), ready=ready)


def _demo(headless: bool, port: int | None) -> int:
    from localrouter.demo.demo import run  # noqa: PLC0415

    return run(port, headless=headless)


def _offline(home: Home) -> AbstractContextManager[Services]:
    from localrouter.app import offline_services  # noqa: PLC0415

    return offline_services(home)


if __name__ == "__main__":
    sys.exit(main())
