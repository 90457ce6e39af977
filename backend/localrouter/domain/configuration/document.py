"""Turns JSON text into a configuration and back; nothing else does.

What is read here has the right shape. Whether its parts fit together is up to `validation`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import orjson
from pydantic import ValidationError
from pydantic_core import ErrorDetails

from localrouter.domain.configuration.config import VERSION, Config
from localrouter.domain.configuration.json_text import (
    BYTE_ORDER_MARK,
    Location,
    repeated_keys,
    why_unreadable,
    without_vanishing,
)
from localrouter.domain.configuration.migrations import migrate, news, version_of
from localrouter.domain.errors import Finding, Invalid

DEEPEST = 128  # nested lists and objects; beyond this some writers of JSON fail
_PLAIN_KEY = re.compile(r"[A-Za-z0-9_-]+")
_NOT_JSON = "The document contains a value that JSON cannot express."
_REPEATED = "This key occurs twice in its object, and only one of them can count. Remove the other."

_SENTENCES = {
    "missing": "This is missing.",
    "extra_forbidden": "There is no such field. Check its spelling, or remove it.",
    "string_type": "This must be a text.",
    "string_too_short": "This must not be empty.",
    "string_too_long": "This is too long: at most {max_length} characters.",
    "string_pattern_mismatch": "This must match {pattern}.",
    "int_type": "This must be a whole number.",
    "int_from_float": "This must be a whole number.",
    "float_type": "This must be a number.",
    "finite_number": "This must be a finite number.",
    "bool_type": "This must be true or false.",
    "greater_than": "This must be more than {gt}.",
    "greater_than_equal": "This must be at least {ge}.",
    "less_than": "This must be less than {lt}.",
    "less_than_equal": "This must be at most {le}.",
    "enum": "This must be one of {expected}.",
    "tuple_type": "This must be a list.",
    "too_long": "This list is too long: at most {max_length} entries.",
    "dict_type": "This must be an object.",
    "model_type": "This must be an object.",
    "datetime_type": "This must be a time such as 2026-01-31T12:00:00Z.",
    "datetime_parsing": "This must be a time such as 2026-01-31T12:00:00Z.",
    "datetime_from_date_parsing": "This must be a time such as 2026-01-31T12:00:00Z.",
}


@dataclass(frozen=True, slots=True)
class ParsedDocument:
    """A document's content, the version that it names, and descriptions of what changed since that version."""

    config: Config
    version: int | None
    news: tuple[str, ...]

    @property
    def is_migrated(self) -> bool:
        """Whether to rewrite it: it has an earlier version, or was changed by being read as one."""
        return self.version not in (None, VERSION) or bool(self.news)


def read(document: object | bytes) -> Config:
    """The configuration that a document of any version describes. Raises `Invalid` if it has the wrong shape."""
    return reading(document).config


def reading(document: object | bytes) -> ParsedDocument:
    """Like `read`, but also reports on the document's version."""
    value = _load(document) if isinstance(document, bytes) else document
    if not isinstance(value, dict):
        raise refused([Finding("", "The document must be a JSON object.")])
    if _is_too_deep(value):
        raise refused([Finding("", f"The document is nested too deeply: at most {DEEPEST} levels.")])
    if isinstance(document, bytes) and (repeated := repeated_keys(document)):
        raise refused(repeated_findings(repeated))
    try:
        text = orjson.dumps(migrate(value))
    except TypeError:
        raise refused([Finding("", _NOT_JSON)]) from None
    try:
        config = Config.model_validate_json(text)
    except ValidationError as error:
        raise refused(shape_findings(error)) from None
    return ParsedDocument(config, version_of(value) if "version" in value else None, tuple(news(value)))


def reread(config: Config) -> Config:
    """The same configuration with every value checked again, because edits copy values unchecked."""
    try:
        return Config.model_validate(config)
    except ValidationError as error:
        raise refused(shape_findings(error)) from None


def write(config: Config) -> bytes:
    """A configuration as text, laid out for people who edit it by hand."""
    return orjson.dumps(config.model_dump(mode="json"), option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


def refused(errors: Iterable[Finding]) -> Invalid:
    """The refusal of a document, with its first error and the number of others."""
    findings = tuple(errors)
    first, others = findings[0], len(findings) - 1
    place = f"{first.path}: " if first.path else ""
    more = f" ({others} more)" if others else ""
    return Invalid(f"{place}{first.message}{more}", findings)


def _load(text: bytes) -> object:
    try:
        return orjson.loads(without_vanishing(text.removeprefix(BYTE_ORDER_MARK)))
    except orjson.JSONDecodeError as error:
        place = f"line {error.lineno}, column {error.colno}"
        said = why_unreadable(text) or f"The document is not JSON; it breaks at {place}."
        raise refused([Finding("", said)]) from None


def _is_too_deep(value: object) -> bool:
    level = [value]
    for _ in range(DEEPEST + 1):
        level = [child for parent in level for child in _children(parent)]
        if not level:
            return False
    return True


def _children(value: object) -> Iterable[object]:
    match value:
        case dict():
            return value.values()
        case list():
            return value
        case _:
            return ()


def repeated_findings(places: Iterable[Location]) -> list[Finding]:
    """A finding for each key that an object repeats, with its place."""
    return [Finding(_path(place), _REPEATED) for place in places]


def shape_findings(error: ValidationError) -> list[Finding]:
    """Errors in a value's shape, each with its place and a sentence for the user."""
    details = error.errors(include_url=False, include_input=False)
    return [Finding(_path(detail["loc"]), _sentence(detail)) for detail in details]


def _sentence(detail: ErrorDetails) -> str:
    context: Mapping[str, object] = detail.get("ctx", {})
    sentence = _SENTENCES.get(detail["type"])
    return sentence.format(**context) if sentence else "This is not valid here."


def _path(location: Location) -> str:
    """`strategies[2].rate_limits[0].value`; keys that are not plain words are quoted."""
    path = ""
    for part in location:
        if part == "[key]":
            continue
        if isinstance(part, str) and _PLAIN_KEY.fullmatch(part):
            path += f".{part}"
        else:
            path += f"[{orjson.dumps(part).decode()}]"
    return path.removeprefix(".")
