"""The signatures that Gemini puts beside its tool calls, and wants back with them in the next turn.

In neutral terms each is encrypted thinking of its own, ahead of the call whose id it bears.
"""

from __future__ import annotations

from collections.abc import Iterable

from localrouter.dialects.json_bodies.values import object_at, text_at
from localrouter.domain.conversation.parts import ReasoningPart, ToolCallPart

Json = dict[str, object]

TAKES = "thought_signatures"  # what a preset says whose servers know them
_DIALECT = "gemini"


def signature_beside(call: object, call_id: str) -> ReasoningPart | None:
    signature = text_at(object_at(object_at(call, "extra_content"), "google"), "thought_signature")
    return ReasoningPart(encrypted=signature, dialect=_DIALECT, item_id=call_id) if signature else None


def is_signature(part: ReasoningPart) -> bool:
    return part.dialect == _DIALECT and part.encrypted is not None and part.item_id is not None


def signed(call: Json, part: ToolCallPart, thoughts: Iterable[ReasoningPart]) -> Json:
    """A call with the signature that came with it."""
    found = next((each for each in thoughts if is_signature(each) and each.item_id == part.id), None)
    if found is None:
        return call
    return {**call, "extra_content": {"google": {"thought_signature": found.encrypted}}}
