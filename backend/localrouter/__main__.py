"""The program's way in: gives the command line the parts that it starts."""

from __future__ import annotations

import os
import sys
from contextlib import AbstractContextManager

from localrouter.commands import all_commands
from localrouter.commands.services import Services
from localrouter.services.home import Home
from localrouter.surfaces.cli import Ready, Verbs
from localrouter.surfaces.cli import main as run_command_line


def main() -> int:
    verbs = Verbs(window=_window, serve=_serve, demo=_demo, offline=_offline, commands=all_commands)
    try:
        code = run_command_line(sys.argv[1:], verbs)
        sys.stdout.flush()
    except BrokenPipeError:  # whoever read the output has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    return code


# The program as a whole is imported where it is started: `--help` and `status` need nothing of it.


def _window(home: Home, host: str | None, port: int | None, ready: Ready) -> None:
    from localrouter.listening import Place  # noqa: PLC0415
    from localrouter.window import run_window  # noqa: PLC0415

    run_window(home, Place(host, port), ready=ready)


def _serve(home: Home, host: str | None, port: int | None, ready: Ready) -> None:
    from localrouter.app import serve  # noqa: PLC0415
    from localrouter.listening import Place  # noqa: PLC0415

    serve(home, Place(host, port), ready=ready)


def _demo(headless: bool, port: int | None) -> int:
    from localrouter.demo import run  # noqa: PLC0415

    return run(port, headless=headless)


def _offline(home: Home) -> AbstractContextManager[Services]:
    from localrouter.app import offline_services  # noqa: PLC0415

    return offline_services(home)


if __name__ == "__main__":
    sys.exit(main())
