"""JSON-RPC 2.0: turns the text of a request or a batch into the text of its answer. The only user of jsonrpcserver.

jsonrpcserver looks up and calls one method at a time, leaves notifications unanswered, and wraps results and errors in
their envelopes. Its handling of whole texts is not used: it fails a whole batch when one entry is bad, runs entries
concurrently, and puts the text of exceptions into answers. So this module does the parsing, the checks of entries and
the batching, and never gives jsonrpcserver a method that raises.
"""

from __future__ import annotations

import asyncio
import logging
import re
import traceback
import warnings
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

import orjson

from localrouter.commands.registration.calls import Calls
from localrouter.domain.configuration.document import refused, repeated_findings
from localrouter.domain.configuration.json_text import Location, repeated_keys, without_vanishing
from localrouter.domain.descriptors import NONE_LEFT, ran_out
from localrouter.domain.errors import Refusal, Unavailable
from localrouter.surfaces.admin_api import rpc_errors
from localrouter.surfaces.admin_api.rpc_errors import ErrorObject, error_of

if TYPE_CHECKING:
    from jsonrpcserver.result import Result

LOG = logging.getLogger(__name__)

DEEPEST = 128
MAX_BATCH_CALLS = 50
DISCOVER = "rpc.discover"
_READ_AT_ONCE = 256 * 1024  # bytes; longer texts are searched for repeated keys off the event loop
_TOKEN = re.compile(rb'"(?:[^"\\]|\\.)*+"|[][{}]', re.DOTALL)

Method = Callable[..., Awaitable["Result"]]


class Rpc:
    """Answers JSON-RPC texts with this process's commands. `new_id` makes the id of a fault, for answer and log."""

    def __init__(self, calls: Calls, document: Callable[[], object], new_id: Callable[[], str]) -> None:
        self._calls = calls
        self._document = document
        self._new_id = new_id
        self._library = _Library()
        self._methods = _Methods(self._method)

    async def dispatch(self, text: bytes) -> bytes | None:
        """The answer to a text; None if it contains only notifications."""
        if is_too_deep(text):
            return _failed(_too_deep())
        try:
            request = orjson.loads(without_vanishing(text))
        except orjson.JSONDecodeError as error:
            place = f"line {error.lineno}, column {error.colno}"
            return _failed(ErrorObject(rpc_errors.PARSE_ERROR, f"This is not JSON; it breaks at {place}."))
        large = len(text) > _READ_AT_ONCE
        repeated = await asyncio.to_thread(repeated_keys, text) if large else repeated_keys(text)
        if isinstance(request, list):
            return await self._batch(request, repeated)
        return await self._single(request, repeated)

    async def _batch(self, entries: list[object], repeated: tuple[Location, ...]) -> bytes | None:
        if not 0 < len(entries) <= MAX_BATCH_CALLS:
            said = f"A batch holds 1 to {MAX_BATCH_CALLS} requests, this one holds {len(entries)}."
            return _failed(ErrorObject(rpc_errors.INVALID_REQUEST, said))
        singles = [
            await self._single(entry, tuple(place[1:] for place in repeated if place[0] == number))
            for number, entry in enumerate(entries)
        ]
        answers = [answer for answer in singles if answer is not None]
        return b"[" + b",".join(answers) + b"]" if answers else None

    async def _single(self, entry: object, repeated: tuple[Location, ...]) -> bytes | None:
        """The answer to one request; `repeated` are its repeated keys."""
        wrong = _what_is_wrong(entry) or _ambiguous(repeated)
        if wrong is not None:
            return _failed(ErrorObject(rpc_errors.INVALID_REQUEST, wrong), _id_of(entry))
        if repeated:
            findings = repeated_findings(place[1:] for place in repeated)
            return _failed(error_of(refused(findings)), _id_of(entry)) if _is_answered(entry) else None
        answer = await self._library.answer(self._methods, entry)
        if answer is None:
            return None
        try:
            return orjson.dumps(answer)
        except TypeError as error:
            return _failed(self._internal(error), _id_of(entry))

    def _method(self, name: str) -> Method:
        async def method(*listed: object, **named: object) -> Result:
            try:
                return self._library.success(await self._run(name, list(listed) or named))
            except Refusal as refusal:
                return self._library.error(error_of(refusal))
            except Exception as error:
                if ran_out(error):
                    return self._library.error(error_of(Unavailable(NONE_LEFT)))
                return self._library.error(self._internal(error))

        return method

    async def _run(self, name: str, params: object) -> object:
        if name == DISCOVER:
            return self._document()
        return await self._calls.call(name, params)

    def _internal(self, error: Exception) -> ErrorObject:
        """The error for a fault. The exception's text may hold anything, so it is not passed on."""
        error_id = self._new_id()
        places = "".join(traceback.format_tb(error.__traceback__))
        LOG.error("Internal error %s in a command: %s\n%s", error_id, type(error).__name__, places)
        return ErrorObject(rpc_errors.INTERNAL_ERROR, "Internal error", {"id": error_id})


