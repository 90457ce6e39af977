"""Reads streams of OpenAI's responses: what each event means to the router. Its bytes stay as they are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from localrouter.dialects.contract import StreamEvent
from localrouter.dialects.errors.classify import failure_in, failure_of
from localrouter.dialects.event_stream import EventStream, failed
from localrouter.dialects.json_bodies.lenient import Unreadable, loads
from localrouter.dialects.json_bodies.reading import utf8_size
from localrouter.dialects.json_bodies.values import object_at, text_at
from localrouter.dialects.openai_responses.answer import ENDED, is_error, size_of_item, usage_in, written_in
from localrouter.dialects.openai_responses.fields import NAME
from localrouter.dialects.openai_responses.neutral.events import EventTranslator
from localrouter.dialects.openai_responses.neutral.readings import reply_in
from localrouter.dialects.openai_responses.neutral.writer import EventWriter
from localrouter.dialects.sse import Event
from localrouter.domain.conversation.pieces import pieces_of
from localrouter.domain.conversation.request import ModelRequest

Json = Mapping[str, object]

_DONE = b"[DONE]"
_SILENT = frozenset({"message", "reasoning"})  # items that say something only by what follows
_ENDINGS = frozenset(f"response.{status}" for status in ENDED)


class ResponsesStream(EventStream):
    """Decodes one stream. A program that speaks another dialect gets what events say in neutral terms."""

    __slots__ = ("_finished", "_request", "_translator")

    def __init__(self, preset: str, request: ModelRequest) -> None:
        super().__init__(preset)
        self._request = request
        self._translator = None if request.dialect == NAME else EventTranslator()
        self._finished = 0

    @property
    def answers_finished(self) -> int:
        return self._finished

    def read(self, event: Event, data: bytes) -> StreamEvent:
        if data.strip() == _DONE:  # some servers end their streams like those of chat, too
            return StreamEvent(event.raw, done=self._finished > 0)
        try:
            told = loads(data)
        except Unreadable:
            told = None
        if event.name == b"error" and not isinstance(told, dict):
            return failed(failure_of(None, {}, data, self.preset))
        if not isinstance(told, dict):
            return StreamEvent(b"", malformed=True)
        kind = text_at(told, "type") or event.name.decode("utf-8", "replace")
        if kind == "response.failed":
            return self._failed(object_at(told, "response") or told)
        if event.name == b"error" or kind == "error" or (not kind and is_error(told)):
            return failed(failure_in(told, self.preset))
        if told.get("object") == "response":
            return self._whole(told)
        read = self._read(event.raw, kind, told)
        return (
            read if self._translator is None else replace(read, deltas=self._translator.deltas(kind, told, read.usage))
        )

    def _read(self, raw: bytes, kind: str, told: Json) -> StreamEvent:
        if kind.endswith(".delta"):
            size = utf8_size(text_at(told, "delta"))
            return StreamEvent(raw, size > 0, 0 if "audio.delta" in kind else size)
        if kind == "response.output_item.added":
            item = object_at(told, "item") or {}
            size = size_of_item(item)
            return StreamEvent(raw, size > 0 or item.get("type") not in _SILENT, size)
        if kind in _ENDINGS:
            response = object_at(told, "response") or {}
            self._finished = 1
            return StreamEvent(raw, finished=True, done=True, usage=usage_in(response), closes=True)
        if kind == "response.output_item.done":
            item = object_at(told, "item") or {}
            return StreamEvent(raw, bool(text_at(item, "encrypted_content")))
        if kind == "response.created":
            self.answer_id = text_at(object_at(told, "response"), "id") or None
        return StreamEvent(raw, "partial_image" in kind)

    def _failed(self, response: Json) -> StreamEvent:
        """A response that failed may have been billed for what it had said."""
        failure = failed(failure_in({"error": response.get("error") or {}}, self.preset))
        usage = usage_in(response)
        if usage is None:
            return failure
        self.more.append(failure)
        return StreamEvent(b"", usage=usage)

    def _whole(self, response: Json) -> StreamEvent:
        """The whole answer of a server that does not stream, as the only event of a stream."""
        if is_error(response):
            return self._failed(response)
        self._finished = 1
        reply = reply_in(response)
        deltas = tuple(pieces_of(reply))
        event = StreamEvent(b"", True, written_in(response), True, True, reply.usage, closes=True, deltas=deltas)
        if self._translator is not None:
            return event
        return replace(event, raw=EventWriter(self._request).event(event), deltas=())
