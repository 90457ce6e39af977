"""Takes known secrets out of text that came from outside, however the text writes them.

A provider may echo a key plainly, escaped for JSON, URLs or HTML, in base64 or hexadecimal, cut short, wrapped, or in
other letter case. So pieces are looked for instead of whole values: a run of `PIECE` characters of any written form is
enough, however much of it is escaped. Text that only looks like a key is the dialects' work.

Whoever chooses a text learns from what is taken out of it. A run that began with what everybody knows of a key, such as
`sk-ant-api03-`, would let him guess one character at a time. So the runs are of what comes after that, and as long in
hexadecimal, where a character has two digits, as elsewhere.
"""

from __future__ import annotations

import base64
import html
import json
import re
from collections.abc import Iterable, Iterator
from urllib.parse import quote, quote_plus

from localrouter.domain.credentials.escapes import UnescapedText, readings, without_blanks

SHORTEST = 8  # characters; what is shorter is no secret, and would take words out of every text
PIECE = 12
HEX_PIECE = 2 * PIECE
MARK = "[key]"
_PUBLIC = re.compile(  # what everybody knows of a key: how its provider begins it
    r"(?:[A-Za-z]+ )?"
    r"(?:sk-(?:(?:proj|svcacct|admin|None|or-v1|ant-[a-z]{2,6}[0-9]{2})-)?|gsk_|hf_|xai-|pplx-|csk-|nvapi-|fw_|tgp_v1_"
    r"|github_pat_|gh[a-z]_|lr[sc]?-|AIza(?:Sy)?)(?=.{24})"
)
_LOWER = {code: code + 32 for code in range(ord("A"), ord("Z") + 1)}  # keeps the length, unlike str.lower


class Redactor:
    """Knows a set of secrets. Immutable: make a new one when a secret is added."""

    __slots__ = ("_pieces", "_public")

    def __init__(self, secrets: Iterable[str]) -> None:
        pieces: dict[int, set[str]] = {}
        public: set[str] = set()
        for secret in secrets:
            found = _PUBLIC.match(secret)
            own = secret[found.end() :] if found else secret
            public.update((found[0],) if found else ())
            for form, piece in _written(own) if len(own) >= SHORTEST else ():
                width = min(len(form), piece)
                pieces.setdefault(width, set()).update(_runs(form.translate(_LOWER), width))
            if len(whole := "".join(own.split())) >= PIECE:
                pieces.setdefault(PIECE, set()).update(_runs(whole.translate(_LOWER), PIECE))
        self._public = tuple(sorted(public, key=len, reverse=True))
        self._pieces = tuple((width, frozenset(runs)) for width, runs in pieces.items())

    def clean(self, text: str) -> str:
        """The text with each stretch that stems from a secret replaced by `[key]`."""
        found = self._stretches(text) if self._pieces else ()
        stretches = sorted((self._with_public(text, start), end) for start, end in found)
        return _without(text, stretches) if stretches else text

    def _with_public(self, text: str, start: int) -> int:
        """Where the stretch begins with what stands before it of the beginning of a key."""
        return next((start - len(each) for each in self._public if text.endswith(each, 0, start)), start)

    def _stretches(self, text: str) -> Iterator[tuple[int, int]]:
        """Where the text writes a piece of a secret, in any of the ways to read it."""
        last = UnescapedText.plain("")
        for last in readings(text):
            for width, runs in self._pieces:
                yield from _places(last, width, runs)
        # Short secrets are words too often to be looked for across the blanks of a sentence.
        long = dict(self._pieces).get(PIECE)
        if long is not None and _hits(without_blanks(last.text), PIECE, long):
            yield from _places(last.without_blanks(), PIECE, long)

    def holds_secret(self, text: str) -> bool:
        return self.clean(text) != text


def _written(secret: str) -> Iterator[tuple[str, int]]:
    """The forms in which text may carry the secret, each with the length of its pieces."""
    escaped = json.dumps(secret)[1:-1]
    forms = {
        secret,
        escaped,
        escaped.replace("/", "\\/"),
        html.escape(secret),
        quote(secret, safe=""),
        quote(secret),
        quote_plus(secret),
    }
    yield from ((form, PIECE) for form in forms)
    data = secret.encode("utf-8", "surrogatepass")
    yield data.hex(), HEX_PIECE
    for start in range(3):
        yield from ((form, PIECE) for form in _in_base64(data, start))


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


def _places(reading: UnescapedText, width: int, runs: frozenset[str]) -> Iterator[tuple[int, int]]:
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
