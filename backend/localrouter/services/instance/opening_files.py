"""Writes the files that lead a browser to the pages. Its command line, which others can see, then holds only a path and
no code. Only their owner can read these files, and they are gone within a minute."""

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
        """The path of the file with this name."""
        return self._folder / f"open-{name}.html"

    def write(self, path: Path, address: str) -> None:
        """Write a page that redirects to the address, for `OPENING_SECONDS`. Call it on the event loop."""
        write_private(path, _redirect(address).encode())
        asyncio.get_running_loop().call_later(OPENING_SECONDS, discard, path)

    def clear(self) -> None:
        """Remove all such files, including those of a killed process."""
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
