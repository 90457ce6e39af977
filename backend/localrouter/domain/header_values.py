"""How a text becomes the value of a header: every one that differs stays different, and none is too long."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from urllib.parse import quote

LONGEST_NAME, LONGEST_LIST = 1_024, 4_096  # bytes
_AS_IT_IS = "".join(map(chr, range(0x21, 0x7F))).replace("%", "")
_DIGEST = 16


def encoded(text: str, *, spaces: bool = False) -> str:
    """A text as printable ASCII: all else, and the percent sign, as percent-encoded UTF-8, which any decoder of
    addresses reads. `spaces` stay where the text is for people."""
    return quote(text, safe=_AS_IT_IS + " " * spaces, errors="surrogatepass")


def name_value(name: str) -> str:
    """A name of any length. What stands behind a cut is told apart by a digest."""
    value = encoded(name)
    if len(value) <= LONGEST_NAME:
        return value
    digest = hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:_DIGEST]
    return f"{value[: LONGEST_NAME - _DIGEST - 1]}~{digest}"


def list_value(sentences: Sequence[str]) -> str:
    """Sentences one behind the other; of those that do not fit only how many there are."""
    value = ""
    for place, sentence in enumerate(sentences):
        each = encoded(sentence, spaces=True).strip()
        longer = f"{value}; {each}" if value else each
        if len(longer) > LONGEST_LIST:
            more = len(sentences) - place
            return f"{value}; {more} more" if value else f"{each[: LONGEST_LIST - 40]}...; {more - 1} more"
        value = longer
    return value
