"""Conversations of several turns: what a program got goes back as it came, and the provider sees all of it."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from localrouter.dialects.contract import CalledModel
from localrouter.dialects.presets import PRESETS
from localrouter.domain.conversation.error_reply import ErrorReply
from localrouter.surfaces.http.error_responses import error_headers
from tests.dialects.openai_responses.asking import (
    CLIENT,
    OPENAI,
    PROVIDER,
    Json,
    answered,
    asked,
    conversation,
    events_in,
    sent,
    streamed,
)

AT = "2027-01-01T00:00:00Z"
OPENROUTER = CalledModel("b", PRESETS["openrouter"], reasons=True)
TOOLS: list[Json] = [
    {"type": "function", "name": "look", "parameters": {"type": "object"}, "strict": False},
    {"type": "custom", "name": "patch"},
    {"type": "namespace", "name": "git", "description": "Git", "tools": [{"type": "function", "name": "log"}]},
    {"type": "local_shell"},
]
CALLS: list[tuple[str, Json]] = [
    ("look", {"where": "Rome"}),
    ("patch", {"input": "***"}),
    ("git__log", {}),
    ("local_shell", {"command": ["ls"], "env": {}}),
]
OUTPUTS = {
    "function_call": "function_call_output",
    "custom_tool_call": "custom_tool_call_output",
    "local_shell_call": "local_shell_call_output",
}


def message(turn: int) -> Json:
    """Two calls in each of the first turns, then an answer."""
    if turn == 2:
        return {"role": "assistant", "content": "Done."}
    calls = [
        {
            "id": f"c{turn}{place}",
            "type": "function",
            "function": {"name": name, "arguments": orjson.dumps(given).decode()},
        }
        for place, (name, given) in enumerate(CALLS[2 * turn : 2 * turn + 2])
    ]
    return {"role": "assistant", "content": f"Turn {turn}.", "tool_calls": calls}


def whole(turn: int, items: list[Json]) -> list[Any]:
    answer: Json = {"id": f"x{turn}", "model": "m", "choices": [{"message": message(turn), "finish_reason": "stop"}]}
    response: Any = answered(answer, asked(input=items, tools=TOOLS))
    return list(response["output"])


def in_pieces(turn: int, items: list[Json]) -> list[Any]:
    said: Any = message(turn)
    calls = [{"index": place, **call} for place, call in enumerate(said.get("tool_calls", ()))]
    deltas: list[tuple[Json, str | None]] = [({"content": said["content"]}, None)]
    deltas += [({"tool_calls": [call]}, None) for call in calls]
    data = b"".join(
        b"data: "
        + orjson.dumps(
            {"id": f"x{turn}", "model": "m", "choices": [{"index": 0, "delta": delta, "finish_reason": end}]}
        )
        + b"\n\n"
        for delta, end in [*deltas, ({}, "stop")]
    )
    events: list[Any] = events_in(streamed(data, asked(input=items, tools=TOOLS, stream=True)))
    return list(events[-1]["response"]["output"])


@pytest.mark.parametrize("answers", [whole, in_pieces])
def test_three_turns_with_tools_reach_the_provider_as_they_were(answers: Any) -> None:
    items: list[Json] = [{"role": "user", "content": "Go."}]
    kinds: list[object] = []
    for turn in range(3):
        came = answers(turn, items)
        called = [item for item in came if item["type"] in OUTPUTS]
        kinds += [item["type"] for item in called]
        items += came
        items += [
            {"type": OUTPUTS[item["type"]], "call_id": item["call_id"], "output": f"of {item['call_id']}"}
            for item in called
        ]
    assert kinds == ["function_call", "custom_tool_call", "function_call", "local_shell_call"]
    messages: Any = sent(OPENAI, input=items, tools=TOOLS)["messages"]
    roles = ["user", *["assistant", "tool", "tool"] * 2, "assistant"]
    assert [each["role"] for each in messages] == roles
    called = [call for each in messages for call in each.get("tool_calls", ())]
    assert [call["id"] for call in called] == ["c00", "c01", "c10", "c11"]
    assert [call.get("function", call.get("custom"))["name"] for call in called] == [name for name, _ in CALLS]
    assert called[1]["custom"]["input"] == "***"
    assert [orjson.loads(called[place]["function"]["arguments"]) for place in (0, 2, 3)] == [
        given for name, given in CALLS if name != "patch"
    ]
    results = {each["tool_call_id"]: each["content"] for each in messages if each["role"] == "tool"}
    assert results == {call["id"]: f"of {call['id']}" for call in called}
    assert messages[-1] == {"role": "assistant", "content": "Done."}


def test_thoughts_go_back_to_the_provider_that_made_them() -> None:
    details = [{"type": "reasoning.text", "text": "Hm.", "signature": "s", "format": "anthropic-claude-v1", "index": 0}]
    said = {"content": "Hi", "reasoning_content": "Hm.", "reasoning_details": details}
    answer: Json = {"id": "x", "model": "m", "choices": [{"message": said, "finish_reason": "stop"}]}
    response: Any = answered(answer, asked(include=["reasoning.encrypted_content"]))
    thoughts, spoken = response["output"]
    only_sealed = {name: thoughts[name] for name in ("type", "summary", "encrypted_content")}  # all that Codex keeps
    for kept in (thoughts, only_sealed):
        again = conversation(input=[{"role": "user", "content": "a"}, kept, spoken])
        body = orjson.loads(PROVIDER.encode_conversation(again, OPENROUTER).body)
        assert body["messages"][1]["reasoning_details"] == details


@pytest.mark.parametrize(
    ("reply", "told"),
    [
        (ErrorReply(429, "c", "m", retry_after=60, localrouter={"retry_at": AT}), ("rate_limit_error", None)),
        (
            ErrorReply(429, "c", "m", retry_after=61, localrouter={"retry_at": AT}),
            ("usage_limit_reached", 1_798_761_600),
        ),
        (ErrorReply(429, "c", "m", is_final=True), ("usage_limit_reached", None)),
        (ErrorReply(503, "c", "m", retry_after=61, localrouter={"retry_at": AT}), ("server_error", None)),
    ],
)
def test_a_limit_that_is_used_up_for_long_is_told_so_that_codex_does_not_wait_for_it(
    reply: ErrorReply, told: tuple[str, int | None]
) -> None:
    error = orjson.loads(CLIENT.write_error(reply))["error"]
    assert (error["type"], error.get("resets_at")) == told
    assert (error["code"], error["message"]) == ("c", "m")


@pytest.mark.parametrize(("status", "seconds", "is_told"), [(429, 2_678_400, True), (503, 60, True), (502, 600, False)])
def test_only_a_limit_tells_a_long_wait_since_codex_sleeps_through_others(
    status: int, seconds: int, is_told: bool
) -> None:
    reply = ErrorReply(status, "c", "m", retry_after=seconds)
    headers = dict(error_headers(reply, b"", tells_wait=CLIENT.tells_wait(reply)))
    assert (b"retry-after" in headers) is is_told
    assert (b"x-should-retry" in headers) is (seconds > 60)
