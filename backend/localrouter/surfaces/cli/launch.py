"""The verb `launch`: starts a program that uses the running router, by setting environment variables and flags only.

The program's own configuration is not touched. Its client is created once; the client's key is kept in a separate file
in the home that nothing else refers to.
"""

from __future__ import annotations

import http.client
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from localrouter.dialects.presets import PRESETS
from localrouter.dialects.registry import DIALECTS
from localrouter.domain.configuration.config import AUTO_MODEL
from localrouter.domain.configuration.names import free_name
from localrouter.domain.configuration.server_address import reachable
from localrouter.domain.errors import Unavailable
from localrouter.domain.programs import Program, Target, any_program, past_proxies, programs_for
from localrouter.private_files import make_private_folder, read_file, write_private
from localrouter.services.instance.home import Home
from localrouter.shell_command import VARIABLE
from localrouter.surfaces.cli.call import WrongUsage
from localrouter.surfaces.cli.remote import Remote, RpcError
from localrouter.surfaces.cli.running import running_remote

STARTS_WITHIN = 30.0  # seconds
LOOK_EVERY = 0.1
ASKED_WITHIN = 10.0
NOT_FOUND = -32001
Run = Callable[[Sequence[str], Mapping[str, str]], int]


@dataclass(frozen=True, slots=True)
class Wish:
    """What the user typed: the program with its arguments. `is_named` means that its name is looked up among the known
    programs. `model` is None if none was given; `new_key` asks for a new client key."""

    words: tuple[str, ...]
    is_named: bool = True
    model: str | None = None
    new_key: bool = False

    @classmethod
    def of(cls, typed: tuple[str, ...], model: str | None = None, *, new_key: bool = False) -> Wish:
        """`NAME ARGUMENTS`, `NAME -- ARGUMENTS`, or `-- COMMAND ARGUMENTS`."""
        if typed[:1] == ("--",):
            return cls(typed[1:], is_named=False, model=model, new_key=new_key)
        words = (typed[0], *typed[2:]) if typed[1:2] == ("--",) else typed
        return cls(words, model=model, new_key=new_key)


def launch(home: Home, wish: Wish, say: Callable[[str], None], run: Run) -> int:
    """Start the program, and return its exit code."""
    program = _program(wish)
    executable = shutil.which(program.command)
    if executable is None:
        how = f" Install it with: {program.install}" if program.install else ""
        raise Unavailable(f"{program.command} is not installed, or not in PATH.{how}")
    remote = running_remote(home) or _start(home, say)
    base = reachable(remote.url)
    key = _key(home, remote, program, new=wish.new_key)
    model = wish.model or _model(base, key, home)
    target = Target(base, key, model, str(_folder(home, program)), _window(remote, model))
    for name, template in program.files.items():
        write_private(_folder(home, program) / name, target.fill(template).encode())
    environment = _environment(program, target)
    words = program.words(target, wish.words[1:])
    _tell(say, program, target, words, environment)
    return run([executable, *words[1:]], environment)


def replace_process(words: Sequence[str], environment: Mapping[str, str]) -> int:
    """Become the program, so that signals, the terminal and the exit code are its own."""
    if sys.platform == "win32":
        return subprocess.run(words, env=dict(environment), check=False).returncode  # noqa: S603 - what the user named
    return os.execve(words[0], list(words), dict(environment))  # noqa: S606 - what the user named


def _program(wish: Wish) -> Program:
    known = programs_for(DIALECTS.clients)
    if not wish.words:
        names = ", ".join(program.name for program in known)
        raise WrongUsage(f"Name a program: {names}; or any other command after --, with its arguments.")
    found = next((program for program in known if wish.is_named and program.name == wish.words[0]), None)
    return found or any_program(wish.words[0], DIALECTS.clients)


def _start(home: Home, say: Callable[[str], None]) -> Remote:
    """Start a router that keeps running when the program has ended."""
    with tempfile.TemporaryFile() as complaints:
        words = [sys.executable, "-P", "-m", "localrouter", "serve", "--home", str(home.root)]
        started = subprocess.Popen(  # noqa: S603 - this program
            words, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=complaints, start_new_session=True
        )
        end = time.monotonic() + STARTS_WITHIN
        while time.monotonic() < end:
            remote = running_remote(home)
            if remote is not None:
                say(f"LocalRouter now serves at {remote.url}. To stop it: {home.shell_command('stop')}")
                return remote
            if started.poll() is not None:
                break
            time.sleep(LOOK_EVERY)
        complaints.seek(0)
        said = complaints.read().decode(errors="replace").strip().splitlines()
    why = said[-1] if said else f"it did not serve within {STARTS_WITHIN:g} s; its log is in {home.logs}"
    raise Unavailable(f"LocalRouter could not be started: {why}")


