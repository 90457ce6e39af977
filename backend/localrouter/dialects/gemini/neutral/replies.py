"""Whole answers of Gemini's: read in neutral terms, and written from them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from localrouter.dialects.gemini.answer import candidates_of, parts_of
from localrouter.dialects.gemini.fields import NAME
from localrouter.dialects.gemini.neutral.signatures import id_of, sealed
from localrouter.dialects.gemini.usage import usage_in
from localrouter.dialects.json_bodies.number_lists import dumps
from localrouter.dialects.json_bodies.values import number_at, object_at, objects_at, text_at, whole_at
from localrouter.domain.conversation.parts import (
    Citation,
    Part,
    ReasoningPart,
    TextPart,
    TokenLogprob,
    ToolCallPart,
)
from localrouter.domain.conversation.reply import Finish, FinishReason, Reply

Json = Mapping[str, object]

REASONS = {
    "STOP": FinishReason.STOP,
    "MAX_TOKENS": FinishReason.LENGTH,
    **dict.fromkeys(
        (
            "SAFETY", "RECITATION", "BLOCKLIST", "PROHIBITED_CONTENT", "SPII", "LANGUAGE", "MODEL_ARMOR", "ESCALATION",
            "IMAGE_SAFETY", "IMAGE_PROHIBITED_CONTENT", "IMAGE_RECITATION",
        ),
        FinishReason.CONTENT_FILTER,
    ),
}  # fmt: skip


def reply_in(answer: Json, request_id: str = "") -> Reply:
    """The first answer: a program that wants several speaks this dialect itself."""
    candidate = next(candidates_of(answer), {})
    parts = tuple(_parts(candidate, text_at(answer, "responseId") or request_id))
    return Reply(
        parts,
        finish_in(candidate, calls=any(isinstance(part, ToolCallPart) for part in parts)),
        usage_in(object_at(answer, "usageMetadata")),
        text_at(answer, "responseId"),
        text_at(answer, "modelVersion"),
    )


def finish_in(candidate: Json, *, calls: bool) -> Finish:
    """Gemini says that it stopped when it wants tools called, too."""
    raw = text_at(candidate, "finishReason")
    if calls and raw in ("STOP", ""):
        return Finish(FinishReason.TOOLS, raw or None)
    return Finish(REASONS.get(raw, FinishReason.OTHER) if raw else FinishReason.STOP, raw or None)


def _parts(candidate: Json, response_id: str) -> Iterator[Part]:
    found: list[Part] = []
    calls = 0
    for part in parts_of(candidate):
        if isinstance(call := part.get("functionCall"), dict):
            found += call_in(part, call, id_of(call, response_id, calls))
            calls += 1
        else:
            found += _spoken(part)
    found = list(_joined(found))
    last = max((place for place, each in enumerate(found) if isinstance(each, TextPart)), default=None)
    for place, each in enumerate(found):
        if place == last and isinstance(each, TextPart):
            yield TextPart(each.text, tuple(citations_in(candidate, each.text)), logprobs=logprobs_in(candidate))
        else:
            yield each


def _joined(parts: Iterable[Part]) -> Iterator[Part]:
    """Texts that stand side by side are one: Gemini cuts its words where it likes."""
    held: Part | None = None
    for part in parts:
        if isinstance(held, TextPart) and isinstance(part, TextPart):
            held = TextPart(held.text + part.text)
            continue
        if held is not None:
            yield held
        held = part
    if held is not None:
        yield held


def call_in(part: Json, call: Json, call_id: str) -> Iterator[ReasoningPart | ToolCallPart]:
    """A call, behind the proof of the thoughts that led to it."""
    if signature := text_at(part, "thoughtSignature"):
        yield sealed(signature, call_id)
    yield ToolCallPart(call_id, text_at(call, "name"), dumps(call.get("args") or {}).decode())


def _spoken(part: Json) -> Iterator[Part]:
    text, signature = spoken_text(part), text_at(part, "thoughtSignature")
    if part.get("thought") is True:
        yield ReasoningPart(text, signature=signature or None, dialect=NAME)
        return
    if text:
        yield TextPart(text)
    if signature:
        yield sealed(signature)


def spoken_text(part: Json) -> str:
    """What a part says; a picture or code that the model made is told as Markdown, which every dialect can carry."""
    if isinstance(text := part.get("text"), str):
        return text
    if (made := object_at(part, "inlineData")) is not None:
        return f"![](data:{text_at(made, 'mimeType')};base64,{text_at(made, 'data')})"
    if (code := object_at(part, "executableCode")) is not None:
        return f"\n```{text_at(code, 'language').lower()}\n{text_at(code, 'code')}\n```\n"
    if (result := object_at(part, "codeExecutionResult")) is not None:
        return f"\n```\n{text_at(result, 'output')}\n```\n"
    return ""


def citations_in(candidate: Json, text: str = "") -> Iterator[Citation]:
    """What an answer was found in. Google counts bytes of its text."""
    cited = object_at(candidate, "citationMetadata")
    for name in ("citationSources", "citations"):
        for source in objects_at(cited, name):
            start, end = _places(source, text)
            title = text_at(source, "title") or None
            yield Citation(text_at(source, "uri") or None, title, None, start, end, NAME, source)
    grounding = object_at(candidate, "groundingMetadata")
    chunks = list(objects_at(grounding, "groundingChunks"))
    for support in objects_at(grounding, "groundingSupports"):
        segment = object_at(support, "segment") or {}
        start, end = _places(segment, text)
        indices = support.get("groundingChunkIndices")
        for index in indices if isinstance(indices, list) else ():
            if isinstance(index, int) and 0 <= index < len(chunks):
                web = object_at(chunks[index], "web") or object_at(chunks[index], "retrievedContext") or {}
                url, title = text_at(web, "uri") or None, text_at(web, "title") or None
                yield Citation(url, title, text_at(segment, "text") or None, start, end, NAME, support)


def _places(cited: Json, text: str) -> tuple[int | None, int | None]:
    start, end = whole_at(cited, "startIndex"), whole_at(cited, "endIndex")
    if end is None:
        return None, None
    if text.isascii():
        return start or 0, end
    written = text.encode("utf-8", "surrogatepass")
    return tuple(len(written[: max(0, place)].decode("utf-8", "ignore")) for place in (start or 0, end))  # type: ignore[return-value]


def logprobs_in(candidate: Json) -> tuple[TokenLogprob, ...]:
    result = object_at(candidate, "logprobsResult")
    if result is None:
        return ()
    tops = list(objects_at(result, "topCandidates"))
    return tuple(
        TokenLogprob(
            text_at(token, "token"),
            number_at(token, "logProbability") or 0.0,
            alternatives=tuple(
                TokenLogprob(text_at(each, "token"), number_at(each, "logProbability") or 0.0)
                for each in objects_at(tops[place] if place < len(tops) else {}, "candidates")
            ),
        )
        for place, token in enumerate(objects_at(result, "chosenCandidates"))
    )
