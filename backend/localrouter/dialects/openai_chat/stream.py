"""Reads OpenAI-like streams: what each event means to the router. Its bytes stay as they are."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace

from localrouter.dialects.contract import StreamEvent
from localrouter.dialects.errors.classify import failure_in, failure_of
from localrouter.dialects.event_stream import NOTHING, EventStream, failed
from localrouter.dialects.json_bodies.lenient import Unreadable, exact, loads
from localrouter.dialects.json_bodies.number_lists import dumps
from localrouter.dialects.json_bodies.reading import utf8_size
from localrouter.dialects.openai_chat.answer import error_in, has_error, object_of, usage_in
from localrouter.dialects.openai_chat.neutral.chunks import ChunkReader
from localrouter.dialects.openai_chat.whole_and_streamed import as_chunks, is_whole, joined
from localrouter.dialects.sse import Event, event_of
from localrouter.domain.routing.failures import Failure, FailureKind

_DONE = b"[DONE]"
_TEXTS = ("content", "reasoning_content", "reasoning", "refusal")
_PARTS = ("content", "tool_calls", "function_call", "images", "audio")
# Matched as written in JSON: slightly longer than the text if it has escapes.
_WRITTEN = re.compile(
    rb'"(?:content|text|reasoning_content|reasoning|refusal|arguments)"\s*:\s*"([^"\\]*(?:\\.[^"\\]*)*)', re.DOTALL
)
MAX_SEARCHED_BYTES = 256 * 1024  # bytes of an answer that broke off
_NOT_TEXT = frozenset({"id", "type", "image_url", "data"})


class OpenAIChatStream(EventStream):
    """Decodes one stream. `shows_usage`: whether the client asked for the chunk that carries only the usage. `reader`
    tells what chunks say in neutral terms, for a client that speaks another dialect."""

    __slots__ = ("_chunks", "_finished", "_has_said", "_shows_usage")

    def __init__(self, preset: str, *, shows_usage: bool, reader: ChunkReader | None = None) -> None:
        super().__init__(preset)
        self._chunks = reader
        self._shows_usage = shows_usage
        self._finished: set[object] = set()  # the indexes of choices
        self._has_said = False

    @property
    def answers_finished(self) -> int:
        return len(self._finished)

    def read(self, event: Event, data: bytes) -> StreamEvent:
        if data == _DONE:
            return StreamEvent(event.raw, done=True)
        try:
            chunk = object_of(loads(data))
        except Unreadable:
            return self._unreadable(event, data)
        if chunk is None:
            return StreamEvent(b"", malformed=True)
        # Search the bytes first: it is far cheaper, and nearly no event has an error.
        if event.name == b"error" or ((b'"error"' in data or "choices" not in chunk) and has_error(chunk)):
            return failed(failure_in(error_in(chunk), self.preset))
        if "choices" not in chunk or not (event.raw.startswith(b"{") or (not self._has_said and is_whole(chunk))):
            return self._chunk(event.raw, chunk)
        chunks = as_chunks(_exactly(data, chunk))
        first, *self.more = [self._chunk(_written(each), each) for each in chunks] or [NOTHING]
        return first

    def _unreadable(self, event: Event, data: bytes) -> StreamEvent:
        if event.name == b"error":
            return failed(failure_of(None, {}, data, self.preset))
        if data.strip() == _DONE:
            return StreamEvent(event.raw, done=True)
        return StreamEvent(b"", malformed=True)

    def _chunk(self, raw: bytes, chunk: dict[str, object]) -> StreamEvent:
        event = self._event(raw, chunk)
        return event if self._chunks is None else replace(event, deltas=self._chunks.deltas(chunk, event.usage))

    def _event(self, raw: bytes, chunk: dict[str, object]) -> StreamEvent:
        usage = usage_in(chunk) if chunk.get("usage") or "x_groq" in chunk else None
        choices = chunk.get("choices")
        if not isinstance(choices, list) or not choices:
            hidden = usage is not None and not self._shows_usage
            return StreamEvent(b"" if hidden else raw, usage=usage, closes=usage is not None)
        finished = [choice for choice in choices if isinstance(choice, dict) and choice.get("finish_reason")]
        for choice in finished:
            index = choice.get("index", 0)
            self._finished.add(index if isinstance(index, int) else 0)
        contents = [_content_of(choice) for choice in choices if isinstance(choice, dict)]
        is_content = any(carries for carries, _ in contents)
        self._has_said |= is_content
        return StreamEvent(raw, is_content, sum(size for _, size in contents), bool(finished), usage=usage)


def written_in(answer: dict[str, object]) -> int:
    """The bytes of the model's text in a whole answer."""
    choices = answer.get("choices")
    said = [choice for choice in (choices if isinstance(choices, list) else ()) if isinstance(choice, dict)]
    return sum(_content_of({"delta": choice.get("message"), **choice})[1] for choice in said)


