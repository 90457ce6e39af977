"""The chunks of a stream in OpenAI's chat, in neutral terms."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from localrouter.dialects.json_bodies.values import text_at
from localrouter.dialects.openai_chat.neutral.contents import citations_in
from localrouter.dialects.openai_chat.neutral.reasoning import deltas_in
from localrouter.dialects.openai_chat.neutral.replies import finish_in, logprobs_in, text_pieces
from localrouter.dialects.openai_chat.neutral.thought_signatures import signature_beside
from localrouter.domain.conversation.parts import ToolKind
from localrouter.domain.conversation.reply import (
    ArgumentsPiece,
    Began,
    Cited,
    Delta,
    Finished,
    ReasoningSealed,
    RefusalPiece,
    TextPiece,
    ToolCallBegan,
    UsageTold,
)
from localrouter.domain.conversation.request import Usage

Json = Mapping[str, object]


class ChunkReader:
    """Reads the chunks of one stream. Of several answers it reads the first."""

    __slots__ = ("_began", "_calls", "_ids")

    def __init__(self) -> None:
        self._began = False
        self._calls: dict[int, int] = {}  # the provider's index of a tool call to its number among all
        self._ids: list[str] = []  # of tool calls, by number

    def deltas(self, chunk: Json, usage: Usage | None) -> tuple[Delta, ...]:
        return tuple(self._deltas(chunk, usage))

    def _deltas(self, chunk: Json, usage: Usage | None) -> Iterator[Delta]:
        if not self._began:
            self._began = True
            yield Began(text_at(chunk, "id"), text_at(chunk, "model"))
        choices = chunk.get("choices")
        for choice in choices if isinstance(choices, list) else ():
            if isinstance(choice, dict) and choice.get("index", 0) == 0:
                yield from self._of_choice(choice)
        if usage is not None:
            yield UsageTold(usage)

    def _of_choice(self, choice: Json) -> Iterator[Delta]:
        delta = choice.get("delta")
        if isinstance(delta, dict):
            yield from deltas_in(delta)
            content = delta.get("content")
            text = content if isinstance(content, str) else "".join(text_pieces(content))
            if text:
                yield TextPiece(text, logprobs_in(choice))
            if refusal := text_at(delta, "refusal"):
                yield RefusalPiece(refusal)
            for citation in citations_in(delta):
                yield Cited(citation)
            calls = delta.get("tool_calls")
            for call in calls if isinstance(calls, list) else ():
                if isinstance(call, dict):
                    yield from self._of_call(call)
            if isinstance(function := delta.get("function_call"), dict):
                yield from self._of_call({"index": 0, "function": function})
        if choice.get("finish_reason"):
            yield Finished(finish_in(choice))

    def _of_call(self, call: Json) -> Iterator[Delta]:
        """Some servers number all calls 0, or none: a new id with a name is a new call."""
        kind = ToolKind.CUSTOM if isinstance(call.get("custom"), dict) else ToolKind.FUNCTION
        inner = call.get(kind.value)
        inner = inner if isinstance(inner, dict) else {}
        place = call.get("index")
        index = place if isinstance(place, int) else len(self._ids) if call.get("id") else max(0, len(self._ids) - 1)
        call_id, name = text_at(call, "id"), text_at(inner, "name")
        number = self._calls.get(index)
        if number is None or (call_id and name and call_id != self._ids[number]):
            number = self._calls[index] = len(self._ids)
            self._ids.append(call_id or f"call_{number}")
            if (signature := signature_beside(call, self._ids[number])) is not None:
                yield ReasoningSealed(
                    encrypted=signature.encrypted, dialect=signature.dialect, item_id=signature.item_id
                )
            yield ToolCallBegan(number, self._ids[number], name, kind)
        if text := text_at(inner, "input" if kind is ToolKind.CUSTOM else "arguments"):
            yield ArgumentsPiece(number, text)
