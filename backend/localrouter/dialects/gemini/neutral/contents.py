"""Writes the messages of a conversation for Gemini: system prompts apart, turns of the same role together, results in
the order of their calls."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from localrouter.dialects.adapters.adapting import Written
from localrouter.dialects.gemini.fields import NAME
from localrouter.dialects.gemini.neutral.media import media_part
from localrouter.dialects.gemini.neutral.signatures import OF_ANOTHER_MODEL, with_id
from localrouter.dialects.gemini.neutral.values import arguments_in, response_of
from localrouter.dialects.json_bodies.values import objects_at
from localrouter.domain.conversation.conversation import Message, Role
from localrouter.domain.conversation.parts import (
    AudioPart,
    FilePart,
    ImagePart,
    Part,
    ReasoningPart,
    RefusalPart,
    TextPart,
    ToolCallPart,
    ToolResultPart,
)

Json = dict[str, object]

_SYSTEM = (Role.SYSTEM, Role.DEVELOPER)


def put_contents(messages: Iterable[Message], written: Written, *, wants_signatures: bool) -> None:
    """Put `systemInstruction` and `contents` into the body. What the system says later in a conversation stays in its
    place, as the user's words. `wants_signatures`: the model refuses calls without the proof of its thoughts."""
    turns = _Turns(written, wants_signatures=wants_signatures)
    system: list[Json] = []
    for message in messages:
        if message.name is not None:
            written.lost.add("names of participants")
        if message.role in _SYSTEM and not turns.contents:
            system += [{"text": part.text} for part in message.parts if isinstance(part, TextPart) and part.text]
            continue
        if message.role in _SYSTEM:
            written.adapted.add("roles")
        turns.take(message)
    if system and not turns.contents:
        written.adapted.add("roles")
        turns.contents.append({"role": "user", "parts": system})
    elif system:
        written.body["systemInstruction"] = {"parts": system}
    written.body["contents"] = turns.contents


class _Turns:
    """The contents as they grow. Results have the name of their call, which stands further up."""

    def __init__(self, written: Written, *, wants_signatures: bool) -> None:
        self.contents: list[Json] = []
        self._written = written
        self._wants_signatures = wants_signatures
        self._names: dict[str, str] = {}
        self._order: dict[str, int] = {}  # of the calls in the last turn of the model

    def take(self, message: Message) -> None:
        is_model = message.role is Role.ASSISTANT
        parts = list(self._of_model(message.parts) if is_model else self._of_user(message.parts))
        if not parts:
            return
        role = "model" if is_model else "user"
        if self.contents and self.contents[-1]["role"] == role:
            parts = [*objects_at(self.contents.pop(), "parts"), *parts]
        self.contents.append({"role": role, "parts": parts})

    def _of_user(self, parts: Iterable[Part]) -> Iterator[Json]:
        results = [part for part in parts if isinstance(part, ToolResultPart)]
        shown: list[Part] = []
        for result in sorted(results, key=lambda each: self._order.get(each.call_id, len(self._order))):
            yield self._result(result, shown)
        shown += [part for part in parts if not isinstance(part, ToolResultPart)]
        for part in shown:
            yield from self._plain(part)

    def _result(self, result: ToolResultPart, shown: list[Part]) -> Json:
        """A tool's result. Its pictures and files go to `shown`, which stand behind all results."""
        if result.cache is not None:
            self._written.lost.add("cache_control")
        text = "\n".join(part.text for part in result.parts if isinstance(part, TextPart))
        if others := [part for part in result.parts if not isinstance(part, TextPart)]:
            self._written.adapted.add("pictures in tool results")
            shown += [TextPart(f"What the tool call {result.call_id} returned:"), *others]
            text = text or "See below."
        told: Json = {"name": self._names.get(result.call_id, result.call_id)}
        told["response"] = response_of(text, is_error=bool(result.is_error))
        return {"functionResponse": with_id(told, result.call_id)}

    def _of_model(self, parts: Iterable[Part]) -> Iterator[Json]:
        own = [part for part in parts if isinstance(part, ReasoningPart) and part.dialect == NAME]
        proofs = {part.item_id: part.encrypted for part in own if part.item_id and part.encrypted}
        loose = [part.encrypted for part in own if part.encrypted and not part.item_id]
        told: list[Json] = []
        self._order = {}
        for part in parts:
            if isinstance(part, ToolCallPart):
                told.append(self._call(part, proofs.get(part.id)))
            else:
                told += self._plain(part)
        texts = [place for place, part in enumerate(told) if "text" in part and not part.get("thought")]
        if loose and texts:
            told[texts[-1]]["thoughtSignature"] = loose.pop()
        told += [{"text": "", "thoughtSignature": signature} for signature in loose]
        if self._wants_signatures:
            self._prove(told)
        yield from told

    def _call(self, part: ToolCallPart, signature: str | None) -> Json:
        if part.cache is not None:
            self._written.lost.add("cache_control")
        self._names[part.id] = part.name
        self._order[part.id] = len(self._order)
        read = arguments_in(part.arguments)
        if read is None:
            self._written.adapted.add("arguments that are no JSON object")
        arguments: Json = {"arguments": part.arguments} if read is None else read
        told: Json = {"functionCall": with_id({"name": part.name, "args": arguments}, part.id)}
        return told if signature is None else {**told, "thoughtSignature": signature}

    def _prove(self, told: list[Json]) -> None:
        first = next((part for part in told if "functionCall" in part), None)
        if first is not None and "thoughtSignature" not in first:
            self._written.adapted.add("calls that another model made")
            first["thoughtSignature"] = OF_ANOTHER_MODEL

    def _plain(self, part: Part) -> Iterator[Json]:
        if getattr(part, "cache", None) is not None:
            self._written.lost.add("cache_control")
        match part:
            case TextPart():
                if part.citations:
                    self._written.lost.add("citations of earlier answers")
                if part.text:
                    yield {"text": part.text}
            case RefusalPart():
                self._written.adapted.add("refusals")
                yield {"text": part.text}
            case ReasoningPart():
                yield from self._thoughts(part)
            case ImagePart() | FilePart() | AudioPart():
                if isinstance(part, ImagePart) and part.detail not in (None, "auto"):
                    self._written.lost.add("detail of images")
                yield media_part(part)

    def _thoughts(self, part: ReasoningPart) -> Iterator[Json]:
        if part.dialect != NAME:
            self._written.lost.add("reasoning of another provider in earlier turns")
            return
        if text := part.text or "\n\n".join(part.summary):
            signed: Json = {} if part.signature is None else {"thoughtSignature": part.signature}
            yield {"text": text, "thought": True, **signed}
