"""Reads streams of Gemini's: what each event means to the router. Its bytes stay as they are."""

from __future__ import annotations

from dataclasses import replace

from localrouter.dialects.contract import StreamEvent
from localrouter.dialects.errors.classify import failure_in, failure_of
from localrouter.dialects.event_stream import NOTHING, EventStream, failed
from localrouter.dialects.gemini.answer import (
    candidates_of,
    carries,
    failed_call,
    index_of,
    is_blocked,
    is_error,
    parts_of,
    size_of_part,
)
from localrouter.dialects.gemini.neutral.chunks import ChunkReader
from localrouter.dialects.gemini.usage import usage_in
from localrouter.dialects.json_bodies.lenient import Unreadable, exact, loads
from localrouter.dialects.json_bodies.number_lists import dumps
from localrouter.dialects.json_bodies.values import object_at
from localrouter.dialects.sse import Event, OversizedEvent
from localrouter.domain.routing.failures import Failure, FailureKind

Json = dict[str, object]


class BareChunk(StreamEvent):
    """A chunk of Gemini's own, without the frame of an event: `raw` is its JSON."""


class GeminiStream(EventStream):
    """Decodes one stream. `chunks` tells what events say in neutral terms, for a client that speaks another dialect.
    `bare`: the client speaks this one, and wants no events."""

    __slots__ = ("_bare", "_chunks", "_finished", "_has_said")

    def __init__(self, preset: str, chunks: ChunkReader | None = None, *, bare: bool = False) -> None:
        super().__init__(preset)
        self._bare = bare
        self._chunks = chunks
        self._finished: set[int] = set()  # the indexes of candidates
        self._has_said = False

    @property
    def answers_finished(self) -> int:
        return len(self._finished)

    def read(self, event: Event, data: bytes) -> StreamEvent:
        try:
            # Numbers matter where they are written anew.
            told = exact(data) if self._bare or (self._chunks is not None and b'"args"' in data) else loads(data)
        except Unreadable:
            told = None
        if isinstance(told, list) and event.raw.startswith(b"["):
            return self._array(told)
        if not isinstance(told, dict):
            if event.name == b"error":
                return failed(failure_of(None, {}, data, self.preset))
            return StreamEvent(b"", malformed=True)
        return self._read(event.raw if not event.raw.startswith(b"{") else written(told), told)

    def without_data(self, event: Event | OversizedEvent) -> StreamEvent:
        """Google's own programs take a comment for JSON, so it is a sign of life and nothing else."""
        return replace(super().without_data(event), raw=b"")

    def _array(self, told: list[object]) -> StreamEvent:
        """A stream that came as one array, as Google sends it to those who ask for no events."""
        first, *self.more = [self._read(written(each), each) for each in told if isinstance(each, dict)] or [NOTHING]
        return first

    def _read(self, raw: bytes, told: Json) -> StreamEvent:
        if is_error(told) or is_blocked(told):
            return failed(failure_in(told, self.preset))
        is_content, size, finished = False, 0, False
        for candidate in candidates_of(told):
            for part in parts_of(candidate):
                is_content = is_content or carries(part)
                size += size_of_part(part)
            if candidate.get("finishReason"):
                self._finished.add(index_of(candidate))
                finished = True
        if finished and not (self._has_said or is_content) and (why := failed_call(told)) is not None:
            return failed(Failure(FailureKind.UNSUPPORTED, why, status=200))
        self._has_said |= is_content
        usage = usage_in(object_at(told, "usageMetadata")) if "usageMetadata" in told else None
        if self._bare:
            return BareChunk(
                dumps(told), is_content, size, finished, usage=usage, closes=usage is not None and finished
            )
        event = StreamEvent(raw, is_content, size, finished, usage=usage, closes=usage is not None and finished)
        return event if self._chunks is None else replace(event, deltas=self._chunks.deltas(told, usage))


def written(chunk: Json) -> bytes:
    return b"data: " + dumps(chunk) + b"\n\n"
