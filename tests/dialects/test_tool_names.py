from __future__ import annotations

import json
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from localrouter.dialects.contract import CalledModel, EncodedCall, StreamEvent
from localrouter.dialects.presets import PRESETS
from localrouter.dialects.registry import DIALECTS
from localrouter.dialects.tool_names import NameRule, fitted, fitted_id, restoring
from localrouter.domain.conversation.conversation import Conversation, Message, Role, Tool, ToolChoice, ToolUse
from localrouter.domain.conversation.parts import TextPart, ToolCallPart, ToolResultPart
from localrouter.domain.conversation.reply import Began, Finish, Finished, FinishReason, ToolCallBegan

LONG = "mcp__a_server_with_a_long_name__" + "read_" * 12
TAKEN = re.compile(r"[a-zA-Z0-9_-]{1,64}")
PRESET_OF = {"anthropic_messages": "anthropic", "gemini": "gemini"}


def asking(*names: str) -> Conversation:
    call = ToolCallPart("call.1", names[0], "{}")
    messages = (
        Message(Role.USER, (TextPart("Hello"),)),
        Message(Role.ASSISTANT, (call,)),
        Message(Role.USER, (ToolResultPart("call.1", (TextPart("ok"),)),)),
    )
    tools = tuple(Tool(name, schema={"type": "object"}) for name in names)
    return Conversation(messages, tools, ToolChoice(ToolUse.REQUIRED, names[:1]))


def encoded(dialect: str, conversation: Conversation) -> tuple[EncodedCall, dict[str, Any]]:
    called = CalledModel("m", PRESETS[PRESET_OF.get(dialect, "openai")])
    call = DIALECTS.providers[dialect].encode_conversation(conversation, called)
    return call, json.loads(call.body)


@given(st.lists(st.text(st.characters(codec="utf-8"), min_size=1), min_size=1, max_size=20, unique=True))
def test_names_fit_stay_apart_and_lead_back(names: list[str]) -> None:
    told, renamed = fitted(asking(*names), NameRule(64))
    short = [tool.name for tool in told.tools]
    assert all(map(TAKEN.fullmatch, short))
    assert len(set(short)) == len(names)
    assert [renamed.get(name, name) for name in short] == names
    assert fitted(asking(names[0]), NameRule(64))[0].tools[0].name == short[0], "from turn to turn the same"


@given(st.text(st.characters(codec="ascii"), min_size=1))
def test_where_no_name_may_begin_with_a_digit_none_does(name: str) -> None:
    told, _ = fitted(asking(name), NameRule(64, begins=True))
    assert re.fullmatch(r"[a-zA-Z_][a-zA-Z0-9_-]{0,63}", told.tools[0].name)


def test_names_that_fit_change_nothing() -> None:
    conversation = asking("read", "a" * 64)
    assert fitted(conversation, NameRule(64)) == (conversation, {})


def test_a_name_that_is_taken_already_is_not_given_twice() -> None:
    (short,) = (tool.name for tool in fitted(asking("a.b"), NameRule(64))[0].tools)
    told, renamed = fitted(asking("a.b", short), NameRule(64))
    assert renamed[told.tools[0].name] == "a.b"
    assert told.tools[1].name == short


@given(st.lists(st.text(st.characters(codec="utf-8"), max_size=90), min_size=1, max_size=20, unique=True))
def test_ids_of_calls_fit_and_stay_apart(ids: list[str]) -> None:
    fit = [fitted_id(each, 40) for each in ids]
    assert all(re.fullmatch(r"[a-zA-Z0-9_-]{1,40}", each) for each in fit)
    assert len(set(fit)) == len(ids)


@pytest.mark.parametrize("dialect", DIALECTS.providers)
@pytest.mark.parametrize("name", [LONG, "files.read/now", "lies_das_ä"])
def test_a_provider_is_told_names_that_it_takes_wherever_they_stand(dialect: str, name: str) -> None:
    call, body = encoded(dialect, asking(name, "plain"))
    assert list(call.renamed.values()) == [name]
    (short,) = call.renamed
    assert TAKEN.fullmatch(short)
    written = json.dumps(body, ensure_ascii=False)
    assert name not in written
    assert written.count(f'"{short}"') >= 3, "the tool, the choice and the call"
    assert "names of tools" in call.adapted


@pytest.mark.parametrize("client", DIALECTS.clients)
def test_a_stream_and_a_whole_answer_bear_the_names_that_the_program_knows(client: str) -> None:
    tools: dict[str, list[object]] = {
        "openai_chat": [{"type": "function", "function": {"name": LONG}}],
        "openai_responses": [{"type": "namespace", "name": LONG[:40], "tools": [{"type": "function", "name": LONG}]}],
        "anthropic_messages": [{"name": LONG, "input_schema": {}}],
        "gemini": [{"functionDeclarations": [{"name": LONG}]}],
    }
    dialect = DIALECTS.clients[client]
    request = dialect.example(next(iter(dialect.paths.values())), "m", {"tools": tools[client]})
    call, _ = encoded("openai_chat", dialect.conversation(request))
    (short,) = call.renamed
    writer = restoring(dialect.stream_writer(request), call.renamed)
    deltas = (Began("a", "m"), ToolCallBegan(0, "c", short), Finished(Finish(FinishReason.TOOLS)))
    shown = writer.event(StreamEvent(b"", deltas=deltas)) + writer.end()
    assert f'"name":"{LONG}"'.encode() in shown
    assert short.encode() not in shown


def test_ids_are_the_same_for_a_call_and_its_result() -> None:
    _, body = encoded("anthropic_messages", asking("read"))
    ids = re.findall(r'"(?:id|tool_use_id)": "([^"]+)"', json.dumps(body))
    assert len(ids) == 2
    assert len(set(ids)) == 1
    assert re.fullmatch(r"[a-zA-Z0-9_-]+", ids[0])
