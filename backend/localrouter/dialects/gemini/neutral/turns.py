"""Reads the contents of a conversation: each part with what belongs to it, calls and results by their ids or their
order, and thoughts by the proofs of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from localrouter.dialects.gemini.answer import parts_in
from localrouter.dialects.gemini.fields import NAME
from localrouter.dialects.gemini.neutral.media import media_in
from localrouter.dialects.gemini.neutral.signatures import OF_ANOTHER_MODEL, is_foreign, thoughts_in
from localrouter.dialects.gemini.neutral.values import text_of
from localrouter.dialects.json_bodies.number_lists import dumps
from localrouter.dialects.json_bodies.reading import refused
from localrouter.dialects.json_bodies.values import object_at, objects_at, text_at
from localrouter.domain.conversation.parts import (
    AudioPart,
    FilePart,
    ImagePart,
    Part,
    ReasoningPart,
    ResultPart,
    TextPart,
    ToolCallPart,
    ToolResultPart,
)

Json = Mapping[str, object]

_SPOKEN = frozenset({"text", "thought", "thoughtSignature", "partMetadata"})


class TurnReader:
    """Reads the contents of one conversation, one after the other."""

    def __init__(self) -> None:
        self._open: list[ToolCallPart] = []  # calls that no result came for yet
        self._count = 0

    def system(self, content: dict[str, object]) -> tuple[Part, ...]:
        return tuple(TextPart(text) for part in parts_in(content) if (text := text_at(part, "text")))

    def of_model(self, content: dict[str, object], path: str) -> tuple[Part, ...]:
        return tuple(self._of_model(content, path))

    def of_user(self, content: dict[str, object], path: str) -> tuple[Part, ...]:
        return tuple(self._of_user(content, path))

    def _of_model(self, content: dict[str, object], path: str) -> Iterator[Part]:
        parts = list(parts_in(content))
        # Thoughts that stand in a proof are told there, with all that belongs to them.
        is_told = any(is_foreign(text_at(part, "thoughtSignature")) for part in parts)
        for index, part in enumerate(parts):
            signature = text_at(part, "thoughtSignature")
            if is_foreign(signature):
                yield from thoughts_in(signature)
            if is_foreign(signature) or signature == OF_ANOTHER_MODEL:
                signature = ""
            if (call := object_at(part, "functionCall")) is not None:
                yield from self._call(call, signature, f"{path}.parts[{index}]")
            elif part.get("thought") is True:
                if text := "" if is_told else text_at(part, "text"):
                    yield ReasoningPart(text, signature=signature or None, dialect=NAME if signature else "")
            else:
                yield from self._said(part, signature, f"{path}.parts[{index}]")

    def _said(self, part: Json, signature: str, path: str) -> Iterator[Part]:
        if text := text_at(part, "text"):
            yield TextPart(text)
        elif part.keys() - _SPOKEN:
            yield _shown(part, path)
        if signature:
            yield ReasoningPart(encrypted=signature, dialect=NAME)

    def _call(self, call: Json, signature: str, path: str) -> Iterator[Part]:
        name = text_at(call, "name")
        if not name:
            raise refused(f"{path}.functionCall.name", f"{path}.functionCall needs a name.")
        self._count += 1
        call_id = text_at(call, "id") or f"call_{self._count}"
        if signature:
            yield ReasoningPart(encrypted=signature, dialect=NAME, item_id=call_id)
        part = ToolCallPart(call_id, name, dumps(call.get("args") or {}).decode())
        self._open.append(part)
        yield part

    def _of_user(self, content: dict[str, object], path: str) -> Iterator[Part]:
        for index, part in enumerate(parts_in(content)):
            at = f"{path}.parts[{index}]"
            if (result := object_at(part, "functionResponse")) is not None:
                yield self._result(result, at)
            elif text := text_at(part, "text"):
                yield TextPart(text)
            elif part.keys() - _SPOKEN:
                yield _shown(part, at)

    def _result(self, result: Json, path: str) -> ToolResultPart:
        call = self._answered(text_at(result, "id"), text_at(result, "name"))
        call_id = text_at(result, "id") or (text_at(result, "name") if call is None else call.id)
        text, is_error = text_of(object_at(result, "response"))
        shown: list[ResultPart] = [TextPart(text)] if text else []
        for index, part in enumerate(objects_at(result, "parts")):
            more = _shown(part, f"{path}.functionResponse.parts[{index}]")
            if isinstance(more, ImagePart | FilePart):
                shown.append(more)
        return ToolResultPart(call_id, tuple(shown), is_error)

    def _answered(self, call_id: str, name: str) -> ToolCallPart | None:
        """The call that a result belongs to: by its id, else the first of its name that still waits."""
        found = next((call for call in self._open if (call.id == call_id if call_id else call.name == name)), None)
        if found is not None:
            self._open.remove(found)
        return found


def _shown(part: Json, path: str) -> ImagePart | FilePart | AudioPart:
    found = media_in(dict(part), path)
    if found is None:
        kind = next(iter(part.keys() - _SPOKEN), "unknown")
        said = f"{path} is of the type {kind[:40]}, which this model's provider does not take."
        raise refused(path, said)
    return found
