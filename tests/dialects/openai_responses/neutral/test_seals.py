from __future__ import annotations

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from localrouter.dialects.openai_responses.neutral.seals import encrypted_content_of, reasoning_in
from localrouter.domain.conversation.parts import ReasoningPart

TEXTS = st.text(max_size=20)
SEALS = st.one_of(st.none(), st.text(min_size=1, max_size=20))


@given(TEXTS, SEALS, SEALS, st.booleans(), st.sampled_from(["anthropic_messages", "gemini", ""]))
def test_the_thoughts_of_others_survive_a_program_that_keeps_nothing_else(
    text: str, signature: str | None, encrypted: str | None, redacted: bool, dialect: str
) -> None:
    part = ReasoningPart(text, (), signature, encrypted, redacted, dialect, "r1")
    kept = encrypted_content_of(part, is_wanted=True)
    if kept is None:
        assert (text, signature, encrypted) == ("", None, None)
        return
    item = {"type": "reasoning", "id": "rs_9", "summary": [], "encrypted_content": orjson.loads(orjson.dumps(kept))}
    assert reasoning_in(item) == part


def test_openai_s_own_thoughts_travel_as_they_are() -> None:
    part = ReasoningPart("", ("So.",), encrypted="e1", dialect="openai_responses", item_id="rs_1")
    assert encrypted_content_of(part, is_wanted=False) == "e1"
    summary = [{"type": "summary_text", "text": "So."}]
    assert reasoning_in({"id": "rs_1", "summary": summary, "encrypted_content": "e1"}) == part


def test_thoughts_without_a_seal_are_kept_only_where_the_program_asked_for_that() -> None:
    assert encrypted_content_of(ReasoningPart("Hm."), is_wanted=False) is None
    assert reasoning_in({"content": [{"type": "reasoning_text", "text": "Hm."}]}) == ReasoningPart("Hm.")


@pytest.mark.parametrize("spoilt", ["localrouter:", "localrouter:!", "localrouter:bnVsbA==", "localrouter:AAAA"])
def test_what_a_program_spoilt_is_nobody_s(spoilt: str) -> None:
    assert reasoning_in({"summary": [], "encrypted_content": spoilt}) == ReasoningPart()
