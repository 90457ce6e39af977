"""The only place that writes the files that lead a browser to the pages: what stands in its command line is their path,
and nothing that opens anything. They are their owner's alone, and gone within a minute."""

from __future__ import annotations

import asyncio
from html import escape
from pathlib import Path

from localrouter.private_files import discard, write_private

OPENING_SECONDS = 60.0
_PATTERN = "open-*.html"


class OpeningFiles:
    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def place(self, name: str) -> Path:
        """Where the file of this name will be."""
        return self._folder / f"open-{name}.html"

    def write(self, path: Path, address: str) -> None:
        """A page that leads to the address, for `OPENING_SECONDS`; on the event loop."""
        write_private(path, _redirect(address).encode())
        asyncio.get_running_loop().call_later(OPENING_SECONDS, discard, path)

    def clear(self) -> None:
        """Remove them all, also what a process left behind that was killed."""
        for path in self._folder.glob(_PATTERN):
            discard(path)


def _redirect(address: str) -> str:
    target = escape(address, quote=True)
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>LocalRouter</title>'
        '<meta name="referrer" content="no-referrer">'
        f'<meta http-equiv="refresh" content="0;url={target}"></head>'
        f'<body><p><a href="{target}">Go to the pages of LocalRouter</a></p></body></html>\n'
    )
