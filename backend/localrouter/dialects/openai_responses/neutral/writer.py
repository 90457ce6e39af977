"""Writes a stream of neutral pieces as events: the answer begins, each of its items begins, grows and ends."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from localrouter.dialects.contract import StreamEvent
from localrouter.dialects.json_bodies.number_lists import dumps
from localrouter.dialects.openai_responses.neutral.open_items import Event, OpenCall, OpenMessage, OpenReasoning
from localrouter.dialects.openai_responses.neutral.outputs import COMPLETED, IN_PROGRESS, INCOMPLETE, Told
from localrouter.dialects.openai_responses.neutral.replies import ending_json, response_json, status_of
from localrouter.domain.conversation.reply import (
    ArgumentsPiece,
    Began,
    Cited,
    Delta,
    Finish,
    Finished,
    FinishReason,
    PartBegan,
    ReasoningPiece,
    ReasoningSealed,
    RefusalPiece,
    TextPiece,
    ToolCallBegan,
    UsageTold,
)
from localrouter.domain.conversation.request import ModelRequest, Usage

SIGNS_PER_EVENT = 8  # providers give one every few seconds, and Codex waits for minutes

Json = dict[str, object]


class EventWriter:
    """Writes one stream. Of what is said and thought one item is open at a time; calls may grow beside it. `has_begun`:
    its provider wrote the events so far, and only the end may be missing."""

    __slots__ = (
        "_calls",
        "_ended",
        "_finish",
        "_has_passed",
        "_items",
        "_model",
        "_open",
        "_request",
        "_sequence",
        "_signs",
        "_told",
        "_usage",
    )

    def __init__(self, request: ModelRequest, *, has_begun: bool = False) -> None:
        self._request = request
        self._told = Told.of("", request) if has_begun else None  # once it began
        self._has_passed = has_begun
        self._model = ""
        self._sequence = 0
        self._items: list[OpenMessage | OpenReasoning | OpenCall] = []
        self._open: OpenMessage | OpenReasoning | None = None
        self._calls: dict[int, OpenCall] = {}
        self._finish: Finish | None = None
        self._usage: Usage | None = None
        self._signs = 0  # of life, since something was said
        self._ended = False

    def event(self, event: StreamEvent) -> bytes:
        if event.is_alive:
            return self._alive()
        self._signs = 0
        written = b"".join(self._bytes(self._written(delta)) for delta in event.deltas)
        return written + self.end() if event.done else written

    def _alive(self) -> bytes:
        """What keeps a program waiting. Codex counts events alone: many signs of life in a row become one."""
        self._signs += 1
        if self._told is None or self._signs % SIGNS_PER_EVENT:
            return b""
        return self._bytes([("in_progress", {"response": self._response() | {"status": IN_PROGRESS}})])

    def end(self) -> bytes:
        """The end of all open items and of the answer; once."""
        if self._ended:
            return b""
        self._ended = True
        return self._bytes(self._end())

    def broke(self, error: Json, answer_id: str | None = None) -> bytes:
        """The end of an answer that is not whole. SDKs raise the first event, programs that read no errors see the
        second. `answer_id` is what the program knows it by, if its beginning passed."""
        self._ended = True
        flat = {name: error.get(name) for name in ("code", "message", "param")}
        code = "rate_limit_exceeded" if error.get("type") == "rate_limit_error" else error.get("code") or "server_error"
        told: Json = {"status": "failed", "error": {"code": code, "message": error.get("message")}}
        began = self._bytes(self._begin(Began()))
        if self._has_passed and answer_id is not None:
            told["id"] = answer_id
        return (
            began
            + self._event_bytes("error", flat | {"error": error})
            + self._bytes([("failed", {"response": self._response() | told})])
        )

    def _end(self) -> Iterator[Event]:
        yield from self._begin(Began())
        finish = self._finish or Finish(FinishReason.OTHER)
        status = status_of(finish)
        if isinstance(self._open, OpenMessage):
            yield from self._open.end(status)
            self._open = None
        yield from self._close()
        for call in self._calls.values():
            yield from call.end(COMPLETED if status == COMPLETED or call.is_whole else INCOMPLETE)
        yield status, {"response": self._response() | ending_json(finish, self._usage)}

    def _written(self, delta: Delta) -> Iterator[Event]:
        match delta:
            case UsageTold():
                self._usage = delta.usage
                return
            case Finished():
                self._finish = delta.finish
                return
            case Began():
                yield from self._begin(delta)
                return
        yield from self._begin(Began())
        match delta:
            case TextPiece():
                yield from self._said("output_text", delta)
            case RefusalPiece():
                yield from self._said("refusal", delta)
            case Cited():
                message = self._message()
                yield from message[1]
                yield from message[0].cite(delta.citation)
            case PartBegan():
                if self._open is not None:
                    yield from self._open.end_part()
            case ReasoningPiece() | ReasoningSealed():
                yield from self._thought(delta)
            case ToolCallBegan() | ArgumentsPiece():
                yield from self._called(delta)

    def _begin(self, began: Began) -> Iterator[Event]:
        if self._told is not None:
            return
        self._told, self._model = Told.of(began.id, self._request), began.model
        for name in ("created", "in_progress"):
            yield name, {"response": self._response() | {"status": IN_PROGRESS}}

    def _said(self, kind: str, piece: TextPiece | RefusalPiece) -> Iterator[Event]:
        message, begun = self._message()
        yield from begun
        yield from message.say(kind, piece.text, piece.logprobs if isinstance(piece, TextPiece) else ())

    def _message(self) -> tuple[OpenMessage, list[Event]]:
        """The open message, and the events by which it became that."""
        if isinstance(self._open, OpenMessage):
            return self._open, []
        ended = list(self._close())
        message = OpenMessage(self._about(), len(self._items))
        self._open = message
        self._items.append(message)
        return message, [*ended, *message.begin()]

    def _thought(self, delta: ReasoningPiece | ReasoningSealed) -> Iterator[Event]:
        if isinstance(self._open, OpenReasoning):
            thoughts = self._open
        elif isinstance(delta, ReasoningSealed) and delta.signature is None and delta.encrypted is None:
            return
        else:
            yield from self._close()
            self._open = thoughts = OpenReasoning(self._about(), len(self._items))
            self._items.append(thoughts)
            yield from thoughts.begin()
        if isinstance(delta, ReasoningPiece):
            yield from thoughts.think(delta.text, is_summary=delta.is_summary)
        else:
            yield from thoughts.end(delta)
            self._open = None

    def _called(self, delta: ToolCallBegan | ArgumentsPiece) -> Iterator[Event]:
        if isinstance(delta, ArgumentsPiece):
            if (call := self._calls.get(delta.index)) is not None:
                yield from call.argue(delta.text)
            return
        yield from self._close()
        for index, before in self._calls.items():
            if before.is_whole or index == delta.index:
                yield from before.end()
        call = self._calls[delta.index] = OpenCall(delta, self._about(), len(self._items))
        self._items.append(call)
        yield from call.begin()

    def _close(self) -> Iterator[Event]:
        if self._open is not None:
            yield from self._open.end()
            self._open = None

    def _about(self) -> Told:
        if self._told is None:
            raise LookupError("an item before the answer began")  # cannot be: whoever asks has begun it
        return self._told

    def _response(self) -> Json:
        return response_json(self._request, self._about(), self._model, [item.item for item in self._items])

    def _bytes(self, events: Iterable[Event]) -> bytes:
        return b"".join(self._event_bytes(f"response.{name}", told) for name, told in events)

    def _event_bytes(self, name: str, told: Json) -> bytes:
        head = {"type": name, "sequence_number": self._sequence}
        self._sequence += 1
        return b"event: " + name.encode() + b"\ndata: " + dumps(head | told) + b"\n\n"
