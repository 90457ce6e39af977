"""The thoughts of other providers, as programs that speak Anthropic's messages keep them.

Such a program sends every thinking block back with its signature. What another provider made is marked in there, so
that it goes back to that provider alone: Anthropic refuses a signature that is not its own.
"""

from __future__ import annotations

from urllib.parse import quote, unquote

from localrouter.dialects.anthropic_messages.fields import NAME
from localrouter.dialects.json_bodies.values import text_at
from localrouter.domain.conversation.parts import ReasoningPart
from localrouter.domain.conversation.reply import ReasoningSealed

MARK = "localrouter:"
_SIGNED, _ENCRYPTED = "s", "e"


def signature_of(sealed: ReasoningSealed | ReasoningPart) -> str:
    """The signature of a thinking block: Anthropic's own as it is, what others made under their mark."""
    if sealed.dialect == NAME and sealed.signature is not None:
        return sealed.signature
    item_id = quote(sealed.item_id or "", safe="")
    if sealed.encrypted is not None:
        return ":".join((MARK + sealed.dialect, _ENCRYPTED, item_id, sealed.encrypted))
    return ":".join((MARK + sealed.dialect, _SIGNED, item_id, sealed.signature or ""))


def redacted_data_of(sealed: ReasoningSealed | ReasoningPart) -> str:
    """The data of a block that only its provider can read."""
    return (sealed.encrypted or "") if sealed.dialect == NAME else signature_of(sealed)


def is_foreign(block: dict[str, object]) -> bool:
    """Whether a block of thoughts is another provider's, which Anthropic would refuse."""
    return text_at(block, "signature").startswith(MARK) or text_at(block, "data").startswith(MARK)


def reasoning_in(block: dict[str, object]) -> ReasoningPart:
    """The thoughts in a block, with whoever made them."""
    text, is_redacted = text_at(block, "thinking"), block.get("type") == "redacted_thinking"
    seal = text_at(block, "data" if is_redacted else "signature")
    if not seal.startswith(MARK):
        if is_redacted:
            return ReasoningPart(encrypted=seal, redacted=True, dialect=NAME)
        return ReasoningPart(text, signature=seal or None, dialect=NAME if seal else "")
    dialect, kind, quoted, payload = [*seal.removeprefix(MARK).split(":", 3), "", "", ""][:4]
    item_id = unquote(quoted)
    if kind == _ENCRYPTED:
        summary = (text,) if text else ()
        return ReasoningPart(summary=summary, encrypted=payload, dialect=dialect, item_id=item_id or None)
    return ReasoningPart(text, signature=payload or None, dialect=dialect, item_id=item_id or None)
