"""The only reader of server-sent events: bytes in any fragmentation in, whole events out, as they came."""

from __future__ import annotations

import re
from typing import NamedTuple

from localrouter.dialects.json_bodies.lenient import Unreadable, loads
from localrouter.dialects.json_bodies.weight import LIGHT, Weigher

MAX_LINES = 20_000  # of one event, whose end of a line may be two bytes
MAX_EVENT_BYTES = 16 * 1024 * 1024

COMMENT = b": keepalive\n\n"

_BOM = b"\xef\xbb\xbf"
_LINE_END = re.compile(rb"\r\n|\n|\r")
# Two line ends in a row. A carriage return that is the last byte so far may be half of one: it waits for the next byte.
_BLANK_LINE = re.compile(rb"(?:\r\n|\n|\r(?!\n))(?:\r\n|\n|\r(?=[^\n]))")
_LONGEST_BLANK_LINE = 4
# A line that ends as JSON does, with the next one at once behind it: some servers put no blank line between events.
_UNPARTED = re.compile(rb"\}(\r\n|\n|\r)(?=data:)")
_LONGEST_UNPARTED = 8
_BLANKS = b" \t\r\n"
_FIRST_LINE = re.compile(rb"(?:\xef\xbb\xbf)?[ \t\r\n]*(?:data|event|id|retry)?:")


def begins_stream(beginning: bytes) -> bool:
    """Whether a body begins as a stream of events does, which no JSON text does."""
    return _FIRST_LINE.match(beginning) is not None


class Event(NamedTuple):
    """One event. `raw` ends with its blank line; `data` is None for comments and the like; `name` is mostly empty."""

    raw: bytes
    data: bytes | None
    name: bytes = b""


class OversizedEvent(NamedTuple):
    """An event grew over the cap: the stream cannot be read further. `excess` is what it has more than."""

    excess: str