def joined_answer(body: bytes, stream: OpenAIChatStream) -> dict[str, object] | Failure:
    """The whole answer that a stream makes, or why it is none."""
    events = [*stream.feed(body), *stream.end()]
    if (failure := next((event.failure for event in events if event.failure is not None), None)) is not None:
        return failure
    if not stream.answers_finished and not any(event.done for event in events):
        return Failure(FailureKind.SERVER_ERROR, "The provider's answer broke off: no finish reason came.", status=200)
    return joined(chunk for event in events if (chunk := _chunk_in(event.raw)) is not None)


def _chunk_in(raw: bytes) -> dict[str, object] | None:
    event = event_of(raw) if raw else None
    if not isinstance(event, Event) or not event.data or event.data.strip() == _DONE:
        return None
    return object_of(exact(event.data))


def written_in_part(body: bytes) -> int:
    """The bytes of the model's text in the beginning of an answer, the last text perhaps cut. Only the first part of a
    long one is searched; the rest counts as text."""
    return sum(len(text) for text in _WRITTEN.findall(body, 0, MAX_SEARCHED_BYTES)) + max(
        0, len(body) - MAX_SEARCHED_BYTES
    )


def _content_of(choice: dict[str, object]) -> tuple[bool, int]:
    """Whether a choice carries text, reasoning, a refusal or a tool call, and its bytes of text."""
    text = choice.get("text")
    if isinstance(text, str) and text:
        return True, utf8_size(text)
    delta = choice.get("delta")
    if not isinstance(delta, dict):
        return False, 0
    content = delta.get("content")
    if len(delta) == 1 and isinstance(content, str):
        return content != "", utf8_size(content)
    size = 0
    for name in _TEXTS:
        value = delta.get(name)
        if value and isinstance(value, str):
            size += utf8_size(value)
    details = delta.get("reasoning_details")
    if details and not (delta.get("reasoning") or delta.get("reasoning_content")):  # they repeat these
        size += _size_of_details(details)
    carries = size > 0 or bool(details)
    for name, value in delta.items():
        if not value or name == "role":
            continue
        carries = True  # whatever it is: something comes
        if name in _PARTS and not isinstance(value, str):
            size += _size_of_parts(value)
    return carries, size


def _size_of_details(details: object) -> int:
    """The bytes of thoughts and their summaries; encrypted parts and signatures are no text."""
    found = (detail.get(name) for detail in _items(details) if isinstance(detail, dict) for name in ("text", "summary"))
    return sum(utf8_size(text) for text in found if isinstance(text, str))


def _items(value: object) -> Iterable[object]:
    return value if isinstance(value, list) else ()


def _size_of_parts(value: object) -> int:
    """The bytes of all text in tool calls or content parts, however deep."""
    size, left = 0, [value]
    while left:
        match left.pop():
            case str() as text:
                size += utf8_size(text)
            case list() as parts:
                left += parts
            case dict() as part:
                left += [value for name, value in part.items() if name not in _NOT_TEXT]
    return size


def _written(chunk: dict[str, object]) -> bytes:
    return b"data: " + dumps(chunk) + b"\n\n"


def _exactly(data: bytes, chunk: dict[str, object]) -> dict[str, object]:
    """The chunk with its numbers as they were written."""
    value = exact(data)
    return value if isinstance(value, dict) else chunk
