"""The proofs of a model's thoughts, which Gemini puts on calls and texts and wants back on them in the next turn.

In neutral terms each is encrypted thinking of its own: ahead of the call whose id it bears, or behind its text.
"""

from __future__ import annotations

from localrouter.dialects.gemini.fields import NAME
from localrouter.domain.conversation.parts import ReasoningPart

Json = dict[str, object]

_OURS = "gemini_call_"  # begins the ids of calls that came without one
# What Google takes in the place of a proof, for a call that another model made.
OF_ANOTHER_MODEL = "skip_thought_signature_validator"


def sealed(signature: str, call_id: str | None = None) -> ReasoningPart:
    return ReasoningPart(encrypted=signature, dialect=NAME, item_id=call_id)


def id_of(call: Json, response_id: str, number: int) -> str:
    """The id of a call, made up where Gemini gave none: programs tell calls apart by it."""
    given = call.get("id")
    return given if isinstance(given, str) and given else f"{_OURS}{response_id or 'of'}_{number}"


def with_id(told: Json, call_id: str) -> Json:
    """A call or a result with its id, unless that is made up: order alone then tells which is whose."""
    return told if call_id.startswith(_OURS) or not call_id else {"id": call_id, **told}