class EventReader:
    """Reads one stream. Not to be fed any more after `OversizedEvent`."""

    __slots__ = ("_buffer", "_document", "_max", "_returns", "_searched", "_started", "_weigher")

    def __init__(self, max_event_bytes: int = MAX_EVENT_BYTES) -> None:
        self._buffer = bytearray()
        self._searched = 0
        self._started = False
        self._returns = False  # whether a carriage return was ever seen
        self._max = max_event_bytes
        self._weigher: Weigher | None = None  # of an event that is long already, and not whole yet
        self._document: Weigher | None = None  # of a JSON text in the place of a stream

    def feed(self, data: bytes) -> list[Event | OversizedEvent]:
        if b"\r" in data:
            self._returns = True
        elif self._started and not self._buffer and data.endswith(b"\n\n") and b"}\ndata:" not in data:
            return [event_of(raw + b"\n\n") for part in data.split(b"\n\n") if (raw := part.lstrip(b"\n"))]
        searched = max(0, len(self._buffer) - _LONGEST_UNPARTED)
        self._buffer += data
        if _UNPARTED.search(self._buffer, searched) is not None:
            self._part()
        if not self._started and not self._has_begun():
            return []
        if self._document is not None:
            return self._read_document(self._document, data)
        if self._weigher is not None and (excess := self._weigher.feed(data)) is not None:
            return [OversizedEvent(excess)]
        events = self._whole_events()
        if len(self._buffer) > self._max:
            events.append(OversizedEvent(f"{self._max:,} bytes"))
        elif len(self._buffer) <= LIGHT:
            self._weigher = None
        elif self._weigher is None or events:
            self._weigher = Weigher()
            if (excess := self._weigher.feed(bytes(self._buffer))) is not None:
                events.append(OversizedEvent(excess))
        return events

    def end(self) -> list[Event | OversizedEvent]:
        """What was still incomplete, as if its blank line had come."""
        rest = bytes(self._buffer).strip(b"\r\n")
        self._buffer = bytearray()
        return [event_of(rest + b"\n\n")] if rest else []

    def _part(self) -> None:
        """Put the blank line where it is missing: behind data that is whole with the first line of its event."""
        parted, at = bytearray(), 0
        for match in _UNPARTED.finditer(self._buffer):
            start = self._line_start(match.start())
            is_pair = self._buffer[max(0, start - 2) : start] == b"\r\n"
            before = self._buffer[self._line_start(start - 1 - is_pair) : start] if start > at else b""
            line = bytes(self._buffer[start : match.start() + 1]).removeprefix(_BOM)
            if line.startswith(b"data:") and not before.startswith(b"data") and _is_json(line.partition(b":")[2]):
                parted += self._buffer[at : match.end()]
                parted += match[1]
                at = match.end()
        self._buffer = parted + self._buffer[at:]
        self._searched = 0

    def _line_start(self, end: int) -> int:
        """Where the line that ends there begins."""
        return max(self._buffer.rfind(b"\n", 0, max(0, end)), self._buffer.rfind(b"\r", 0, max(0, end))) + 1

    def _has_begun(self) -> bool:
        """Skip a byte order mark, and the white space by which some servers keep a connection open."""
        if len(self._buffer) < len(_BOM) and _BOM.startswith(self._buffer):
            return False
        if self._buffer.startswith(_BOM):
            del self._buffer[: len(_BOM)]
        del self._buffer[: len(self._buffer) - len(self._buffer.lstrip(_BLANKS))]
        self._started = bool(self._buffer)
        if self._buffer.startswith((b"{", b"[")):
            self._document = Weigher()
        return self._started

    def _read_document(self, weigher: Weigher, data: bytes) -> list[Event | OversizedEvent]:
        """A JSON text has no blank line behind it, and may have some inside: it is one event once it is closed."""
        excess = weigher.feed(bytes(self._buffer) if weigher.size == 0 else data)
        if excess is None and len(self._buffer) > self._max:
            excess = f"{self._max:,} bytes"
        if excess is not None:
            return [OversizedEvent(excess)]
        if not weigher.is_closed:
            return []
        self._document = None
        try:
            loads(bytes(self._buffer))
        except Unreadable:  # more than one: an error and a terminator, say
            return self._whole_events()
        return self.end()

    def _whole_events(self) -> list[Event | OversizedEvent]:
        start, search = 0, self._searched
        events: list[Event | OversizedEvent] = []
        while (end := self._blank_line_end(search)) is not None:
            raw = bytes(self._buffer[start:end]).lstrip(b"\r\n")
            if raw:
                events.append(event_of(raw))
            start = search = end
        del self._buffer[:start]
        self._searched = max(0, len(self._buffer) - _LONGEST_BLANK_LINE)
        return events

    def _blank_line_end(self, search: int) -> int | None:
        if not self._returns:
            found = self._buffer.find(b"\n\n", search)
            return None if found < 0 else found + 2
        match = _BLANK_LINE.search(self._buffer, search)
        return None if match is None else match.end()


def _is_json(text: bytes) -> bool:
    try:
        loads(text)
    except Unreadable:
        return False
    return True


def event_of(raw: bytes) -> Event | OversizedEvent:
    """The parts of one whole event."""
    if raw.startswith(b"data: ") and raw.find(b"\n") == len(raw) - 2 and b"\r" not in raw:
        return Event(raw, raw[6:-2])
    if raw.startswith((b"{", b"[")):  # a bare JSON error where an event should be
        return Event(raw, raw.strip())
    if raw.count(b"\n") + raw.count(b"\r") > MAX_LINES:
        return OversizedEvent(f"{MAX_LINES:,} lines")
    data: list[bytes] = []
    name = b""
    for line in _LINE_END.split(raw):
        field, _, value = line.partition(b":")
        value = value.removeprefix(b" ")
        if field == b"data":
            data.append(value)
        elif field == b"event":
            name = value
        elif field == b"error":  # llama.cpp names the field instead of the event
            name = b"error"
            data.append(value)
    return Event(raw, b"\n".join(data) if data else None, name)