def is_too_deep(text: bytes) -> bool:
    """Whether a text nests more than 128 lists and objects. Counted before anything is parsed."""
    if text.count(b"[") + text.count(b"{") <= DEEPEST:
        return False
    depth = 0
    for token in _TOKEN.finditer(text):
        match token[0]:
            case b"[" | b"{":
                depth += 1
                if depth > DEEPEST:
                    return True
            case b"]" | b"}":
                depth -= 1
    return False


class _Methods(dict[str, Method]):
    """Has a method for every name, so that we word the answer to an unknown one ourselves."""

    def __init__(self, make: Callable[[str], Method]) -> None:
        super().__init__()
        self._make = make

    def __missing__(self, name: str) -> Method:
        return self._make(name)


class _Library:
    """The parts of jsonrpcserver that are used. Imported lazily, since the import is slow and emits a warning."""

    def __init__(self) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            from jsonrpcserver import async_dispatcher, dispatcher, response, result, sentinels  # noqa: PLC0415
        self._create_request = dispatcher.create_request
        self._dispatch = async_dispatcher.dispatch_request
        self._is_answered = dispatcher.not_notification
        self._to_response = dispatcher.to_response
        self._to_json = response.to_serializable_one
        self._results = result
        self._no_context = sentinels.NOCONTEXT

    async def answer(self, methods: dict[str, Method], entry: Any) -> object:
        """The whole answer to a well-formed request as JSON values; None for a notification."""
        done = await self._dispatch(methods, self._no_context, self._create_request(entry))
        return self._to_json(self._to_response(*done)) if self._is_answered(done) else None

    def success(self, result: object) -> Result:
        return self._results.Success(result)

    def error(self, error: ErrorObject) -> Result:
        if error.data:
            return self._results.Error(error.code, error.message, error.data)
        return self._results.Error(error.code, error.message)


def _what_is_wrong(entry: object) -> str | None:
    if not isinstance(entry, dict):
        return "A request must be a JSON object."
    if entry.get("jsonrpc") != "2.0":
        return 'A request must contain "jsonrpc": "2.0".'
    if not isinstance(entry.get("method"), str):
        return "A request must name its method."
    if not isinstance(entry.get("params", {}), dict | list):
        return "The parameters of a request must be an object."
    if "id" in entry and not _is_id(entry["id"]):
        return "The id of a request must be a string, a number or null."
    return None


def _ambiguous(repeated: tuple[Location, ...]) -> str | None:
    """The repeated key of the request itself, if any. Those in its parameters are reported with their place."""
    outside = [place[0] for place in repeated if place[0] != "params" or len(place) == 1]
    return f'A request says "{outside[0]}" once.' if outside else None


def _is_answered(entry: object) -> bool:
    return isinstance(entry, dict) and "id" in entry


def _is_id(value: object) -> bool:
    return value is None or (isinstance(value, str | int | float) and not isinstance(value, bool))


def _id_of(entry: object) -> object:
    found = entry.get("id") if isinstance(entry, dict) else None
    return found if _is_id(found) else None


def _too_deep() -> ErrorObject:
    return ErrorObject(rpc_errors.PARSE_ERROR, f"This is nested too deeply: at most {DEEPEST} levels.")


def _failed(error: ErrorObject, request_id: object = None) -> bytes:
    told: dict[str, object] = {"code": error.code, "message": error.message}
    if error.data:
        told["data"] = error.data
    return orjson.dumps({"jsonrpc": "2.0", "error": told, "id": request_id})