def _folder(home: Home, program: Program) -> Path:
    folder = home.programs / program.name
    for each in (home.programs, folder):
        make_private_folder(each)
    return folder


def _key(home: Home, remote: Remote, program: Program, *, new: bool) -> str:
    """The key of the program's client, which is created if there is none."""
    file = _folder(home, program) / "client.json"
    kept = _kept(file)
    client = _client(remote, kept)
    if client is None:
        taken = (other["name"] for other in remote.call("list_clients", {}))
        made = remote.call("create_client", {"name": free_name(program.title, taken)})
    elif new:
        made = remote.call("rotate_client_key", {"client_id": client["id"]})
    elif not client["enabled"]:
        again = home.shell_command(f"call update_client client_id={client['id']} enabled=true")
        raise Unavailable(f"The client “{client['name']}” is disabled. Enable it with: {again}")
    else:
        return str(kept["key"])
    made_now = {"client_id": made["client"]["id"], "key": made["key"]}
    write_private(file, json.dumps(made_now).encode())
    return str(made["key"])


def _kept(file: Path) -> Mapping[str, Any]:
    try:
        kept = json.loads(read_file(file))
    except (FileNotFoundError, ValueError):
        return {}
    return kept if isinstance(kept, dict) and {"client_id", "key"} <= kept.keys() else {}


def _client(remote: Remote, kept: Mapping[str, Any]) -> Mapping[str, Any] | None:
    if not kept:
        return None
    try:
        client: Mapping[str, Any] = remote.call("get_client", {"client_id": kept["client_id"]})
    except RpcError as error:
        if error.code == NOT_FOUND:
            return None  # it was deleted
        raise
    return client


def _model(base: str, key: str, home: Home) -> str:
    """The best model for the client to request: auto-routing if it is on, a provider's starter model, or the first."""
    names = [model["id"] for model in _models(base, key, home)]
    if not names:
        raise Unavailable(
            f"No models are known yet. Add a provider on the pages ({home.shell_command('open')}), look what is "
            f"wrong with one ({home.shell_command('status')}), or name a model with --model provider/name."
        )
    starters = {preset.starter_model for preset in PRESETS.values()}
    return (
        AUTO_MODEL
        if AUTO_MODEL in names
        else next((name for name in names if name.split("/", 1)[-1] in starters), names[0])
    )


def _window(remote: Remote, model: str) -> int | None:
    """The model's context window, if it is known."""
    listed = remote.call("list_models", {})
    return next((each["context_window"] for each in listed if each["id"] == model), None)


def _models(base: str, key: str, home: Home) -> list[dict[str, Any]]:
    at = urlsplit(base)
    connection = http.client.HTTPConnection(at.hostname or "", at.port, timeout=ASKED_WITHIN)
    try:
        connection.request("GET", "/v1/models", headers={"Authorization": f"Bearer {key}"})
        answer = connection.getresponse()
        if answer.status == http.HTTPStatus.OK:
            return list(json.load(answer)["data"])
    except OSError as error:
        raise Unavailable(f"{base} cannot be reached: {error}.") from None
    finally:
        connection.close()
    if answer.status != http.HTTPStatus.UNAUTHORIZED:
        raise Unavailable(f"{base} answered the request for its models with status {answer.status}.")
    again = f"{home.command_line} launch --new-key PROGRAM"
    raise Unavailable(f"The client's key was changed elsewhere. To give it a new one: {again}")


def _environment(program: Program, target: Target) -> dict[str, str]:
    environment = {name: value for name, value in os.environ.items() if name not in (*program.unset, VARIABLE)}
    environment |= past_proxies(environment, urlsplit(target.base).hostname or "")
    return environment | program.variables(target)


def _tell(
    say: Callable[[str], None], program: Program, target: Target, words: Iterable[str], environment: Mapping[str, str]
) -> None:
    """Shows what was set, without the key."""
    masked = f"{target.key[:5]}…"
    name = program.title if program.install else program.command
    say(f"{name} uses LocalRouter at {target.base}, model {target.model}")
    changed = {name: value for name, value in environment.items() if os.environ.get(name) != value}
    for name, value in changed.items():
        say(f"  {name}={value.replace(target.key, masked)}")
    for name in program.unset:
        if name in os.environ and name not in environment:
            say(f"  {name} is not passed on, because it would point the program elsewhere")
    say(f"  {' '.join(words).replace(target.key, masked)}")
