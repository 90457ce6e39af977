"""The proofs of a model's thoughts, which Gemini puts on calls and texts and wants back on them in the next turn.

In neutral terms each is encrypted thinking of its own: ahead of the call whose id it bears, or behind its text. What
another provider thought, programs keep in the same place under a mark, so that it goes back to that provider alone.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable, Iterator

import orjson

from localrouter.dialects.gemini.answer import parts_in
from localrouter.dialects.gemini.fields import NAME
from localrouter.dialects.json_bodies.values import flag_at, objects_at, text_at
from localrouter.domain.conversation.parts import ReasoningPart

Json = dict[str, object]

_MARK = b"localrouter:"
_WRITTEN_MARK = base64.b64encode(_MARK).decode("ascii")  # a mark of 12 bytes is written the same whatever follows
_TO_STANDARD = str.maketrans("-_", "+/")
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


def without_foreign(body: Json, *, wants_signatures: bool) -> Json | None:
    """The contents without the proofs that other providers made, or with what Google takes in their place; None where
    there are none of those."""
    contents = list(objects_at(body, "contents"))
    if not any(map(_has_foreign, contents)):
        return None
    return {
        "contents": [_own(each, wants_signatures=wants_signatures) if _has_foreign(each) else each for each in contents]
    }


def _has_foreign(content: Json) -> bool:
    return any(
        "thoughtSignature" in part and is_foreign(text_at(part, "thoughtSignature")) for part in parts_in(content)
    )


def _own(content: Json, *, wants_signatures: bool) -> Json:
    parts: list[Json] = []
    for part in parts_in(content):
        if not is_foreign(text_at(part, "thoughtSignature")):
            parts.append(part)
            continue
        kept = {name: value for name, value in part.items() if name != "thoughtSignature"}
        if wants_signatures and "functionCall" in part:
            kept["thoughtSignature"] = OF_ANOTHER_MODEL
        if kept != {"text": ""}:
            parts.append(kept)
    return {**content, "parts": parts}


def seal_of(parts: Iterable[ReasoningPart]) -> str:
    """What keeps thoughts for the next turn."""
    told = [
        {
            "dialect": part.dialect,
            "text": part.text,
            "summary": list(part.summary),
            "signature": part.signature,
            "encrypted": part.encrypted,
            "redacted": part.redacted,
            "id": part.item_id,
        }
        for part in parts
    ]
    kept = [{name: value for name, value in each.items() if value} for each in told]
    return base64.b64encode(_MARK + orjson.dumps({"thoughts": kept})).decode("ascii")


def is_foreign(signature: str) -> bool:
    """Whether another provider made a proof, which Google would refuse."""
    return signature.startswith(_WRITTEN_MARK)


def thoughts_in(seal: str) -> Iterator[ReasoningPart]:
    """The thoughts in a seal, with whoever made them. Programs write it in either alphabet of base64."""
    try:
        plain = seal.translate(_TO_STANDARD).rstrip("=")
        kept: object = orjson.loads(base64.b64decode(plain + "=" * (-len(plain) % 4)).removeprefix(_MARK))
    except (binascii.Error, ValueError):
        return
    for each in objects_at(kept, "thoughts"):
        summary = each.get("summary")
        yield ReasoningPart(
            text_at(each, "text"),
            tuple(text for text in summary if isinstance(text, str)) if isinstance(summary, list) else (),
            text_at(each, "signature") or None,
            text_at(each, "encrypted") or None,
            bool(flag_at(each, "redacted")),
            text_at(each, "dialect"),
            text_at(each, "id") or None,
        )
