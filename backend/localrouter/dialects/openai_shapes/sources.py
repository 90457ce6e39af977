"""Where pictures and files come from: an address, or data in the place of one."""

from __future__ import annotations

import re

from localrouter.domain.conversation.parts import Inline, Remote, Source

_DATA_URL = re.compile(r"data:([^;,]*)(?:;[^;,]*)*;base64,", re.IGNORECASE)


def source_of(url: str) -> Source:
    found = _DATA_URL.match(url[:200])
    return Remote(url) if found is None else Inline(url[found.end() :], found[1] or None)
