"""Writes a stream of neutral pieces as Gemini's chunks. Calls are written once they are whole, as Gemini has them."""

from __future__ import annotations

from localrouter.dialects.contract import StreamEvent
from localrouter.dialects.gemini.neutral.written import (
    Proofs,
    call_json,
    finish_json,
    grounding_of,
    head_of,
    logprobs_json,
)
from localrouter.dialects.gemini.usage import usage_json
from localrouter.domain.conversation.parts import Citation, ReasoningPart, ToolCallPart
from localrouter.domain.conversation.reply import (
    ArgumentsPiece,
    Began,
    Cited,
    Delta,
    Finish,
    Finished,
    FinishReason,
    ReasoningPiece,
    ReasoningSealed,
    RefusalPiece,
    TextPiece,
    ToolCallBegan,
    UsageTold,
)
from localrouter.domain.conversation.request import ModelRequest, Usage

Json = dict[str, object]


class ChunkWriter:
    """Writes one stream as bare chunks. `shows_thoughts`: whether the program asked for them."""

    def __init__(self, request: ModelRequest, *, shows_thoughts: bool) -> None:
        self._shows_thoughts = shows_thoughts
        self._request = request
        self._head = head_of("", "", request)
        self._began = self._ended = False
        self._thought = ""  # of the thoughts that no proof came for yet
        self._summary: list[str] = []
        self._proofs = Proofs()
        self._calls: dict[int, tuple[ToolCallBegan, list[str]]] = {}
        self._citations: list[Citation] = []
        self._finish: Finish | None = None
        self._usage: Usage | None = None

    def chunks(self, event: StreamEvent) -> list[Json]:
        self._began |= bool(event.deltas)
        told = [chunk for delta in event.deltas if (chunk := self._told(delta)) is not None]
        return [*told, *self.last()] if event.done else told

    def last(self) -> list[Json]:
        """The calls, the reason to end and the usage; once, and not of a stream that passes as it comes."""
        if self._ended or not self._began:
            return []
        self._ended = True
        parts = self._whole_calls()
        if signed := self._proofs.of_text():
            parts.append({"text": "", **signed})
        candidate = finish_json(self._finish or Finish(FinishReason.OTHER))
        if self._citations:
            candidate["groundingMetadata"] = grounding_of(self._citations)
        chunk = self._chunk(parts or [{"text": ""}], candidate)
        return [chunk if self._usage is None else chunk | {"usageMetadata": usage_json(self._usage)}]

    def _told(self, delta: Delta) -> Json | None:
        match delta:
            case Began():
                self._head = head_of(delta.id, delta.model, self._request)
            case UsageTold():
                self._usage = delta.usage
            case Finished():
                self._finish = delta.finish
            case Cited():
                self._citations.append(delta.citation)
            case ToolCallBegan():
                self._calls[delta.index] = (delta, [])
            case ArgumentsPiece():
                if delta.index in self._calls:
                    self._calls[delta.index][1].append(delta.text)
            case ReasoningSealed():
                self._seal(delta)
            case ReasoningPiece():
                return self._think(delta)
            case TextPiece() | RefusalPiece():
                logprobs = delta.logprobs if isinstance(delta, TextPiece) else ()
                more: Json = {"logprobsResult": logprobs_json(logprobs)} if logprobs else {}
                return self._chunk([*self._whole_calls(), {"text": delta.text}], more)
        return None

    def _think(self, piece: ReasoningPiece) -> Json | None:
        if piece.is_summary:
            self._summary.append(piece.text)
        else:
            self._thought += piece.text
        return self._chunk([{"text": piece.text, "thought": True}]) if self._shows_thoughts else None

    def _seal(self, sealed: ReasoningSealed) -> None:
        self._proofs.take(
            ReasoningPart(
                self._thought,
                tuple(self._summary),
                sealed.signature,
                sealed.encrypted,
                sealed.redacted,
                sealed.dialect,
                sealed.item_id,
            )
        )
        self._thought, self._summary = "", []

    def _whole_calls(self) -> list[Json]:
        calls, self._calls = self._calls, {}
        return [
            {
                **call_json(ToolCallPart(began.id, began.name, "".join(pieces))),
                **self._proofs.of_call(began.id),
            }
            for began, pieces in calls.values()
        ]

    def _chunk(self, parts: list[Json], more: Json | None = None) -> Json:
        candidate: Json = {"content": {"role": "model", "parts": parts}, "index": 0, **(more or {})}
        return {"candidates": [candidate], **self._head}
