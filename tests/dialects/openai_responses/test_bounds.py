from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from localrouter.dialects.json_bodies.number_lists import dumps
from localrouter.domain.limits.demand import MaxUsage, Unbounded
from tests.dialects.openai_responses.asking import CLIENT, LOCAL, OPENAI, asked, sent

PICTURE = {"type": "input_image", "image_url": "https://pictures.example/a.png"}
NAMES = st.text("abc_", min_size=1, max_size=20)
TEXTS = st.text(max_size=30)
TOOLS = st.one_of(
    st.builds(lambda name, about: {"type": "function", "name": name, "description": about}, NAMES, TEXTS),
    st.builds(lambda name, about: {"type": "custom", "name": name, "description": about}, NAMES, TEXTS),
    st.just({"type": "local_shell"}),
    st.builds(
        lambda name, about, tools: {"type": "namespace", "name": name, "description": about, "tools": tools},
        NAMES,
        TEXTS,
        st.lists(st.builds(lambda name: {"type": "function", "name": name}, NAMES), max_size=3),
    ),
)
ITEMS = st.one_of(
    st.builds(lambda role, text: {"role": role, "content": text}, st.sampled_from(["user", "assistant"]), TEXTS),
    st.builds(lambda text: {"role": "developer", "content": [{"type": "input_text", "text": text}]}, TEXTS),
    st.builds(lambda text: {"type": "function_call", "call_id": "c", "name": "f", "arguments": text}, TEXTS),
    st.builds(lambda text: {"type": "function_call_output", "call_id": "c", "output": text}, TEXTS),
)


def text_of(value: object) -> int:
    """The bytes of what a model reads: the texts of messages, tools as they are written."""
    if isinstance(value, str):
        return len(value.encode())
    if isinstance(value, list):
        return sum(map(text_of, value))
    if isinstance(value, dict):
        return sum(text_of(each) for name, each in value.items() if name not in ("role", "type", "id", "tool_call_id"))
    return 0


@given(st.lists(ITEMS, max_size=5), st.lists(TOOLS, max_size=4), TEXTS)
def test_no_request_is_longer_than_its_bound_however_it_is_told(
    items: list[dict[str, object]], tools: list[dict[str, object]], instructions: str
) -> None:
    fields = {"input": items, "tools": tools, "instructions": instructions}
    bound = CLIENT.max_usage(asked(**fields))
    assert isinstance(bound, MaxUsage)
    for called in (OPENAI, LOCAL):
        body = sent(called, **fields)
        assert text_of(body["messages"]) + len(dumps(body.get("tools", []))) <= bound.prompt_tokens


def test_a_request_s_own_cap_bounds_its_answer() -> None:
    assert CLIENT.max_usage(asked(max_output_tokens=7)) == MaxUsage(64 + 16 + 5, 1, 7)


@pytest.mark.parametrize(
    ("fields", "part"),
    [
        ({"previous_response_id": "resp_1"}, "the field previous_response_id"),
        ({"background": True}, "the field background"),
        ({"conversation": "conv_1"}, "the field conversation"),
        ({"prompt": {"id": "pmpt_1"}}, "the field prompt"),
        ({"input": [{"type": "item_reference", "id": "msg_1"}]}, "an item of the type item_reference"),
        ({"something": 1}, "the field something, which is not known here"),
        ({"service_tier": "priority"}, "the service tier priority, whose price is not known"),
        ({"tools": [{"type": "file_search"}]}, "a tool that the provider runs itself"),
        ({"input": [{"type": "mcp_call"}]}, "an item of the type mcp_call"),
        ({"input": [{"role": "user", "content": [PICTURE]}]}, "a part of the type input_image"),
        (
            {"input": [{"type": "function_call_output", "call_id": "c", "output": [PICTURE]}]},
            "a part of the type input_image",
        ),
    ],
)
def test_what_cannot_be_bounded_is_named(fields: dict[str, object], part: str) -> None:
    assert CLIENT.max_usage(asked(**fields)) == Unbounded(part)


def test_what_changes_nothing_is_no_obstacle() -> None:
    fields = {"store": False, "background": False, "client_metadata": {"a": "b"}, "include": [], "conversation": None}
    assert isinstance(CLIENT.max_usage(asked(**fields)), MaxUsage)
    assert isinstance(CLIENT.max_usage(asked(tools=[{"type": "web_search", "external_web_access": False}])), MaxUsage)
