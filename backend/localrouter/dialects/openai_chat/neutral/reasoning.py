"""Reasoning as `reasoning_details` of a message: text with its signature, summaries, what only its provider reads."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from types import MappingProxyType

from localrouter.dialects.json_bodies.values import text_at
from localrouter.domain.conversation.parts import ReasoningPart
from localrouter.domain.conversation.reply import Delta, ReasoningPiece, ReasoningSealed

Json = dict[str, object]

UNKNOWN = "unknown"
_FORMATS: Mapping[str, str] = MappingProxyType(
    {
        "anthropic_messages": "anthropic-claude-v1",
        "openai_responses": "openai-responses-v1",
        "gemini": "google-gemini-v1",
    }
)
_DIALECTS = MappingProxyType({spelled: dialect for dialect, spelled in _FORMATS.items()})
_REDACTING = "anthropic_messages"  # its encrypted thoughts are those that it hides for safety


def format_of(dialect: str) -> str:
    return _FORMATS.get(dialect, UNKNOWN)


def dialect_of(detail: Mapping[str, object]) -> str:
    spelled = detail.get("format")
    return _DIALECTS.get(spelled, "") if isinstance(spelled, str) else ""


def reasoning_in(message: Mapping[str, object]) -> Iterator[ReasoningPart]:
    """The thoughts of an assistant's message. Where it has details, its plain text only repeats them."""
    details = message.get("reasoning_details")
    if isinstance(details, list) and details:
        yield from _joined(part for detail in details if isinstance(detail, dict) and (part := _part(detail)))
        return
    for name in ("reasoning_content", "reasoning"):
        text = message.get(name)
        if isinstance(text, str) and text:
            yield ReasoningPart(text)
            return


def _joined(parts: Iterable[ReasoningPart]) -> Iterator[ReasoningPart]:
    """The pieces of a stream that were sent back as they came, and a summary with the encrypted thoughts behind it, are
    one each."""
    held: ReasoningPart | None = None
    for part in parts:
        if held is not None and _is_piece(held, part):
            held = replace(part, text=held.text + part.text)
        elif held is not None and held.dialect in ("", part.dialect) and _belongs(held, part):
            held = replace(part, summary=_summed_up(held, part), item_id=part.item_id or held.item_id)
        else:
            if held is not None:
                yield held
            held = part
    if held is not None:
        yield held


def _is_piece(held: ReasoningPart, part: ReasoningPart) -> bool:
    """Whether a text goes on: the signature, which comes last, ends it."""
    is_open = bool(held.text) and held.signature is None and held.encrypted is None and not held.summary
    return is_open and part.encrypted is None and not part.summary


def _summed_up(held: ReasoningPart, part: ReasoningPart) -> tuple[str, ...]:
    """The summary so far. Pieces of a stream bear no marks: they are one text."""
    if held.dialect or part.dialect or not part.summary:
        return held.summary + part.summary
    return (*held.summary[:-1], held.summary[-1] + part.summary[0], *part.summary[1:])


def _belongs(held: ReasoningPart, part: ReasoningPart) -> bool:
    is_open = bool(held.summary) and held.encrypted is None
    return is_open and not part.text and (part.item_id is None or held.item_id in (None, part.item_id))


def _part(detail: Mapping[str, object]) -> ReasoningPart | None:
    dialect, item_id = dialect_of(detail), text_at(detail, "id") or None
    match detail.get("type"):
        case "reasoning.text":
            return ReasoningPart(
                text_at(detail, "text"),
                signature=text_at(detail, "signature") or None,
                dialect=dialect,
                item_id=item_id,
            )
        case "reasoning.summary":
            return ReasoningPart(summary=(text_at(detail, "summary"),), dialect=dialect, item_id=item_id)
        case "reasoning.encrypted":
            redacted = dialect == _REDACTING
            return ReasoningPart(encrypted=text_at(detail, "data"), redacted=redacted, dialect=dialect, item_id=item_id)
    return None


def details_of(parts: Iterable[ReasoningPart]) -> list[Json]:
    details: list[Json] = []
    for part in parts:
        marks: Json = {"format": format_of(part.dialect)}
        if part.item_id is not None:
            marks["id"] = part.item_id
        if part.text or part.signature is not None:
            signed: Json = {} if part.signature is None else {"signature": part.signature}
            details.append({"type": "reasoning.text", "text": part.text, **signed, **marks})
        details += [{"type": "reasoning.summary", "summary": text, **marks} for text in part.summary]
        if part.encrypted is not None:
            details.append({"type": "reasoning.encrypted", "data": part.encrypted, **marks})
    return [{**detail, "index": index} for index, detail in enumerate(details)]


def shown_text(parts: Iterable[ReasoningPart]) -> str:
    """What a program that knows no details is shown."""
    return "".join(part.text or "\n\n".join(part.summary) for part in parts)


def deltas_in(delta: Mapping[str, object]) -> Iterator[Delta]:
    """The thoughts in a piece of a stream."""
    details = delta.get("reasoning_details")
    if isinstance(details, list) and details:
        for detail in details:
            if isinstance(detail, dict):
                yield from _delta(detail)
        return
    for name in ("reasoning_content", "reasoning"):
        text = delta.get(name)
        if isinstance(text, str) and text:
            yield ReasoningPiece(text)
            return


def _delta(detail: Mapping[str, object]) -> Iterator[Delta]:
    part = _part(detail)
    if part is None:
        return
    if part.text:
        yield ReasoningPiece(part.text)
    for text in part.summary:
        yield ReasoningPiece(text, is_summary=True)
    if part.signature is not None or part.encrypted is not None:
        yield ReasoningSealed(part.signature, part.encrypted, part.redacted, part.dialect, part.item_id)
