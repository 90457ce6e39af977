"""Calls and results: each call has an id of its own, and its results stand behind it."""

from __future__ import annotations

import pytest

from localrouter.dialects.tools.turns import Shape, at_most, exactly, in_order
from localrouter.domain.conversation.conversation import Message, Role
from localrouter.domain.conversation.parts import (
    ImagePart,
    Inline,
    Part,
    ReasoningPart,
    TextPart,
    ToolCallPart,
    ToolResultPart,
)

KEPT = at_most(40)


def calling(*ids: str) -> Message:
    return Message(Role.ASSISTANT, tuple(ToolCallPart(each, "f", "{}") for each in ids))


def user(*parts: str | Part) -> Message:
    """Texts begin with a blank; other strings are the ids of calls that are answered."""
    told = [
        part if not isinstance(part, str) else TextPart(part) if part.startswith(" ") else ToolResultPart(part)
        for part in parts
    ]
    return Message(Role.USER, tuple(told))


def shown(messages: tuple[Message, ...]) -> list[list[str]]:
    return [[getattr(part, "call_id", None) or getattr(part, "id", None) or part.text for part in each.parts]  # type: ignore[union-attr]
            for each in messages]  # fmt: skip


LONE = "Result of an earlier tool call:"
NOTE = Message(Role.DEVELOPER, (TextPart(" note"),))


@pytest.mark.parametrize(
    ("messages", "told"),
    [
        ((user(" x"), calling("a", "b"), user("a", "b", " y")), None),
        ((calling("a", "b"), user("a"), user("b")), None),
        ((calling("a", "b"), user("a", " y"), user("b")), [["a", "b"], ["b"], ["a", " y"]]),
        ((calling("a"), NOTE, user("a")), [["a"], ["a"], [" note"]]),
        ((calling("a"), user(" y"), calling("b"), user("a", "b", " z")), [["a"], ["a"], [" y"], ["b"], ["b", " z"]]),
        ((user("gone"), calling("a")), [[LONE], ["a"]]),
        ((calling("a"), user("gone", "a", " x")), [["a"], ["a", LONE, " x"]]),
        ((calling("a"), user("gone"), user("a")), [["a"], ["a"], [LONE]]),
        ((calling("a"), user("a"), user("a")), [["a"], ["a"], [LONE]]),
        ((calling("a"), user("a"), calling("a"), user("a")), [["a"], ["a"], ["a-2"], ["a-2"]]),
        ((calling("a", "a"), user("a", "a")), [["a", "a-2"], ["a", "a-2"]]),
    ],
)
def test_results_stand_behind_their_calls(messages: tuple[Message, ...], told: list[list[str]] | None) -> None:
    ordered = in_order(messages, KEPT, set())
    assert shown(ordered) == (shown(messages) if told is None else told)
    assert told is not None or ordered == messages


@pytest.mark.parametrize(
    ("shape", "given", "fits"),
    [
        (at_most(40), "toolu_" + "a" * 34, True),
        (at_most(40), "toolu_" + "a" * 35, False),
        (exactly(9), "AbCd12345", True),
        (exactly(9), "call_1234", False),
        (exactly(9), "", False),
    ],
)
def test_ids_get_the_form_that_a_server_takes(shape: Shape, given: str, fits: bool) -> None:
    (call,), (result,) = (
        message.parts for message in in_order((calling(given), user(ToolResultPart(given))), shape, set())
    )
    assert isinstance(call, ToolCallPart)
    assert isinstance(result, ToolResultPart)
    assert call.id == result.call_id
    assert shape(call.id) == call.id
    assert (call.id == given) is fits


def test_a_result_whose_call_is_gone_is_said_by_the_user_pictures_too() -> None:
    picture = ImagePart(Inline("iVBORw0K", "image/png"))
    result = ToolResultPart("gone", (TextPart("20"), picture))
    adapted: set[str] = set()
    (told,) = in_order((user(result),), KEPT, adapted)
    assert told.parts == (TextPart(f"{LONE}\n20"), picture)
    assert adapted == {"results without a call"}


def test_a_seal_that_names_a_call_names_it_by_its_new_id() -> None:
    sealed = ReasoningPart(encrypted="s", dialect="gemini", item_id="long")
    message = Message(Role.ASSISTANT, (sealed, ToolCallPart("long", "f", "{}")))
    (told,) = in_order((message,), exactly(3), set())
    assert isinstance(told.parts[0], ReasoningPart)
    assert told.parts[0].item_id == told.parts[1].id  # type: ignore[union-attr]


def test_a_call_whose_result_never_came_was_interrupted() -> None:
    adapted = set[str]()
    asked, results, answered = in_order((calling("a", "b"), user("a", " stop")), KEPT, adapted)
    assert asked == calling("a", "b")
    assert results.parts == (ToolResultPart("b", (TextPart("Interrupted."),), is_error=True),)
    assert answered == user("a", " stop")
    assert adapted == {"calls without a result"}
    assert in_order((user(" x"), calling("a")), KEPT, set()) == (user(" x"), calling("a"))
