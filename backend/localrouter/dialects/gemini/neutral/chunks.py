"""The chunks of a stream of Gemini's, in neutral terms."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from localrouter.dialects.gemini.answer import candidates_of, index_of, parts_of
from localrouter.dialects.gemini.fields import NAME
from localrouter.dialects.gemini.neutral.replies import citations_in, finish_in, logprobs_in, spoken_text
from localrouter.dialects.gemini.neutral.signatures import id_of
from localrouter.dialects.json_bodies.number_lists import dumps
from localrouter.dialects.json_bodies.values import text_at
from localrouter.domain.conversation.reply import (
    ArgumentsPiece,
    Began,
    Cited,
    Delta,
    Finished,
    ReasoningPiece,
    ReasoningSealed,
    TextPiece,
    ToolCallBegan,
    UsageTold,
)
from localrouter.domain.conversation.request import Usage

Json = Mapping[str, object]


class ChunkReader:
    """Reads the chunks of one stream. Of several answers it reads the first. `request_id` is whose answer it is: calls
    get ids from it where the stream has none of its own."""

    __slots__ = ("_began", "_calls", "_id", "_request_id")

    def __init__(self, request_id: str = "") -> None:
        self._request_id = request_id
        self._began = False
        self._calls = 0
        self._id = ""

    def deltas(self, chunk: Json, usage: Usage | None) -> tuple[Delta, ...]:
        return tuple(self._deltas(chunk, usage))

    def _deltas(self, chunk: Json, usage: Usage | None) -> Iterator[Delta]:
        if not self._began:
            self._began = True
            self._id = text_at(chunk, "responseId")
            yield Began(self._id, text_at(chunk, "modelVersion"))
        for candidate in candidates_of(chunk):
            if index_of(candidate) == 0:
                yield from self._of_candidate(candidate)
        if usage is not None:
            yield UsageTold(usage)

    def _of_candidate(self, candidate: Json) -> Iterator[Delta]:
        logprobs = logprobs_in(candidate) if "logprobsResult" in candidate else ()
        for part in parts_of(candidate):
            if isinstance(call := part.get("functionCall"), dict):
                yield from self._of_call(part, call)
            elif text := spoken_text(part):
                if part.get("thought") is True:
                    yield ReasoningPiece(text)
                else:
                    yield TextPiece(text, logprobs)
                    logprobs = ()
            if "functionCall" not in part and (signature := text_at(part, "thoughtSignature")):
                is_thought = part.get("thought") is True
                yield ReasoningSealed(
                    signature=signature if is_thought else None,
                    encrypted=None if is_thought else signature,
                    dialect=NAME,
                )
        yield from map(Cited, citations_in(candidate))
        if candidate.get("finishReason"):
            yield Finished(finish_in(candidate, calls=self._calls > 0))

    def _of_call(self, part: Json, call: Json) -> Iterator[Delta]:
        """Calls come whole."""
        number = self._calls
        self._calls += 1
        call_id = id_of(dict(call), self._id or self._request_id, number)
        if signature := text_at(part, "thoughtSignature"):
            yield ReasoningSealed(encrypted=signature, dialect=NAME, item_id=call_id)
        yield ToolCallBegan(number, call_id, text_at(call, "name"))
        yield ArgumentsPiece(number, dumps(call.get("args") or {}).decode())
