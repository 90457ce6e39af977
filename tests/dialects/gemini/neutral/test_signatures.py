from __future__ import annotations

import base64

from localrouter.dialects.gemini.neutral.signatures import is_foreign, seal_of, thoughts_in, without_foreign
from localrouter.domain.conversation.parts import ReasoningPart

THOUGHTS = (
    ReasoningPart("Hm.?>", signature="s", dialect="anthropic_messages"),
    ReasoningPart(summary=("a", "b"), encrypted="e", dialect="openai_responses", item_id="rs_1"),
    ReasoningPart(encrypted="r", redacted=True, dialect="anthropic_messages"),
)


def test_thoughts_of_others_come_back_as_they_were() -> None:
    seal = seal_of(THOUGHTS)
    assert is_foreign(seal)
    assert tuple(thoughts_in(seal)) == THOUGHTS


def test_a_program_may_write_a_seal_in_the_other_alphabet() -> None:
    for padding in range(3):
        seal = seal_of((ReasoningPart("??>>" + "x" * padding, signature="s", dialect="d"),))
        rewritten = base64.urlsafe_b64encode(base64.b64decode(seal)).decode().rstrip("=")
        assert is_foreign(rewritten)
        assert tuple(thoughts_in(rewritten)) == tuple(thoughts_in(seal))


def test_what_is_spoilt_is_no_thought() -> None:
    assert not is_foreign("c2lnbmVk")
    for spoilt in ("bG9jYWxyb3V0ZXI6", "bG9jYWxyb3V0ZXI6e", "bG9jYWxyb3V0ZXI6W10="):
        assert is_foreign(spoilt)
        assert tuple(thoughts_in(spoilt)) == ()


def test_google_never_sees_the_proofs_of_others() -> None:
    seal = seal_of(THOUGHTS)
    call = {"functionCall": {"name": "f"}, "thoughtSignature": seal}
    own = {"text": "a", "thoughtSignature": "c2lnbmVk"}
    body: dict[str, object] = {
        "contents": [
            {"role": "user", "parts": [{"text": "Hi"}]},
            {"role": "model", "parts": [own, call, {"text": "", "thoughtSignature": seal}]},
        ]
    }
    kept = without_foreign(body, wants_signatures=False)
    assert kept is not None
    assert kept["contents"] == [
        {"role": "user", "parts": [{"text": "Hi"}]},
        {"role": "model", "parts": [own, {"functionCall": {"name": "f"}}]},
    ]
    proven = without_foreign(body, wants_signatures=True)
    assert b"skip_thought_signature_validator" in repr(proven).encode()
    assert without_foreign({"contents": [{"parts": [own]}]}, wants_signatures=True) is None
