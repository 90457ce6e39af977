"""The verb `call`: turns command-line words into a command's parameters, and runs it where it belongs."""

from __future__ import annotations

import asyncio
import difflib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

from localrouter.commands.registration.calls import Calls
from localrouter.commands.registration.registry import Command, Registry
from localrouter.commands.registration.services import Services
from localrouter.domain.configuration.document import repeated_findings
from localrouter.domain.configuration.json_text import repeated_keys, without_vanishing
from localrouter.domain.errors import Unavailable
from localrouter.services.instance.home import Home
from localrouter.services.instance.lock import Instance
from localrouter.shell_command import program
from localrouter.surfaces.admin_api.openrpc import Json, document
from localrouter.surfaces.cli.running import running_remote
from localrouter.surfaces.cli.unusable_home import refuse_unusable

WAIT_FOR_HOME = 5.0
_TEXT = "string"
_NULL = "null"


class WrongUsage(Exception):
    """The words do not make a call. The message is shown, with exit code 2."""


@dataclass(frozen=True, slots=True)
class Caller:
    """Runs commands for one home. `offline` opens the services of a home that no process serves."""

    home: Home
    registry: Registry
    offline: Callable[[Home], AbstractContextManager[Services]]

    def call(self, method: str, params: Mapping[str, object]) -> object:
        """Run a command in the running instance, or else in this process under the home's lock."""
        remote = running_remote(self.home)
        if remote is not None:
            return remote.call(method, params)
        refuse_unusable(self.home)
        try:
            lock = Instance.acquire(self.home.root, wait=WAIT_FOR_HOME)
        except Unavailable:
            started_meanwhile = running_remote(self.home)
            if started_meanwhile is None:
                raise
            return started_meanwhile.call(method, params)
        with lock, self.offline(self.home) as services:
            return asyncio.run(Calls(self.registry, services).call(method, params))


def find_command(registry: Registry, name: str) -> Command:
    command = registry.find(name)
    if command is not None:
        return command
    close = difflib.get_close_matches(name, [command.name for command in registry], n=3)
    hint = f" Did you mean {' or '.join(close)}?" if close else f" See them all with: {program()} call --list"
    raise WrongUsage(f'There is no command named "{name}".{hint}')


def read_words(command: Command, words: Sequence[str], read_stdin: Callable[[], str]) -> dict[str, object]:
    """The parameters in the words, which are one JSON object, `-` (a JSON object from standard input), or one
    `name=value` each (`name=@FILE` reads the value from a file)."""
    match words:
        case ["-"]:
            return _object(read_stdin())
        case [word] if word.lstrip().startswith("{"):
            return _object(word)
        case _:
            return _pairs(command, words)


def listed(registry: Registry) -> Iterator[str]:
    """All commands, grouped by subject."""
    width = max(len(command.name) for command in registry)
    groups = sorted({command.group for command in registry})
    for group in groups:
        yield f"{group}:"
        for command in registry:
            if command.group == group:
                yield f"  {command.name:{width}}  {command.summary}"
        yield ""


def described(registry: Registry, command: Command) -> Iterator[str]:
    """One command with its parameters."""
    yield f"{command.name}: {command.description}"
    method = next(method for method in document(registry)["methods"] if method["name"] == command.name)
    for param in method["params"]:
        needed = "needed" if param["required"] else "optional"
        about = f"  {param['description']}" if "description" in param else ""
        yield f"  {param['name']} ({_kind(param['schema'])}, {needed}){about}"


def _object(text: str) -> dict[str, object]:
    try:
        value = _loaded(text)
    except ValueError as error:
        raise WrongUsage(f"The parameters are not JSON: {error}.") from None
    _refuse_repeated(text)
    if not isinstance(value, dict):
        raise WrongUsage("The parameters must be one JSON object.")
    return value


def _loaded(text: str) -> object:
    return json.loads(without_vanishing(text.encode("utf-8", "surrogatepass")).decode("utf-8", "surrogatepass"))


def _pairs(command: Command, words: Sequence[str]) -> dict[str, object]:
    schema: Json = command.params.model_json_schema()
    params: dict[str, object] = {}
    for word in words:
        name, equals, text = word.partition("=")
        if not equals or not name:
            raise WrongUsage(f'"{word}" is not a parameter. Write name=value, or one JSON object.')
        if name in params:
            raise WrongUsage(f'The parameter "{name}" is given twice.')
        params[name] = _value(_given(text), _types(schema, schema["properties"].get(name, {})))
    return params


def _given(text: str) -> str:
    """A given value. `@FILE` stands for a file's content, which keeps keys and documents out of the command line."""
    if text.startswith("@@"):
        return text[1:]
    if not text.startswith("@"):
        return text
    try:
        return Path(text[1:]).read_text("utf-8-sig").rstrip("\n")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise WrongUsage(f"{text[1:]} cannot be read: {reason}. A value that begins with @ is written @@.") from None


def _value(text: str, types: frozenset[str]) -> object:
    if types == {_TEXT}:
        return text
    if types == {_TEXT, _NULL}:
        return None if text == _NULL else text
    try:
        value = _loaded(text)
    except ValueError:
        return text
    _refuse_repeated(text)
    return value


def _refuse_repeated(text: str) -> None:
    repeated = repeated_findings(repeated_keys(text))
    if repeated:
        raise WrongUsage(f"{repeated[0].path}: {repeated[0].message}")


def _types(whole: Json, schema: Json) -> frozenset[str]:
    """The JSON types that a schema allows."""
    if "$ref" in schema:
        return _types(whole, whole["$defs"][schema["$ref"].rpartition("/")[2]])
    if "anyOf" in schema:
        return frozenset[str]().union(*(_types(whole, each) for each in schema["anyOf"]))
    return frozenset((schema["type"],)) if "type" in schema else frozenset()


def _kind(schema: Json) -> str:
    if "$ref" in schema:
        name: str = schema["$ref"].rpartition("/")[2]
        return name.partition("-")[0]
    if "anyOf" in schema:
        return " or ".join(_kind(each) for each in schema["anyOf"])
    if schema.get("type") == "array":
        return f"list of {_kind(schema['items'])}" if "items" in schema else "list"
    return str(schema.get("type", "anything"))
