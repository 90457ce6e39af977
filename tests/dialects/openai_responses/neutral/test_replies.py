"""Whole answers of a provider of OpenAI's chat, as responses."""

from __future__ import annotations

from typing import Any

import pytest
from openai.types.responses import Response

from localrouter.dialects.openai_responses.neutral.replies import ending_json
from localrouter.domain.conversation.reply import Finish, FinishReason
from localrouter.domain.conversation.request import Usage
from tests.dialects.openai_responses.asking import answered, asked

LOGPROB = {"token": "H", "logprob": -0.5, "bytes": [72]}
ANSWER: dict[str, object] = {
    "id": "chatcmpl-1",
    "object": "chat.completion",
    "created": 0,
    "model": "a-1",
    "choices": [
        {
            "index": 0,
            "message": {
                "role": "assistant",
                "content": "Hi",
                "refusal": "Not that.",
                "annotations": [
                    {
                        "type": "url_citation",
                        "url_citation": {"url": "https://a", "title": "A", "start_index": 0, "end_index": 2},
                    }
                ],
                "reasoning_content": "Hm.",
                "tool_calls": [
                    {"id": "c1", "type": "function", "function": {"name": "f", "arguments": ""}},
                    {"id": "c2", "type": "custom", "custom": {"name": "g", "input": "ls"}},
                ],
            },
            "logprobs": {"content": [{**LOGPROB, "top_logprobs": [LOGPROB]}]},
            "finish_reason": "tool_calls",
        }
    ],
    "usage": {
        "prompt_tokens": 9,
        "completion_tokens": 4,
        "total_tokens": 13,
        "prompt_tokens_details": {"cached_tokens": 2, "cache_write_tokens": 1},
        "completion_tokens_details": {"reasoning_tokens": 3},
    },
}
TOOLS: list[dict[str, object]] = [
    {"type": "function", "name": "f", "parameters": {"type": "object"}},
    {"type": "custom", "name": "g", "description": "G"},
    {"type": "local_shell"},
    {"type": "namespace", "name": "n", "description": "N", "tools": [{"type": "function", "name": "h"}]},
]


def answer(message: dict[str, object], finish: str = "stop") -> dict[str, object]:
    return {"id": "chatcmpl-1", "model": "m", "choices": [{"message": message, "finish_reason": finish}]}


def calling(name: str, arguments: str) -> dict[str, object]:
    return answer(
        {"tool_calls": [{"id": "c1", "type": "function", "function": {"name": name, "arguments": arguments}}]}
    )


def test_a_whole_answer_has_all_its_items() -> None:
    request = asked(instructions="Be brief.", tools=TOOLS[:2], temperature=0.5, metadata={"a": "b"}, user="u")
    response = answered(ANSWER, request)
    Response.model_validate(response)
    assert response["output"] == [
        {
            "id": "rs_1_0",
            "type": "reasoning",
            "summary": [],
            "content": [{"type": "reasoning_text", "text": "Hm."}],
        },
        {
            "id": "msg_1_1",
            "type": "message",
            "status": "completed",
            "role": "assistant",
            "content": [
                {
                    "type": "output_text",
                    "text": "Hi",
                    "annotations": [
                        {"type": "url_citation", "url": "https://a", "title": "A", "start_index": 0, "end_index": 2}
                    ],
                    "logprobs": [{**LOGPROB, "top_logprobs": [LOGPROB]}],
                },
                {"type": "refusal", "refusal": "Not that."},
            ],
        },
        {
            "id": "fc_1_2",
            "type": "function_call",
            "status": "completed",
            "call_id": "c1",
            "name": "f",
            "arguments": "{}",
        },
        {"id": "ctc_1_3", "type": "custom_tool_call", "call_id": "c2", "name": "g", "input": "ls"},
    ]
    assert response["usage"] == {
        "input_tokens": 9,
        "input_tokens_details": {"cached_tokens": 2, "cache_write_tokens": 1},
        "output_tokens": 4,
        "output_tokens_details": {"reasoning_tokens": 3},
        "total_tokens": 13,
    }
    told = {
        name: response[name] for name in ("id", "status", "model", "instructions", "temperature", "metadata", "user")
    }
    assert told == {
        "id": "resp_1",
        "status": "completed",
        "model": "a-1",
        "instructions": "Be brief.",
        "temperature": 0.5,
        "metadata": {"a": "b"},
        "user": "u",
    }
    assert response["tools"] == [{**TOOLS[0], "strict": None}, TOOLS[1]]


@pytest.mark.parametrize(
    ("finish", "status", "details"),
    [
        ("stop", "completed", None),
        ("tool_calls", "completed", None),
        ("eos", "completed", None),
        ("length", "incomplete", {"reason": "max_output_tokens"}),
        ("content_filter", "incomplete", {"reason": "content_filter"}),
    ],
)
def test_an_answer_that_was_cut_is_incomplete(finish: str, status: str, details: object) -> None:
    response: Any = answered(answer({"content": "Hi"}, finish), asked())
    Response.model_validate(response)
    assert (response["status"], response["incomplete_details"]) == (status, details)
    assert response["output"][0]["status"] == status
    assert "usage" not in response


@pytest.mark.parametrize(
    ("name", "arguments", "item"),
    [
        ("n__h", '{"a":1}', {"type": "function_call", "name": "h", "namespace": "n", "arguments": '{"a":1}'}),
        ("h", "{}", {"type": "function_call", "name": "h", "namespace": "n", "arguments": "{}"}),
        ("g", '{"input": "ls"}', {"type": "custom_tool_call", "name": "g", "input": "ls"}),
        ("g", '{"patch": "ls"}', {"type": "custom_tool_call", "name": "g", "input": "ls"}),
        ("g", "ls", {"type": "custom_tool_call", "name": "g", "input": "ls"}),
        (
            "local_shell",
            '{"command": ["ls"], "timeout_ms": 5, "env": null}',
            {"type": "local_shell_call", "action": {"type": "exec", "command": ["ls"], "env": {}, "timeout_ms": 5}},
        ),
        ("local_shell", "ls", {"type": "function_call", "name": "local_shell", "arguments": "ls"}),
        ("unknown", "{}", {"type": "function_call", "name": "unknown", "arguments": "{}"}),
    ],
)
def test_a_call_comes_back_as_the_tool_that_was_offered(name: str, arguments: str, item: dict[str, object]) -> None:
    response: Any = answered(calling(name, arguments), asked(tools=TOOLS))
    Response.model_validate(response | {"tools": []})
    (told,) = response["output"]
    assert told.pop("id")
    assert told.pop("status", "completed") == "completed"
    assert told == {"call_id": "c1", **item}


def test_ids_are_there_where_a_provider_gives_none_and_differ_between_turns() -> None:
    nameless: dict[str, object] = {"choices": [{"message": {"tool_calls": [{"function": {"name": "f"}}]}}]}
    responses: list[Any] = [answered(nameless, asked(input=text)) for text in ("a", "b")]
    ids = {response["id"] for response in responses} | {response["output"][0]["call_id"] for response in responses}
    assert len(ids) == 4
    assert all(response["model"] == "one/a" for response in responses)


@pytest.mark.parametrize(
    ("tier", "told"), [("priority", "priority"), ("standard", "default"), ("region us", "default")]
)
def test_a_service_tier_that_openai_has_not_is_told_as_the_ordinary_one(tier: str, told: str) -> None:
    assert ending_json(Finish(FinishReason.STOP), Usage(1, 1, service_tier=tier))["service_tier"] == told
