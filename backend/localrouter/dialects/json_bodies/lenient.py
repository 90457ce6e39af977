"""Reads the JSON that servers really send, where the fast and strict parser refuses it.

A lone surrogate (text that was cut between its halves), `NaN` and `Infinity`, a byte order mark, bytes that are no
UTF-8, line breaks inside of strings, numbers beyond any float: programs take all of these. What is read here is mostly
only looked at, to meter an answer or to learn what an error says. Numbers that no float or 64 bits hold stay as they
were written.
"""

from __future__ import annotations

import codecs
import json
import re

import orjson

from localrouter.dialects.json_bodies.as_written import constant, integer, may_be_rounded, real

_ESCAPES = re.compile(
    rb"\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|(?P<lone>u[dD][89a-fA-F][0-9a-fA-F]{2})|.)",
    re.DOTALL,
)

_DECODER = json.JSONDecoder(parse_int=integer, parse_float=real, parse_constant=constant, strict=False)


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


def exact(text: bytes) -> object:
    """The same with every number as it was written, for a text that is written anew."""
    return _lenient(text) if may_be_rounded(text) else loads(text)


def _lenient(text: bytes) -> object:
    text = _ESCAPES.sub(_without_lone, text.removeprefix(codecs.BOM_UTF8))
    try:
        return _DECODER.decode(text.decode("utf-8", "replace"))
    except RecursionError:
        raise TooDeep from None
    except ValueError:
        raise Unreadable from None


def _without_lone(escape: re.Match[bytes]) -> bytes:
    return b"\\ufffd" if escape["lone"] else escape[0]
