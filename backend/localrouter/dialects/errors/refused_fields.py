"""Which field of a call a provider refused, where the request can do without it.

Only fields that change no meaning are left out, others at their default alone, and a cap only ever moves to the other
field for caps.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence

import orjson

from localrouter.dialects.contract import Preset
from localrouter.dialects.json_bodies.defaults import has_default, is_default, is_lost
from localrouter.domain.routing.failures import Failure, FailureKind

SPARED = ("stream_options", "store", "user", "metadata", "service_tier", "parallel_tool_calls")
# Wishes that change how an answer is made, not what it is: left out with a warning, if a server refuses them by name.
HINTS = (
    "reasoning_effort",
    "reasoning",
    "verbosity",
    "prompt_cache_key",
    "prompt_cache_retention",
    "safety_identifier",
)
_NAMED = re.compile(
    r"['\"`\[(]([A-Za-z_][\w.]{0,80})['\"`\])]|^(?:body\.)?([a-z_][\w.]{0,80}): |: ([a-z_]\w{0,80})\.?$"
)
_WORDS = re.compile(r"[a-z_]{2,80}")
_ABOUT_FIELDS = re.compile(
    r"(?i)\b(?:param(?:eter)?s?|fields?|arguments?|inputs?|keys?|keywords?|propert(?:y|ies)|options?|name)\b"
)


def refused_field(failure: Failure, body: bytes, caps: Sequence[str] = (), hints: Sequence[str] = ()) -> str | None:
    """The field without which the call may be made once more; None where there is none. `caps` are the fields that cap
    the answer, of which another is sent in the place of one, `hints` those that are left out only where they are
    named."""
    if failure.kind is not FailureKind.UNSUPPORTED:
        return None
    read: object = orjson.loads(body)
    if not isinstance(read, dict):
        return None
    sent: dict[str, object] = read
    removable = [name for name in (*SPARED, *caps) if _is_removable(name, sent, caps)]
    idle = [name for name, value in sent.items() if name not in SPARED and is_default(name, value)]
    removable += [*idle, *(name for name in hints if name in sent)]
    if failure.param is not None and (head := _head(failure.param)) in sent:
        return head if head in removable else None
    named = [name for name in _named_in(failure.message) if name in sent]
    if named:
        return named[0] if named[0] in removable else None
    if said := [name for name in idle if len(name) > 2 and re.search(rf"\b{name}\b", failure.message)]:
        return said[0]
    if not _ABOUT_FIELDS.search(failure.message):
        return None  # a feature or a kind of input, which no field less would change
    return next((name for name in removable if name in SPARED or name in idle), None)


def without_refused(body: Mapping[str, object], preset: Preset, needed: Collection[str]) -> dict[str, object]:
    """The body without the fields that the provider refuses; `needed` are fields that no request is one without,
    whatever a list says. A field that only its answers refused stays where it says something else than its default. A
    server that refused one at its default gets none at theirs."""
    refused = preset.refused_fields
    if not refused:
        return dict(body)
    wants_no_defaults = any(map(has_default, preset.learned))

    def goes(name: str, value: object) -> bool:
        if is_default(name, value):
            return name in refused or (wants_no_defaults and not is_lost(name, value))
        return name in refused and name not in needed and not (name in preset.learned and has_default(name))

    return {name: value for name, value in body.items() if not goes(name, value)}


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
