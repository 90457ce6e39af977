"""Calls commands: checks their parameters, recognises repeated calls, and converts results to JSON."""

from __future__ import annotations

import asyncio
import hashlib
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import orjson
from pydantic import ValidationError

from localrouter.commands.registration.references import resolved
from localrouter.commands.registration.registry import Command, Mutation, Params, Registry
from localrouter.commands.registration.services import Services
from localrouter.domain.configuration.document import refused, shape_findings
from localrouter.domain.errors import Finding, Invalid, NotFound, Refusal, Unavailable

REMEMBERED_FOR = 86_400.0
MAX_REMEMBERED_CALLS = 10_000


class UnknownCommand(NotFound):
    """There is no command of this name."""


@dataclass(frozen=True, slots=True)
class _Remembered:
    """A call with an idempotency key, and its outcome."""

    params: bytes
    until: float
    result: asyncio.Future[object]


class RepeatedCalls:
    """Results of calls with an idempotency key: the last 10,000, for one day each."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._calls: OrderedDict[tuple[str, str], _Remembered] = OrderedDict()

    def recall(self, key: tuple[str, str], params: bytes) -> asyncio.Future[object] | None:
        """The result of the first call with this key; None if this is the first one."""
        self._forget()
        known = self._calls.get(key)
        if known is None:
            return None
        if known.params != params:
            raise Refusal("This idempotency_key was used for a call with other parameters. Use a new one.")
        return known.result

    def begin(self, key: tuple[str, str], params: bytes) -> asyncio.Future[object]:
        result: asyncio.Future[object] = asyncio.get_running_loop().create_future()
        self._calls[key] = _Remembered(params, self._clock() + REMEMBERED_FOR, result)
        if len(self._calls) > MAX_REMEMBERED_CALLS:
            self._calls.popitem(last=False)
        return result

    def drop(self, key: tuple[str, str]) -> None:
        """Forgets a call that changed nothing: the next one with this key counts as the first."""
        self._calls.pop(key, None)

    def _forget(self) -> None:
        now = self._clock()
        while self._calls and next(iter(self._calls.values())).until <= now:
            self._calls.popitem(last=False)


class Calls:
    """Runs the commands of a registry with the services of this process."""

    def __init__(self, registry: Registry, services: Services) -> None:
        self.registry = registry
        self._services = services
        self._memory = RepeatedCalls(services.clock)

    async def call(self, name: str, params: object) -> object:
        """The command's result as JSON values. Raises `Refusal`."""
        command = self.registry.find(name)
        if command is None:
            raise UnknownCommand(f'There is no command named "{name}".')
        given = read_params(command, params)
        if command.needs_running and self._services.serving is None:
            raise Unavailable(f"{name} needs a running LocalRouter. {self._services.start_hint}")
        if isinstance(given, Mutation) and given.idempotency_key is not None:
            return await self._once(command, given, given.idempotency_key)
        return await self._run(command, given)

    async def _run(self, command: Command, params: Params) -> object:
        result = await command.run(self._services, resolved(self._services.config, params))
        return command.result_type.dump_python(result, mode="json")

    async def _once(self, command: Command, params: Params, idempotency_key: str) -> object:
        key, digest = (command.name, idempotency_key), _digest(params)
        known = self._memory.recall(key, digest)
        if known is not None:
            return await asyncio.shield(known)
        future = self._memory.begin(key, digest)
        try:
            result = await self._run(command, params)
        except BaseException:
            self._memory.drop(key)
            _tell_waiting(future)
            raise
        future.set_result(result)
        return result


def read_params(command: Command, params: object) -> Params:
    """The command's parameters. Raises `Invalid`, with the path of every error in them."""
    if not isinstance(params, Mapping):
        raise Invalid("Give parameters by name, as a JSON object.", (Finding("", "This must be an object."),))
    try:
        text = orjson.dumps(params)
    except TypeError:
        raise Invalid("The parameters contain a value that JSON cannot express.") from None
    try:
        return command.params.model_validate_json(text)
    except ValidationError as error:
        raise refused(shape_findings(error)) from None


def _digest(params: Params) -> bytes:
    given = params.model_dump(mode="json", exclude={"idempotency_key"}, exclude_unset=True)
    return hashlib.sha256(orjson.dumps(given, option=orjson.OPT_SORT_KEYS)).digest()


def _tell_waiting(future: asyncio.Future[object]) -> None:
    """Tells waiting calls with the same key that the first one changed nothing, so that they may try again."""
    future.set_exception(Unavailable("The first call with this idempotency_key failed and changed nothing. Try again."))
    future.exception()  # nobody may be waiting, and that is fine
