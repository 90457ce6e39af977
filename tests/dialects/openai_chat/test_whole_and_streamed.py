"""What a whole answer says, its chunks say, and the other way round."""

from __future__ import annotations

from typing import Any

import pytest

from localrouter.dialects.openai_chat.whole_and_streamed import as_chunks, is_whole, joined


def call(name: str, arguments: object = "{}", **more: object) -> dict[str, object]:
    return {"id": f"call_{name}", "type": "function", "function": {"name": name, "arguments": arguments}, **more}


def delta(value: dict[str, Any], finish: str | None = None, index: int = 0) -> dict[str, Any]:
    return {"id": "c", "choices": [{"index": index, "delta": value, "finish_reason": finish}]}


ANSWERS: dict[str, dict[str, Any]] = {
    "text": {"message": {"role": "assistant", "content": "Hello"}, "finish_reason": "stop"},
    "calls": {
        "message": {"role": "assistant", "content": None, "tool_calls": [call("f"), call("g")]},
        "finish_reason": "tool_calls",
    },
    "thoughts": {
        "message": {"role": "assistant", "content": "Hi", "reasoning_content": "Hm", "refusal": None},
        "logprobs": {"content": [{"token": "Hi", "logprob": -0.5}]},
        "finish_reason": "length",
    },
    "completion": {"text": "Hello", "finish_reason": "stop", "logprobs": None},
}


@pytest.mark.parametrize("name", ANSWERS)
def test_an_answer_survives_both_ways(name: str) -> None:
    answer: dict[str, Any] = {
        "id": "c1",
        "object": "text_completion" if name == "completion" else "chat.completion",
        "created": 1,
        "model": "m",
        "choices": [{"index": index, **ANSWERS[name]} for index in range(2)],
        "usage": {"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3},
    }
    chunks: list[Any] = list(as_chunks(answer))
    assert chunks[-1]["choices"] == []
    assert not any("usage" in chunk for chunk in chunks[:-1])
    back: dict[str, Any] = joined(chunks)
    for choice in answer["choices"]:
        choice.setdefault("logprobs", None)
    for choice in back["choices"]:
        choice.setdefault("logprobs", None)
    assert back == answer


def test_tool_calls_of_a_stream_are_numbered_and_their_arguments_a_text() -> None:
    whole: dict[str, Any] = {
        "choices": [{"message": {"content": None, "tool_calls": [call("f", {"a": 1}), call("g")]}}]
    }
    chunks: list[Any] = list(as_chunks(whole))
    first, last = chunks
    calls = first["choices"][0]["delta"]["tool_calls"]
    assert [(each["index"], each["function"]["arguments"]) for each in calls] == [(0, '{"a":1}'), (1, "{}")]
    assert last["choices"][0]["finish_reason"] == "tool_calls"


@pytest.mark.parametrize(
    "choice", [{}, {"message": {}}, {"message": {"role": "assistant", "content": ""}}, {"text": ""}]
)
def test_what_says_nothing_does_not_end_by_itself(choice: dict[str, object]) -> None:
    chunks: list[Any] = list(as_chunks({"choices": [choice]}))
    assert all(each["finish_reason"] is None for chunk in chunks for each in chunk["choices"])


@pytest.mark.parametrize(
    "parts",
    [
        [
            call("f", "", index=0),
            {"index": 0, "function": {"arguments": '{"a":'}},
            {"index": 0, "function": {"arguments": "1}"}},
        ],
        [call("f", ""), {"function": {"arguments": '{"a":'}}, {"function": {"arguments": "1}"}}],
        [call("f", '{"a":'), call("f", "1}")],
        [call("f", None, index=0), {"index": 0, "id": "", "function": {"name": None, "arguments": '{"a":1}'}}],
    ],
    ids=["numbered", "without numbers", "with its id each time", "with nulls"],
)
def test_parts_of_a_tool_call_are_put_together(parts: list[dict[str, Any]]) -> None:
    chunks = [delta({"role": "assistant", "content": None}), *(delta({"tool_calls": [part]}) for part in parts)]
    answer: dict[str, Any] = joined([*chunks, delta({"tool_calls": [call("g", index=1)]}), delta({}, "tool_calls")])
    (choice,) = answer["choices"]
    assert choice == {
        "index": 0,
        "message": {"role": "assistant", "content": None, "tool_calls": [call("f", '{"a":1}'), call("g")]},
        "finish_reason": "tool_calls",
    }


def test_what_is_put_together_keeps_each_answer_and_field_apart() -> None:
    answer = joined(
        [
            delta({"role": "assistant", "content": "a"}),
            delta({"role": "assistant", "content": "x"}, index=1),
            delta({"reasoning_content": "Hm"}),
            delta({"content": "b", "annotations": [1]}),
            delta({"content": "y"}, "stop", index=1),
            delta({"annotations": [2]}, "length"),
            {"choices": [], "usage": {"prompt_tokens": 1}, "system_fingerprint": "fp"},
        ]
    )
    assert answer == {
        "id": "c",
        "object": "chat.completion",
        "system_fingerprint": "fp",
        "usage": {"prompt_tokens": 1},
        "choices": [
            {
                "index": 0,
                "message": {"role": "assistant", "content": "ab", "reasoning_content": "Hm", "annotations": [1, 2]},
                "finish_reason": "length",
            },
            {"index": 1, "message": {"role": "assistant", "content": "xy"}, "finish_reason": "stop"},
        ],
    }


def test_a_whole_answer_is_told_from_a_chunk() -> None:
    assert is_whole({"choices": [{"message": {"content": "a"}}]})
    assert not is_whole({"choices": [{"message": {"content": "a"}, "delta": {"content": "a"}}]})
    assert not is_whole({"choices": [{"delta": {}}, "odd"]})
    assert not is_whole({})
