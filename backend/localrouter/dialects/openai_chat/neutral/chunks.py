"""The chunks of a stream in OpenAI's chat, in neutral terms."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from localrouter.dialects.json_bodies.values import text_at
from localrouter.dialects.openai_chat.neutral.call_pieces import CallPieces
from localrouter.dialects.openai_chat.neutral.contents import citations_in, pieces_in
from localrouter.dialects.openai_chat.neutral.reasoning import deltas_in
from localrouter.dialects.openai_chat.neutral.replies import finish_in, logprobs_in
from localrouter.domain.conversation.reply import (
    Began,
    Cited,
    Delta,
    Finished,
    ReasoningPiece,
    RefusalPiece,
    TextPiece,
    UsageTold,
)
from localrouter.domain.conversation.request import Usage

Json = Mapping[str, object]


class ChunkReader:
    """Reads the chunks of one stream. Of several answers it reads the first."""

    __slots__ = ("_began", "_calls")

    def __init__(self, asked: Json) -> None:
        self._began = False
        self._calls = CallPieces(asked)

    def deltas(self, chunk: Json, usage: Usage | None) -> tuple[Delta, ...]:
        return tuple(self._deltas(chunk, usage))

    def _deltas(self, chunk: Json, usage: Usage | None) -> Iterator[Delta]:
        if not self._began:
            self._began = True
            yield Began(text_at(chunk, "id"), text_at(chunk, "model"))
        choices = chunk.get("choices")
        for choice in choices if isinstance(choices, list) else ():
            if isinstance(choice, dict) and choice.get("index", 0) == 0:
                yield from self._of_choice(choice, chunk)
        if usage is not None:
            yield UsageTold(usage)

    def _of_choice(self, choice: Json, chunk: Json) -> Iterator[Delta]:
        delta = choice.get("delta")
        if isinstance(delta, dict):
            yield from deltas_in(delta)
            for said in pieces_in(delta.get("content")):
                yield ReasoningPiece(said.text) if said.is_thought else TextPiece(said.text, logprobs_in(choice))
            if refusal := text_at(delta, "refusal"):
                yield RefusalPiece(refusal)
            for citation in citations_in(delta):
                yield Cited(citation)
            calls = delta.get("tool_calls")
            for call in calls if isinstance(calls, list) else ():
                if isinstance(call, dict):
                    yield from self._calls.take(call, chunk)
            if isinstance(function := delta.get("function_call"), dict):
                yield from self._calls.take({"index": 0, "function": function}, chunk)
        if choice.get("finish_reason"):
            yield from self._calls.end()
            yield Finished(finish_in(choice))
