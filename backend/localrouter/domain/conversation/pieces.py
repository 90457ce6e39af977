"""A whole reply as the pieces of a stream, for a program that wants one from a server that does not stream."""

from __future__ import annotations

from collections.abc import Iterator

from localrouter.domain.conversation.parts import Part, ReasoningPart, RefusalPart, TextPart, ToolCallPart
from localrouter.domain.conversation.reply import (
    ArgumentsPiece,
    Began,
    Cited,
    Delta,
    Finished,
    PartBegan,
    ReasoningPiece,
    ReasoningSealed,
    RefusalPiece,
    Reply,
    TextPiece,
    ToolCallBegan,
    UsageTold,
)


def pieces_of(reply: Reply) -> Iterator[Delta]:
    yield Began(reply.id, reply.model)
    calls, last = 0, ""
    for part in reply.parts:
        kind = type(part).__name__
        if kind == last:
            yield PartBegan()
        last = kind
        if isinstance(part, ToolCallPart):
            yield ToolCallBegan(calls, part.id, part.name, part.kind)
            yield ArgumentsPiece(calls, part.arguments)
            calls += 1
        else:
            yield from _of_part(part)
    yield Finished(reply.finish)
    if reply.usage is not None:
        yield UsageTold(reply.usage)


def _of_part(part: Part) -> Iterator[Delta]:
    match part:
        case TextPart():
            yield TextPiece(part.text, part.logprobs)
            yield from map(Cited, part.citations)
        case ReasoningPart():
            if part.text:
                yield ReasoningPiece(part.text)
            yield from (ReasoningPiece(text, is_summary=True) for text in part.summary)
            if part.signature is not None or part.encrypted is not None:
                yield ReasoningSealed(part.signature, part.encrypted, part.redacted, part.dialect, part.item_id)
        case RefusalPart():
            yield RefusalPiece(part.text)
