"""The frame of every decoder of server-sent events: what each dialect's stream has in common.

A dialect says what an event with data means (`read`); the rest is the same everywhere: comments and empty events, web
pages, events without measure, and where reading ends.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from localrouter.dialects.contract import StreamEvent
from localrouter.dialects.errors.classify import failure_of
from localrouter.dialects.sse import Event, EventReader, OversizedEvent
from localrouter.domain.routing.failures import Failure, FailureKind

NOTHING = StreamEvent(b"")


class EventStream:
    """Decodes one stream of a provider with this preset. What an event says beyond its first `StreamEvent` goes to
    `more`."""

    __slots__ = ("answer_id", "more", "preset", "reader")

    def __init__(self, preset: str) -> None:
        self.preset = preset
        self.reader = EventReader()
        self.more: list[StreamEvent] = []
        self.answer_id: str | None = None

    def feed(self, data: bytes) -> Sequence[StreamEvent]:
        return self._decoded(self.reader.feed(data))

    def end(self) -> Sequence[StreamEvent]:
        return self._decoded(self.reader.end())

    def read(self, event: Event, data: bytes) -> StreamEvent:
        """What an event with this data means."""
        raise NotImplementedError

    def _decoded(self, events: Iterable[Event | OversizedEvent]) -> list[StreamEvent]:
        """Stops at a failure: nobody reads on behind it."""
        decoded = []
        for event in events:
            if isinstance(event, Event) and event.data:
                decoded.append(self.read(event, event.data))
                if self.more:
                    decoded += self.more
                    self.more = []
            else:
                decoded.append(self.without_data(event))
            if decoded[-1].failure is not None:
                break
        return decoded

    def without_data(self, event: Event | OversizedEvent) -> StreamEvent:
        """A comment keeps the connection alive and is passed on; a web page is no stream."""
        if isinstance(event, OversizedEvent):
            said = f"One event of the stream has more than {event.excess}."
            return failed(Failure(FailureKind.SERVER_ERROR, said))
        if event.data is not None:
            return NOTHING  # programs would try to read it as JSON
        if event.raw.lstrip().startswith(b"<"):
            return failed(failure_of(None, {}, event.raw, self.preset))
        return StreamEvent(event.raw, is_alive=True)


def failed(failure: Failure) -> StreamEvent:
    return StreamEvent(b"", failure=failure)
