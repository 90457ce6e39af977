"""Text completions by a chat model: the prompt is what the user says, the answer is in the completions' own shape."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from localrouter.dialects.adapters.text_completions import completes_by_chat
from localrouter.dialects.contract import PlainAnswer, StreamEvent
from localrouter.dialects.openai_chat.client import OpenAIChatClient
from localrouter.dialects.presets import PRESETS
from localrouter.domain.conversation.conversation import Logprobs, Message, Role
from localrouter.domain.conversation.parts import ReasoningPart, TextPart, TokenLogprob
from localrouter.domain.conversation.reply import (
    Began,
    Finish,
    Finished,
    FinishReason,
    ReasoningPiece,
    Reply,
    TextPiece,
    UsageTold,
)
from localrouter.domain.conversation.request import Endpoint, ModelRequest, Usage
from localrouter.domain.errors import Invalid
from localrouter.domain.models.info import ENDPOINTS, ModelInfo

CLIENT = OpenAIChatClient()
TOKENS = (TokenLogprob("Hel", -0.1, None, (TokenLogprob("Hal", -3.0),)), TokenLogprob("lo", -0.2))
LENGTH = Finish(FinishReason.LENGTH)


def asked(**fields: Any) -> ModelRequest:
    return CLIENT.parse(Endpoint.COMPLETIONS, orjson.dumps({"model": "m", "prompt": "Say hello", **fields}))


@pytest.mark.parametrize("prompt", ["Say hello", ["Say hello"]])
def test_a_prompt_is_what_the_user_says(prompt: object) -> None:
    conversation = CLIENT.conversation(asked(prompt=prompt, max_tokens=9, temperature=0.5, stop="x", logprobs=2))
    assert conversation.messages == (Message(Role.USER, (TextPart("Say hello"),)),)
    assert (conversation.max_output_tokens, conversation.sampling.temperature) == (9, 0.5)
    assert conversation.sampling.stop == ("x",)
    assert conversation.logprobs == Logprobs(2)
    assert CLIENT.conversation(asked(logit_bias={"1": 2}, echo=False, suffix="")).extras == {"logit_bias": {"1": 2}}


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({"suffix": "end"}, "suffix"),
        ({"echo": True}, "echo"),
        ({"n": 2}, "n"),
        ({"best_of": 3}, "n"),
        ({"prompt": ["a", "b"]}, "n"),
        ({"prompt": [1, 2]}, "prompt"),
        ({"prompt": [[1, 2]]}, "prompt"),
    ],
)
def test_what_only_a_completing_model_can_do_is_refused_by_name(fields: dict[str, Any], param: str) -> None:
    with pytest.raises(Invalid) as refusal:
        CLIENT.conversation(asked(**fields))
    assert refusal.value.findings[0].path == param


def test_a_whole_answer_is_in_the_completions_own_shape() -> None:
    reply = Reply((ReasoningPart("t"), TextPart("Hello", logprobs=TOKENS)), LENGTH, Usage(3, 2), "i", "m")
    told = orjson.loads(CLIENT.write_answer(PlainAnswer(b"", None, 5, reply), asked()))
    assert told["object"] == "text_completion"
    (choice,) = told["choices"]
    assert choice == {
        "index": 0,
        "text": "Hello",
        "finish_reason": "length",
        "logprobs": {
            "tokens": ["Hel", "lo"],
            "token_logprobs": [-0.1, -0.2],
            "top_logprobs": [{"Hal": -3.0}, {}],
            "text_offset": [0, 3],
        },
    }
    assert (told["usage"]["prompt_tokens"], told["usage"]["completion_tokens"]) == (3, 2)


@pytest.mark.parametrize("shows_usage", [False, True])
def test_a_stream_is_in_the_completions_own_shape(shows_usage: bool) -> None:
    writer = CLIENT.stream_writer(asked(stream=True, stream_options={"include_usage": shows_usage}))
    deltas = (Began("i", "m"), ReasoningPiece("t"), TextPiece("Hel"), TextPiece("lo", TOKENS[1:]), Finished(LENGTH))
    written = b"".join(writer.event(StreamEvent(b"", deltas=(delta,))) for delta in (*deltas, UsageTold(Usage(3, 2))))
    written += writer.event(StreamEvent(b"", done=True)) + writer.end()
    *chunks, last = [line.removeprefix("data: ") for line in written.decode().strip().split("\n\n")]
    assert last == "[DONE]"
    told = [orjson.loads(chunk) for chunk in chunks]
    assert {chunk["object"] for chunk in told} == {"text_completion"}
    texts = [(choice["text"], choice["finish_reason"]) for chunk in told for choice in chunk["choices"]]
    assert texts == [("Hel", None), ("lo", None), ("", "length")]
    assert told[1]["choices"][0]["logprobs"]["text_offset"] == [3]
    assert [chunk["usage"]["total_tokens"] for chunk in told if "usage" in chunk] == ([5] if shows_usage else [])


@pytest.mark.parametrize(
    ("preset", "kind", "by_chat"),
    [
        ("groq", None, True),
        ("anthropic", "chat", True),
        ("openai", "embedding", False),
        ("openai", "completion", False),
        ("openai-compatible", None, False),
        ("groq", "embedding", False),
    ],
)
def test_who_has_completions_is_asked_for_them(preset: str, kind: str | None, by_chat: bool) -> None:
    endpoints = None if kind is None else ENDPOINTS[kind]
    assert completes_by_chat(PRESETS[preset], ModelInfo(endpoints=endpoints)) is by_chat


def test_a_model_that_is_known_to_chat_alone_completes_by_chat() -> None:
    chats = ModelInfo(endpoints=frozenset({Endpoint.CHAT_COMPLETIONS}))
    assert completes_by_chat(PRESETS["openai"], chats)
