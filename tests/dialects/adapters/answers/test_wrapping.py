"""JSON is taken out of the wrapping that models put around it, in whatever pieces it comes."""

from __future__ import annotations

import pytest

from localrouter.dialects.adapters.answers.wrapping import MOST_BEFORE, JsonUnwrapper, unwrapped
from localrouter.dialects.contract import PlainAnswer
from localrouter.domain.conversation.parts import ReasoningPart, TextPart
from localrouter.domain.conversation.reply import Finish, FinishReason, ReasoningPiece, Reply, TextPiece

DOCUMENT = '{"a": "```", "b": ["x\\n"]}'
LONG = "word " * (MOST_BEFORE // 5 + 1)
REFUSAL = "I cannot say that."


@pytest.mark.parametrize(
    ("said", "text", "thoughts"),
    [
        (DOCUMENT, DOCUMENT, ""),
        (f"  {DOCUMENT}\n", f"  {DOCUMENT}\n", ""),
        (f"```json\n{DOCUMENT}\n```", DOCUMENT, ""),
        (f"```\n{DOCUMENT}\n```\n", DOCUMENT, ""),
        (f"```json\n{DOCUMENT}```", DOCUMENT, ""),
        (f"Here it is:\n```json\n{DOCUMENT}\n```\nI hope it helps.", DOCUMENT, ""),
        (f"<think>Hm, <b>\n</think>\n```json\n{DOCUMENT}\n```", DOCUMENT, "Hm, <b>\n"),
        (f"<think>x</think>{DOCUMENT}", DOCUMENT, "x"),
        ("<think>never ends", "", "never ends"),
        (f"```json\n{DOCUMENT}", DOCUMENT, ""),  # cut by a cap
        ("```json\n{}\n\n", "{}\n\n", ""),
        ("[1]", "[1]", ""),
        (REFUSAL, REFUSAL, ""),
        (LONG, LONG, ""),
        ("", "", ""),
    ],
)
def test_the_json_alone_is_told_in_any_pieces(said: str, text: str, thoughts: str) -> None:
    for size in (1, 2, 3, 7, max(1, len(said))):
        unwrapper = JsonUnwrapper()
        pieces = [piece for at in range(0, len(said), size) for piece in unwrapper.feed(said[at : at + size])]
        pieces += unwrapper.end()
        assert "".join(piece.text for piece in pieces if isinstance(piece, TextPiece)) == text
        assert "".join(piece.text for piece in pieces if isinstance(piece, ReasoningPiece)) == thoughts


def test_json_that_comes_plain_is_told_as_it_comes() -> None:
    unwrapper = JsonUnwrapper()
    assert [list(unwrapper.feed(piece)) for piece in ("{", '"a"', ": 1}")] == [
        [TextPiece("{")],
        [TextPiece('"a"')],
        [TextPiece(": 1}")],
    ]


def test_a_whole_answer_keeps_all_but_the_wrapping() -> None:
    finish = Finish(FinishReason.STOP)
    reply = Reply((ReasoningPart("t"), TextPart("<think>u</think>```json\n{}\n```")), finish, id="i", model="m")
    answer = unwrapped(PlainAnswer(b"raw", None, 3, reply), JsonUnwrapper())
    assert answer.reply == Reply((ReasoningPart("u"), TextPart("{}"), ReasoningPart("t")), finish, id="i", model="m")
    plain = PlainAnswer(b"raw", None, 3, Reply((TextPart("{}"),), finish))
    assert unwrapped(plain, JsonUnwrapper()) == plain
