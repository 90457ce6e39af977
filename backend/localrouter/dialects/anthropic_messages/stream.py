"""Reads streams of Anthropic's messages: what each event means to the router. Its bytes stay as they are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from localrouter.dialects.anthropic_messages.answer import is_error, size_of_block, written_in
from localrouter.dialects.anthropic_messages.neutral.events import EventTranslator
from localrouter.dialects.anthropic_messages.neutral.replies import reply_in
from localrouter.dialects.anthropic_messages.neutral.writer import EventWriter
from localrouter.dialects.anthropic_messages.usage import UsageSoFar
from localrouter.dialects.contract import StreamEvent
from localrouter.dialects.errors.classify import failure_in, failure_of
from localrouter.dialects.event_stream import EventStream, failed
from localrouter.dialects.json_bodies.lenient import Unreadable, loads
from localrouter.dialects.json_bodies.reading import utf8_size
from localrouter.dialects.json_bodies.values import object_at, text_at
from localrouter.dialects.sse import Event
from localrouter.domain.conversation.pieces import pieces_of

Json = Mapping[str, object]

_CALLS = ("tool_use", "server_tool_use", "mcp_tool_use", "redacted_thinking")


class MessagesStream(EventStream):
    """Decodes one stream. `translator` tells what events say in neutral terms, for a client that speaks another
    dialect."""

    __slots__ = ("_finished", "_translator", "_usage")

    def __init__(self, preset: str, translator: EventTranslator | None = None) -> None:
        super().__init__(preset)
        self._translator = translator
        self._usage = UsageSoFar()
        self._finished = 0

    @property
    def answers_finished(self) -> int:
        return self._finished

    def read(self, event: Event, data: bytes) -> StreamEvent:
        try:
            told = loads(data)
        except Unreadable:
            told = None
        if event.name == b"error" and not isinstance(told, dict):
            return failed(failure_of(None, {}, data, self.preset))
        if not isinstance(told, dict):
            return StreamEvent(b"", malformed=True)
        if event.name == b"error" or is_error(told):
            return failed(failure_in(told, self.preset))
        if told.get("type") == "message":
            return self._whole(told)
        read = self._read(event.raw, told)
        return read if self._translator is None else replace(read, deltas=self._translator.deltas(told, read.usage))

    def _read(self, raw: bytes, told: Json) -> StreamEvent:
        match told.get("type"):
            case "content_block_delta":
                delta = object_at(told, "delta") or {}
                texts = (text_at(delta, name) for name in ("text", "thinking", "partial_json"))
                size = sum(map(utf8_size, texts))
                return StreamEvent(raw, size > 0 or bool(text_at(delta, "signature")), size)
            case "content_block_start":
                block = object_at(told, "content_block") or {}
                size = size_of_block(block)
                return StreamEvent(raw, size > 0 or block.get("type") in _CALLS, size)
            case "message_start":
                message = object_at(told, "message") or {}
                return StreamEvent(raw, usage=self._usage.take(message.get("usage")))
            case "message_delta":
                finished = bool((object_at(told, "delta") or {}).get("stop_reason"))
                self._finished += finished and not self._finished
                return StreamEvent(raw, finished=finished, usage=self._usage.take(told.get("usage")), closes=True)
            case "message_stop":
                return StreamEvent(raw, done=True)
            case "ping":
                return StreamEvent(raw, is_alive=True)
        return StreamEvent(raw)

    def _whole(self, message: Json) -> StreamEvent:
        """The whole answer of a server that does not stream, as the only event of a stream."""
        self._finished = 1
        reply = reply_in(message)
        deltas = tuple(pieces_of(reply))
        event = StreamEvent(b"", True, written_in(message), True, True, reply.usage, closes=True, deltas=deltas)
        if self._translator is not None:
            return event
        return replace(event, raw=EventWriter().event(event), deltas=())
