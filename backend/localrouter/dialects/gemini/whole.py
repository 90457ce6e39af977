"""The chunks of a stream as a whole answer, for a program that did not ask for a stream."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from localrouter.dialects.gemini.answer import candidates_of, index_of, parts_of
from localrouter.dialects.json_bodies.lenient import Unreadable, exact
from localrouter.dialects.json_bodies.values import text_at
from localrouter.dialects.sse import EventReader, OversizedEvent

Json = dict[str, object]

_UNSAID: tuple[object, ...] = (None, "", [], {})


def chunks_in(body: bytes) -> Iterator[Json]:
    """The chunks of a stream of events."""
    reader = EventReader()
    for event in [*reader.feed(body), *reader.end()]:
        if isinstance(event, OversizedEvent):
            return
        try:
            told = exact(event.data) if event.data else None
        except Unreadable:
            continue
        for each in told if isinstance(told, list) else (told,):
            if isinstance(each, dict):
                yield each


def joined(chunks: Iterable[Json]) -> Json:
    """The whole answer that chunks make together, or the error among them."""
    answer: Json = {}
    candidates: dict[int, Json] = {}
    for chunk in chunks:
        if chunk.get("error"):
            return chunk
        answer |= {name: value for name, value in chunk.items() if name != "candidates" and value is not None}
        for candidate in candidates_of(chunk):
            index = index_of(candidate)
            before = candidates.get(index, {})
            parts = [*parts_of(before), *parts_of(candidate)]
            content: Json = {"content": {"parts": list(_joined(parts)), "role": "model"}}
            candidates[index] = (
                before | {name: value for name, value in candidate.items() if value not in _UNSAID} | content
            )
    if candidates:
        answer["candidates"] = [candidates[index] for index in sorted(candidates)]
    return answer


def _joined(parts: Iterable[Json]) -> Iterator[Json]:
    """The texts of a stream that go on; a signature, which comes last, ends one."""
    held: Json | None = None
    for part in parts:
        if held is not None and _goes_on(held, part):
            held = {**held, **part, "text": text_at(held, "text") + text_at(part, "text")}
            continue
        if held is not None:
            yield held
        held = part
    if held is not None:
        yield held


def _goes_on(held: Json, part: Json) -> bool:
    are_texts = "text" in held and "text" in part and "thoughtSignature" not in held
    return are_texts and bool(held.get("thought")) == bool(part.get("thought"))
