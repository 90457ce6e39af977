"""Takes known secrets out of text that came from outside, however the text writes them.

A provider may echo a key plainly, escaped for JSON, URLs or HTML, in base64 or hexadecimal, cut short, wrapped, or in
other letter case. So pieces are looked for instead of whole values: a run of `PIECE` characters of any written form is
enough, however much of it is escaped. Text that only looks like a key is the dialects' work.
"""

from __future__ import annotations

import base64
import html
import json
from collections.abc import Iterable, Iterator
from urllib.parse import quote, quote_plus

from localrouter.domain.escapes import Reading, readings, without_blanks

SHORTEST = 8  # characters; what is shorter is no secret, and would take words out of every text
PIECE = 12
MARK = "[key]"
_LOWER = {code: code + 32 for code in range(ord("A"), ord("Z") + 1)}  # keeps the length, unlike str.lower


class Redactor:
    """Knows a set of secrets. Immutable: make a new one when a secret is added."""

    __slots__ = ("_pieces",)

    def __init__(self, secrets: Iterable[str]) -> None:
        pieces: dict[int, set[str]] = {}
        for secret in secrets:
            for form in _written(secret) if len(secret) >= SHORTEST else ():
                width = min(len(form), PIECE)
                pieces.setdefault(width, set()).update(_runs(form.translate(_LOWER), width))
            if len(whole := "".join(secret.split())) >= PIECE:
                pieces.setdefault(PIECE, set()).update(_runs(whole.translate(_LOWER), PIECE))
        self._pieces = tuple((width, frozenset(runs)) for width, runs in pieces.items())

    def clean(self, text: str) -> str:
        """The text with each stretch that stems from a secret replaced by `[key]`."""
        stretches = sorted(self._stretches(text)) if self._pieces else []
        return _without(text, stretches) if stretches else text

    def _stretches(self, text: str) -> Iterator[tuple[int, int]]:
        """Where the text writes a piece of a secret, in any of the ways to read it."""
        last = Reading.plain("")
        for last in readings(text):
            for width, runs in self._pieces:
                yield from _places(last, width, runs)
        # Short secrets are words too often to be looked for across the blanks of a sentence.
        long = dict(self._pieces).get(PIECE)
        if long is not None and _hits(without_blanks(last.text), PIECE, long):
            yield from _places(last.without_blanks(), PIECE, long)

    def holds_secret(self, text: str) -> bool:
        return self.clean(text) != text


def _written(secret: str) -> Iterator[str]:
    """The forms in which text may carry the secret."""
    escaped = json.dumps(secret)[1:-1]
    forms = {
        secret,
        escaped,
        escaped.replace("/", "\\/"),
        html.escape(secret),
        quote(secret, safe=""),
        quote(secret),
        quote_plus(secret),
        secret.encode("utf-8", "surrogatepass").hex(),
    }
    yield from forms
    for start in range(3):
        yield from _in_base64(secret.encode("utf-8", "surrogatepass"), start)


def _in_base64(secret: bytes, start: int) -> Iterator[str]:
    """What base64 of a longer text, in which the secret begins at byte `start` of a group of three, always shows."""
    text = base64.b64encode(bytes(start) + secret).decode().rstrip("=")
    first = -(-start * 8 // 6)  # characters that bits of the text before it are part of
    last = (start + len(secret)) * 8 // 6
    core = text[first:last]
    if len(core) >= SHORTEST:
        yield core
        yield core.translate({ord("+"): "-", ord("/"): "_"})


def _runs(form: str, width: int) -> Iterator[str]:
    return (form[start : start + width] for start in range(len(form) - width + 1))


def _hits(text: str, width: int, runs: frozenset[str]) -> list[int]:
    lowered = text.translate(_LOWER)
    return [start for start in range(len(lowered) - width + 1) if lowered[start : start + width] in runs]


def _places(reading: Reading, width: int, runs: frozenset[str]) -> Iterator[tuple[int, int]]:
    for start in _hits(reading.text, width, runs):
        yield reading.starts[start], reading.ends[start + width - 1]


def _without(text: str, stretches: Iterable[tuple[int, int]]) -> str:
    """Stretches, sorted by their start, that touch or overlap are of one secret and leave one mark."""
    parts: list[str] = []
    kept_from = 0
    for start, end in stretches:
        if start > kept_from or not parts:
            parts += (text[kept_from:start], MARK)
        kept_from = max(kept_from, end)
    return "".join(parts) + text[kept_from:]
