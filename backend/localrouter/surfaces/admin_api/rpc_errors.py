"""The error codes of commands."""

from __future__ import annotations

from dataclasses import dataclass, field

from localrouter.commands.registration.calls import UnknownCommand
from localrouter.domain.errors import Conflict, Invalid, NotFound, Refusal, Unavailable

PARSE_ERROR = -32700
INVALID_REQUEST = -32600
METHOD_NOT_FOUND = -32601
INVALID_PARAMS = -32602
INTERNAL_ERROR = -32603
NOT_FOUND = -32001
CONFLICT = -32002
REFUSED = -32003
UNAVAILABLE = -32004

MEANINGS: dict[int, str] = {
    PARSE_ERROR: "The text is not JSON, or nested more than 128 levels deep.",
    INVALID_REQUEST: "The JSON is not a JSON-RPC 2.0 request, or a batch that is empty or too long.",
    METHOD_NOT_FOUND: "There is no command of this name.",
    INVALID_PARAMS: "The parameters are wrong; data.findings says where and why.",
    INTERNAL_ERROR: "Internal error; data.id is in the log.",
    NOT_FOUND: "What the parameters name does not exist.",
    CONFLICT: "The configuration is at another revision; data says which, and what changed.",
    REFUSED: "The command is refused; the message says why.",
    UNAVAILABLE: "This cannot be done now, or not in this process.",
}


@dataclass(frozen=True, slots=True)
class ErrorObject:
    """A JSON-RPC error without its envelope."""

    code: int
    message: str
    data: dict[str, object] = field(default_factory=dict)


def error_of(refusal: Refusal) -> ErrorObject:
    return ErrorObject(_code(refusal), refusal.message, refusal.data)


def _code(refusal: Refusal) -> int:
    match refusal:
        case Invalid():
            return INVALID_PARAMS
        case UnknownCommand():
            return METHOD_NOT_FOUND
        case NotFound():
            return NOT_FOUND
        case Conflict():
            return CONFLICT
        case Unavailable():
            return UNAVAILABLE
        case _:
            return REFUSED
