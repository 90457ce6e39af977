"""The thoughts of other providers, as programs that speak responses keep them.

Such a program sends reasoning items back with their encrypted content, and some keep nothing else of them. What another
provider made is in there under its name, so that it goes back to that provider alone.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping

import orjson

from localrouter.dialects.json_bodies.values import flag_at, text_at
from localrouter.dialects.openai_responses.fields import NAME
from localrouter.domain.conversation.parts import ReasoningPart

MARK = "localrouter:"
_OURS = re.compile(r"rs_.*_\d+")  # the ids that `outputs.Ids` makes


def encrypted_content_of(part: ReasoningPart, *, is_wanted: bool) -> str | None:
    """What keeps thoughts for the next turn. Without a seal they are only kept where the program asks for that."""
    if part.dialect == NAME and part.encrypted is not None:
        return part.encrypted
    if part.signature is None and part.encrypted is None and not (is_wanted and part.text):
        return None
    told = {
        "dialect": part.dialect,
        "text": part.text,
        "signature": part.signature,
        "encrypted": part.encrypted,
        "redacted": part.redacted,
        "id": part.item_id,
    }
    written = orjson.dumps({name: value for name, value in told.items() if value})
    return MARK + base64.b64encode(written).decode("ascii")


def reasoning_in(item: Mapping[str, object]) -> ReasoningPart:
    """The thoughts in an item, with whoever made them."""
    text, summary = "".join(_texts(item.get("content"))), tuple(_texts(item.get("summary")))
    encrypted = text_at(item, "encrypted_content")
    if not encrypted:
        return ReasoningPart(text, summary, item_id=text_at(item, "id") or None)
    kept = _kept(encrypted)
    if kept is None:
        return ReasoningPart(text, summary, encrypted=encrypted, dialect=NAME, item_id=text_at(item, "id") or None)
    return ReasoningPart(
        text_at(kept, "text") or text,
        summary,
        text_at(kept, "signature") or None,
        text_at(kept, "encrypted") or None,
        bool(flag_at(kept, "redacted")),
        text_at(kept, "dialect"),
        text_at(kept, "id") or None,
    )


def is_foreign(item: object) -> bool:
    """Whether an item holds thoughts that are not OpenAI's, or had no seal when they were written here."""
    if not isinstance(item, dict) or item.get("type") != "reasoning":
        return False
    encrypted = text_at(item, "encrypted_content")
    return encrypted.startswith(MARK) if encrypted else _OURS.fullmatch(text_at(item, "id")) is not None


def _kept(encrypted: str) -> dict[str, object] | None:
    if not encrypted.startswith(MARK):
        return None
    try:
        kept: object = orjson.loads(base64.b64decode(encrypted.removeprefix(MARK)))
    except (binascii.Error, ValueError):
        return {}
    return kept if isinstance(kept, dict) else {}


def _texts(parts: object) -> list[str]:
    return [text_at(part, "text") for part in parts] if isinstance(parts, list) else []
