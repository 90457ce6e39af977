"""The command line's verbs: what each does, prints and exits with."""

from __future__ import annotations

import argparse
import json
import os
import sys
import webbrowser
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass
from datetime import datetime
from typing import TextIO
from urllib.parse import quote

import orjson

from localrouter.commands.registration.registry import Registry
from localrouter.commands.registration.services import Services
from localrouter.dialects.presets import PRESETS
from localrouter.domain.configuration.document import reading
from localrouter.domain.configuration.repair import heal
from localrouter.domain.configuration.snapshot import Snapshot
from localrouter.domain.configuration.validation.unpriced import unpriced_findings
from localrouter.domain.configuration.validation.validation import findings
from localrouter.domain.errors import Finding, Invalid, Refusal, Severity
from localrouter.domain.plain_text import printable_lines
from localrouter.private_files import in_words, read_file
from localrouter.services.clock import SYSTEM
from localrouter.services.instance.home import Home, locate
from localrouter.services.model_lists.lists import stored_prices
from localrouter.shell_command import program
from localrouter.surfaces.cli.arguments import build_parser
from localrouter.surfaces.cli.autostart import autostart
from localrouter.surfaces.cli.call import (
    Caller,
    WrongUsage,
    described,
    find_command,
    listed,
    read_words,
)
from localrouter.surfaces.cli.launch import Wish, launch, replace_process
from localrouter.surfaces.cli.remote import NotRunning, RpcError
from localrouter.surfaces.cli.running import running_remote
from localrouter.surfaces.cli.status import Screen, running_demos
from localrouter.surfaces.cli.stop import stop
from localrouter.surfaces.cli.unusable_home import refuse_newer, refuse_unusable
from localrouter.unexpected_errors import Ended, need_no_output

DONE, REFUSED, USAGE, RUNS_ALREADY = 0, 1, 2, 3


Ready = Callable[[str, str], None]
Serve = Callable[[Home, str | None, int | None, Ready], None]


@dataclass(frozen=True, slots=True)
class Verbs:
    """Parts of the program that the command line starts but that are built outside of it.

    `serve` takes the home, host, port, and a callback for when it serves. `window` takes the same, and shows the pages
    in a window if it can. `demo` takes whether to go without a window, and the port.
    """

    window: Serve
    serve: Serve
    demo: Callable[[bool, int | None], int]
    offline: Callable[[Home], AbstractContextManager[Services]]
    commands: Callable[[], Registry]


def main(arguments: Sequence[str], verbs: Verbs) -> int:
    """Runs one verb and returns the exit code."""
    words = build_parser().parse_args(arguments)
    try:
        return _run(words, verbs)
    except WrongUsage as wrong:
        _complain(str(wrong))
        return USAGE
    except Refusal as refusal:
        _complain(refusal.message, refusal.data)
        return RUNS_ALREADY if _tells_of_another(refusal) else REFUSED
    except RpcError as error:
        _complain(error.message, error.data)
        return REFUSED
    except NotRunning as error:
        _complain(str(error))
        return REFUSED


def _run(words: argparse.Namespace, verbs: Verbs) -> int:
    if words.verb == "demo":
        need_no_output()
        return verbs.demo(words.headless, words.port)
    home = locate(os.environ, words.home)
    match words.verb:
        case "serve":
            return _serve(words, home, verbs.serve)
        case "call":
            return _call(words, Caller(home, verbs.commands(), verbs.offline))
        case "check":
            return _check(home, is_named=words.home is not None)
        case "status":
            return _status(home)
        case "stop":
            stop(home, lambda said: print(said, flush=True))
            return DONE
        case "launch":
            return launch(
                home,
                Wish.of(tuple(words.words), words.model, new_key=words.new_key),
                lambda said: print(said, file=sys.stderr, flush=True),
                replace_process,
            )
        case "open":
            return _open(home, only_print=words.print)
        case "autostart":
            autostart(words.wish, home, lambda said: print(said, flush=True))
            return DONE
        case _:
            return _serve(words, home, verbs.window)


def _serve(words: argparse.Namespace, home: Home, serve: Serve) -> int:
    def ready(url: str, pages: str) -> None:
        print(f"LocalRouter serves at {url} (home: {home.shown}). Its pages: {home.shell_command('open')}", flush=True)
        if words.verb == "serve":
            print(f"Or use this address once, within 15 minutes: {pages}", flush=True)

    refuse_unusable(home)  # checked early, because the server takes a while to load
    need_no_output()
    with suppress(Ended):  # before it served
        serve(home, words.host, words.port, ready)
    return DONE


