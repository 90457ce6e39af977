"""The command line's grammar: every verb with its options and help text."""

from __future__ import annotations

import argparse
from pathlib import Path

from localrouter import __version__
from localrouter.dialects.registry import DIALECTS
from localrouter.domain.programs import programs_for
from localrouter.shell_command import program

_DESCRIPTION = """\
One address for all language models on this computer.

Without a verb, LocalRouter starts and shows its window, or the window of the instance that is already running. If no
window can be shown, one line says so and it serves without one.
"""
_EXIT_CODES = "exit codes: 0 done, 1 refused, 2 wrong usage, 3 LocalRouter is already running"
_HOME = "the folder that holds everything (default: $LOCALROUTER_HOME, else ~/.localrouter)"
_CALL = """\
Run a command in the instance that runs with this home, or else directly on the home.
Only the result is written to standard output, as JSON.

  PROGRAM call --list                               all commands
  PROGRAM call --list update_strategy               one command and its parameters
  PROGRAM call create_client name="My app"
  PROGRAM call update_strategy strategy_id=default 'rate_limits=[{"limit_type": "cost", "value": 2, "time_window": "day"}]'
  PROGRAM call set_provider_key - < key.json        the parameters from standard input

A value that is valid JSON is read as JSON, anything else as a string; a string parameter always stays a string.
"""  # noqa: E501 - an example must be one line to be copied
_CHECK = """\
Read the configuration of a home and list what is wrong with it, each finding with its path in the document.
Nothing is changed, and an instance may be running.
"""
_STATUS = """\
Show on one screen whether LocalRouter is up, which providers answer, what is cooling, which limits are nearly used up,
and what to do about it. The exit code is 1 if nothing is running.
"""
_STOP = """\
Stop the instance that runs with this home, close its window if it has one, and wait until it has ended. Running
requests get up to 10 seconds to finish. If nothing is running, there is nothing to do and the exit code is 0.
"""
_LAUNCH = """\
Start a program that uses the running router; if no router is running, start one first. Only environment variables and
flags are set: the program's own configuration is not touched. The program gets its own client. The router keeps running
after the program has ended.

  PROGRAM launch claude
  PROGRAM launch --model ollama/qwen3 opencode run "Explain this folder"
  PROGRAM launch -- python my_agent.py              any other program
"""
_AUTOSTART = """\
Start LocalRouter by itself when you log in: `on` writes a systemd user service, enables it, and starts it unless
LocalRouter is running already; `off` removes it and leaves a running LocalRouter alone; `status` shows what is set up.
"""


def build_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog=program(),
        description=_DESCRIPTION,
        epilog=_EXIT_CODES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"LocalRouter {__version__}")
    _add_address(parser, default=None)
    verbs = parser.add_subparsers(dest="verb", metavar="VERB", title="verbs")
    _add_address(
        _verb(verbs, "serve", "serve without a window", "Serve until Ctrl+C, `stop` or SIGTERM, without a window.")
    )
    _add_demo(verbs)
    _add_call(verbs)
    _add_home(_verb(verbs, "check", "look for problems in a configuration", _CHECK))
    _add_home(_verb(verbs, "status", "the router's state, on one screen", _STATUS))
    _add_home(_verb(verbs, "stop", "stop the running instance", _STOP))
    _add_open(verbs)
    _add_launch(verbs)
    autostart = _verb(verbs, "autostart", "start by itself at login (systemd)", _AUTOSTART)
    autostart.add_argument("wish", choices=("on", "off", "status"), metavar="on|off|status")
    _add_home(autostart)
    return parser


_Verbs = argparse._SubParsersAction


def _verb(verbs: _Verbs[argparse.ArgumentParser], name: str, summary: str, text: str) -> argparse.ArgumentParser:
    return verbs.add_parser(
        name,
        help=summary,
        description=text,
        epilog=_EXIT_CODES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )


def _add_demo(verbs: _Verbs[argparse.ArgumentParser]) -> None:
    text = (
        "See LocalRouter at work within a minute: simulated providers and slow traffic in a home that is thrown away."
    )
    parser = _verb(verbs, "demo", "see it at work within a minute, with simulated providers", text)
    parser.add_argument("--headless", action="store_true", help="without a window")
    parser.add_argument("--port", type=port_number, help="the port (default: 3625, or the next free one)")


def _add_open(verbs: _Verbs[argparse.ArgumentParser]) -> None:
    text = "Open the running instance's pages in the browser, or print an address that signs one browser in."
    parser = _verb(verbs, "open", "open the pages in the browser", text)
    parser.add_argument(
        "--print", action="store_true", help="print an address that works in any browser, once, within 15 minutes"
    )
    _add_home(parser)


def _add_launch(verbs: _Verbs[argparse.ArgumentParser]) -> None:
    names = ", ".join(f"{each.name} ({each.title})" for each in programs_for(DIALECTS.clients))
    parser = _verb(verbs, "launch", "start a program on the running router", _LAUNCH.replace("PROGRAM", program()))
    parser.add_argument(
        "--model",
        help="the model that it requests (default: localrouter/auto, or else one that is known)",
    )
    parser.add_argument("--new-key", action="store_true", help="give its client a new key")
    _add_home(parser)
    parser.add_argument(
        "words", nargs=argparse.REMAINDER, metavar="NAME|-- COMMAND", help=f"{names}; or any command after --"
    )


def _add_call(verbs: _Verbs[argparse.ArgumentParser]) -> None:
    parser = _verb(verbs, "call", "run one of the commands that the pages use", _CALL.replace("PROGRAM", program()))
    parser.add_argument("--list", action="store_true", help="list the commands, or describe one, instead of running it")
    parser.add_argument("method", nargs="?", metavar="METHOD", help="the command's name")
    parser.add_argument(
        "params",
        nargs="*",
        metavar="name=value|JSON|-",
        help="parameters by name (name=@FILE: from a file), one JSON object, or - for one from stdin",
    )
    _add_home(parser)


def _add_address(parser: argparse.ArgumentParser, default: object = argparse.SUPPRESS) -> None:
    host = "the address to listen on (default: the configured one, initially 127.0.0.1)"
    port = "the port to listen on (default: the configured one, initially 3625)"
    parser.add_argument("--host", default=default, help=host)
    parser.add_argument("--port", type=port_number, default=default, help=port)
    _add_home(parser, default)


def _add_home(parser: argparse.ArgumentParser, default: object = argparse.SUPPRESS) -> None:
    """Adds `--home`. With the default, an absent option after the verb keeps the value given before the verb."""
    parser.add_argument("--home", type=Path, metavar="FOLDER", default=default, help=_HOME)


def port_number(text: str) -> int:
    port = int(text)
    if not 0 <= port <= 65_535:
        raise argparse.ArgumentTypeError(f"{port} is not a port: ports go from 0 (any free one) to 65535")
    return port
