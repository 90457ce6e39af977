"""The command line's grammar: every verb with its options and its help."""

from __future__ import annotations

import argparse
from pathlib import Path

from localrouter import __version__
from localrouter.dialects.registry import DIALECTS
from localrouter.domain.programs import programs_for
from localrouter.shell_command import program

_DESCRIPTION = """\
One OpenAI-compatible address for all language models of this computer.

Without a verb, LocalRouter starts and shows its window, or the window of the instance that runs already. Where no
window can be shown, one line says so and it serves without.
"""
_EXIT_CODES = "exit codes: 0 done, 1 refused, 2 wrong usage, 3 LocalRouter runs already"
_HOME = "the folder that holds everything (default: $LOCALROUTER_HOME, else ~/.localrouter)"
_CALL = """\
Run a command: of the instance that runs with this home, else directly on the home.
The result is written as JSON, and nothing else, to standard output.

  PROGRAM call --list                               all commands
  PROGRAM call --list update_strategy               one command and its parameters
  PROGRAM call create_client name="My app"
  PROGRAM call update_strategy strategy_id=default 'rate_limits=[{"limit_type": "cost", "value": 2, "time_window": "day"}]'
  PROGRAM call set_provider_key - < key.json        the parameters from standard input

A value is read as JSON where it is JSON, else as text; a parameter that is a text stays one.
"""  # noqa: E501 - an example must be one line to be copied
_CHECK = """\
Read the configuration of a home and say what is wrong with it, each finding with its place in the document.
Nothing is changed, and an instance may be running.
"""
_STATUS = """\
One screen: is LocalRouter up, which providers answer, what is cooling, which limits are near, and what to do.
The exit code is 1 where nothing runs.
"""
_STOP = """\
End the instance that runs with this home, and its window where it has one, and wait until it has ended. Running
requests may finish first, for up to ten seconds. Where nothing runs there is nothing to do, and the exit code is 0.
"""
_LAUNCH = """\
Start a program on the running router, and the router where none runs, by environment variables and flags alone: no
configuration of the program is touched. It gets a client of its own. The router goes on when the program has ended.

  PROGRAM launch claude
  PROGRAM launch --model ollama/qwen3 opencode run "Explain this folder"
  PROGRAM launch -- python my_agent.py              any other program
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
    _add_home(_verb(verbs, "check", "say what is wrong with a configuration", _CHECK))
    _add_home(_verb(verbs, "status", "how it does, on one screen", _STATUS))
    _add_home(_verb(verbs, "stop", "end the running instance", _STOP))
    _add_open(verbs)
    _add_launch(verbs)
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
    parser = _verb(verbs, "demo", "the product in one minute", text)
    parser.add_argument("--headless", action="store_true", help="without a window")
    parser.add_argument("--port", type=port_number, help="the port (default: 3625, or the next free one)")


def _add_open(verbs: _Verbs[argparse.ArgumentParser]) -> None:
    text = "Show the running instance's pages in the browser, or print an address that lets one browser in."
    parser = _verb(verbs, "open", "show the pages in the browser", text)
    parser.add_argument(
        "--print", action="store_true", help="print an address for any browser, good once and for 15 minutes"
    )
    _add_home(parser)


def _add_launch(verbs: _Verbs[argparse.ArgumentParser]) -> None:
    names = ", ".join(f"{each.name} ({each.title})" for each in programs_for(DIALECTS.clients))
    parser = _verb(verbs, "launch", "start a program on the running router", _LAUNCH.replace("PROGRAM", program()))
    parser.add_argument("--model", help="the model that it asks for (default: localrouter/auto, or another)")
    parser.add_argument("--new-key", action="store_true", help="give its client a new key")
    _add_home(parser)
    parser.add_argument(
        "words", nargs=argparse.REMAINDER, metavar="NAME|-- COMMAND", help=f"{names}; or any command after --"
    )


def _add_call(verbs: _Verbs[argparse.ArgumentParser]) -> None:
    parser = _verb(verbs, "call", "run a command", _CALL.replace("PROGRAM", program()))
    parser.add_argument("--list", action="store_true", help="list the commands, or tell of one, instead of running it")
    parser.add_argument("method", nargs="?", metavar="METHOD", help="the command's name")
    parser.add_argument(
        "params",
        nargs="*",
        metavar="name=value|JSON|-",
        help="parameters by name (name=@FILE: from a file), one JSON object, or - for one from stdin",
    )
    _add_home(parser)


def _add_address(parser: argparse.ArgumentParser, default: object = argparse.SUPPRESS) -> None:
    host = "the address to listen at (default: the configured one, 127.0.0.1 at first)"
    port = "the port to listen at (default: the configured one, 3625 at first)"
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