def _call(words: argparse.Namespace, caller: Caller) -> int:
    if words.list:
        lines = described(caller.registry, find_command(caller.registry, words.method)) if words.method else None
        print("\n".join(lines or listed(caller.registry)))
        return DONE
    if words.method is None:
        raise WrongUsage(f"Name a command. See them all with: {program()} call --list")
    command = find_command(caller.registry, words.method)
    result = caller.call(command.name, read_words(command, words.params, _standard_input))
    print(_json(result, sys.stdout))
    return DONE


def _standard_input() -> str:
    if sys.stdin is None:
        raise WrongUsage("There is no standard input from which to read the parameters.")
    try:
        return sys.stdin.read()
    except UnicodeDecodeError:
        raise WrongUsage("Standard input is not text.") from None


def _json(result: object, stream: TextIO | None) -> str:
    """The result as JSON that stays valid on a terminal that is not UTF-8."""
    text = orjson.dumps(result, option=orjson.OPT_INDENT_2).decode()
    encoding = getattr(stream, "encoding", None) or ""
    if text.isascii() or encoding.lower().replace("-", "") == "utf8":
        return printable_lines(text)  # JSON leaves C1 controls and bidirectional marks unescaped
    return json.dumps(result, indent=2)


def _check(home: Home, *, is_named: bool) -> int:
    refuse_newer(home)
    try:
        text = read_file(home.config)
    except FileNotFoundError:
        if home.config.is_symlink():
            raise Refusal(f"{home.config} is a link to {os.readlink(home.config)}, which does not exist.") from None
        if is_named:
            raise Refusal(f"There is no {home.config}. Name the folder that holds it with --home.") from None
        print(f"There is no {home.config} yet, so there is nothing to check.")
        return DONE
    except OSError as error:
        raise Refusal(f"{home.config} cannot be read: {in_words(error)}.") from None
    found, healed = _judged(text, home)
    for finding in found:
        place = f"{finding.path}: " if finding.path else ""
        print(printable_lines(f"{finding.severity} {place}{finding.message}"))
    for sentence in healed:
        print(printable_lines(f"would be repaired: {sentence}"))
    if any(finding.severity is Severity.ERROR for finding in found):
        return REFUSED
    print(f"{home.config} can be used.")
    return DONE


def _judged(text: bytes, home: Home) -> tuple[tuple[Finding, ...], tuple[str, ...]]:
    """What is wrong with the document as written, and what loading it would repair."""
    try:
        found = reading(text)
    except Invalid as refusal:
        return refusal.findings, ()
    _, healed = heal(found.config)
    unpriced = unpriced_findings(found.config, stored_prices(home.models, Snapshot(found.config), SYSTEM.wall))
    return (*findings(found.config, presets=frozenset(PRESETS)), *unpriced), (*found.news, *healed)


def _status(home: Home) -> int:
    remote = running_remote(home)
    if remote is None:
        print(f"LocalRouter is not running with the home {home.shown}. Start it with: {home.shell_command('serve')}")
        for demo in running_demos():
            print(f"A demo is running: {demo.shell_command('status')}")
        return REFUSED
    status = remote.call("get_server_status", {})
    print("\n".join(Screen(status, home.command_line, datetime.now().astimezone()).lines()))
    return DONE


def _open(home: Home, *, only_print: bool) -> int:
    remote = running_remote(home)
    if remote is None:
        said = f"LocalRouter is not running with the home {home.shown}. Start it with: {home.shell_command('serve')}"
        raise NotRunning(said)
    if not only_print:
        file = remote.call("issue_session_code", {"as_file": True})["file"]
        if webbrowser.open(f"file://{quote(file)}"):
            print(f"The pages open in the browser. If they do not: {home.shell_command('open --print')}")
            return DONE
        print("No browser could be started.")
    address = remote.call("issue_session_code", {})["address"]
    print(f"Use this address once, within 15 minutes: {address}")
    return DONE


def _complain(sentence: str, data: object = None) -> None:
    print(f"error: {sentence}", file=sys.stderr)
    found = data.get("findings") if isinstance(data, dict) else None
    for finding in found if isinstance(found, list) else ():
        if finding["path"] and finding["path"] not in sentence:
            print(f"  {finding['path']}: {finding['message']}", file=sys.stderr)


def _tells_of_another(refusal: Refusal) -> bool:
    """Whether a start was refused because an instance already has the home."""
    return {"url", "pid"} <= refusal.data.keys()
