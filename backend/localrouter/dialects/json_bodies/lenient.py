"""Reads the JSON that servers really send, where the fast and strict parser refuses it.

A lone surrogate (text that was cut between its halves), `NaN` and `Infinity`, a byte order mark, bytes that are no
UTF-8, line breaks inside of strings, numbers beyond any float: programs take all of these. What is read here is only
looked at, to meter an answer or to learn what an error says. Nothing that is sent is made from it.
"""

from __future__ import annotations

import codecs
import json
import math
import re

import orjson

_ESCAPES = re.compile(
    rb"\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|(?P<lone>u[dD][89a-fA-F][0-9a-fA-F]{2})|.)",
    re.DOTALL,
)
_LONGEST_INTEGER = 4_000  # digits; Python itself refuses longer ones


class Unreadable(ValueError):
    """No parser reads the text."""


class TooDeep(Unreadable):
    """The text may well be JSON, but is nested more deeply than can be read here."""


def loads(text: bytes) -> object:
    """The value of a JSON text, by whichever parser takes it. A lone surrogate reads as U+FFFD. Raises `Unreadable`."""
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return _lenient(text)


def _lenient(text: bytes) -> object:
    text = _ESCAPES.sub(_without_lone, text.removeprefix(codecs.BOM_UTF8))
    try:
        return json.loads(text.decode("utf-8", "replace"), parse_int=_integer, strict=False)
    except RecursionError:
        raise TooDeep from None
    except ValueError:
        raise Unreadable from None


def _without_lone(escape: re.Match[bytes]) -> bytes:
    return b"\\ufffd" if escape["lone"] else escape[0]


def _integer(digits: str) -> int | float:
    return int(digits) if len(digits) <= _LONGEST_INTEGER else math.inf
