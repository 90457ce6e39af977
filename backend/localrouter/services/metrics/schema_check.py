"""Checks whether a newer release wrote the metrics database. Reads its bytes, since SQLite would leave files behind.

In SQLite's file format the tables' version is in the first page, whose newest copy may still be in the write-ahead log.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from localrouter.services.metrics.schema import VERSION, too_new

_MAGIC = b"SQLite format 3\x00"
_USER_VERSION = slice(60, 64)
_LOG_HEADER, _FRAME_HEADER = 32, 24
_FIRST_PAGE = (1).to_bytes(4)
_PAGE_SIZES = {2**power for power in range(9, 17)}


def newer_tables(path: Path) -> str | None:
    """Why this release must leave the database alone; None if it need not."""
    try:
        with path.open("rb") as file:
            head = file.read(100)
        heads = [head, *_heads_in_log(path.with_name(f"{path.name}-wal"))] if head.startswith(_MAGIC) else []
    except OSError:
        return None
    version = int.from_bytes(heads[-1][_USER_VERSION]) if heads else 0
    if version <= VERSION:
        return None
    return f"{path}: {too_new(version)}"


def _heads_in_log(path: Path) -> Iterator[bytes]:
    """The start of each copy of the first page in the log, oldest first."""
    try:
        file = path.open("rb")
    except FileNotFoundError:
        return
    with file:
        header = file.read(_LOG_HEADER)
        size = int.from_bytes(header[8:12])
        if len(header) == _LOG_HEADER and size in _PAGE_SIZES:
            yield from _frames_of_first_page(file, size, salts=header[16:24])


def _frames_of_first_page(file: BinaryIO, size: int, *, salts: bytes) -> Iterator[bytes]:
    while len(frame := file.read(_FRAME_HEADER)) == _FRAME_HEADER and frame[8:16] == salts:
        if frame[:4] != _FIRST_PAGE:
            file.seek(size, 1)
            continue
        page = file.read(size)
        if len(page) == size:
            yield page[:100]
