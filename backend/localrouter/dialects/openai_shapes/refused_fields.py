"""Which field of a call a provider refused, where the request can do without it.

Only fields that change no meaning are left out, and a cap only ever moves to the other field for caps.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import orjson

from localrouter.domain.routing.failures import Failure, FailureKind

SPARED = ("stream_options", "store", "user", "metadata", "service_tier", "parallel_tool_calls")
_NAMED = re.compile(
    r"['\"`\[(]([A-Za-z_][\w.]{0,80})['\"`\])]|^(?:body\.)?([a-z_][\w.]{0,80}): |: ([a-z_]\w{0,80})\.?$"
)
_WORDS = re.compile(r"[a-z_]{2,80}")
_ABOUT_FIELDS = re.compile(
    r"(?i)\b(?:param(?:eter)?s?|fields?|arguments?|inputs?|keys?|keywords?|propert(?:y|ies)|options?|name)\b"
)


def refused_field(failure: Failure, body: bytes, caps: Sequence[str] = ()) -> str | None:
    """The field without which the call may be made once more; None where there is none. `caps` are the fields that cap
    the answer, of which another is sent in the place of one."""
    if failure.kind is not FailureKind.UNSUPPORTED:
        return None
    sent: object = orjson.loads(body)
    if not isinstance(sent, dict):
        return None
    removable = [name for name in (*SPARED, *caps) if _is_removable(name, sent, caps)]
    if failure.param is not None and (head := _head(failure.param)) in sent:
        return head if head in removable else None
    named = [name for name in _named_in(failure.message) if name in sent]
    if named:
        return named[0] if named[0] in removable else None
    if not _ABOUT_FIELDS.search(failure.message):
        return None  # a feature or a kind of input, which no field less would change
    return next((name for name in removable if name in SPARED), None)


def _is_removable(name: str, sent: dict[str, object], caps: Sequence[str]) -> bool:
    if name == "store":
        return sent.get(name) is True
    if name in caps:
        return name in sent and not all(each in sent for each in caps)
    return name in sent


def _head(path: str) -> str:
    """The field at the top of the body that a path leads into: `body.stream_options.include_usage`."""
    return re.split(r"[.\[/]", path.removeprefix("body.").removeprefix("#/"))[0]


def _named_in(message: str) -> list[str]:
    """The fields that a message names, in its order: quoted, at its very beginning or end, or words with an underscore
    that no sentence has otherwise."""
    found = [(match.start(), _head(next(filter(None, match.groups())))) for match in _NAMED.finditer(message)]
    found += [(match.start(), match[0]) for match in _WORDS.finditer(message) if "_" in match[0].strip("_")]
    return [name for _, name in sorted(found)]
