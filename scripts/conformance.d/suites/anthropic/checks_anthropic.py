"""Anthropic's Python SDK: messages, streams and their helpers, tools, thinking, counting; sync and async."""

from __future__ import annotations

import os
from typing import Any

import anthropic
from checks import check, run_checks
from pydantic import BaseModel

MODEL = os.environ["ANTHROPIC_MODEL"]
HELLO: Any = [{"role": "user", "content": "Hello"}]
ASKED: Any = [{"role": "user", "content": "What is the weather in Paris?"}]
WEATHER: Any = {
    "name": "get_weather",
    "description": "The weather of a city",
    "input_schema": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
}
PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
client = anthropic.Anthropic(max_retries=0)


class City(BaseModel):
    name: str
    people: int


def ask(**more: Any) -> Any:
    return client.messages.create(**{"model": MODEL, "max_tokens": 500, "messages": HELLO} | more)


def text_of(message: Any) -> str:
    return "".join(block.text for block in message.content if block.type == "text")


@check("messages: a whole answer with its usage")
def _() -> None:
    message = ask()
    assert text_of(message)
    assert message.stop_reason == "end_turn"
    assert message.usage.input_tokens > 0
    assert message.usage.output_tokens > 0


@check("messages: a stream, its events in order")
def _() -> None:
    kinds = [event.type for event in ask(stream=True) if event.type != "ping"]
    assert kinds[:2] == ["message_start", "content_block_start"]
    assert kinds[-3:] == ["content_block_stop", "message_delta", "message_stop"]


@check("messages: async, whole and streamed")
async def _() -> None:
    async with anthropic.AsyncAnthropic(max_retries=0) as own:
        assert text_of(await own.messages.create(model=MODEL, max_tokens=500, messages=HELLO))
        async with own.messages.stream(model=MODEL, max_tokens=500, messages=HELLO) as stream:
            assert "".join([piece async for piece in stream.text_stream])


@check("messages: the stream helper")
def _() -> None:
    with client.messages.stream(model=MODEL, max_tokens=500, messages=HELLO) as stream:
        text = "".join(stream.text_stream)
        final = stream.get_final_message()
    assert text_of(final) == text != ""
    assert final.usage.output_tokens > 0


@check("messages: the raw answer and its request id")
def _() -> None:
    raw = client.messages.with_raw_response.create(model=MODEL, max_tokens=500, messages=HELLO)
    assert text_of(raw.parse())
    assert raw.headers["content-type"].startswith("application/json")


@check("messages: three turns with a tool")
def _() -> None:
    first = ask(messages=ASKED, tools=[WEATHER])
    assert first.stop_reason == "tool_use"
    [call] = [block for block in first.content if block.type == "tool_use"]
    result = {"type": "tool_result", "tool_use_id": call.id, "content": "sunny"}
    turns = [*ASKED, {"role": "assistant", "content": first.content}, {"role": "user", "content": [result]}]
    second = ask(messages=turns, tools=[WEATHER])
    assert text_of(second)
    assert second.stop_reason == "end_turn"


@check("messages: a tool call, streamed")
def _() -> None:
    with client.messages.stream(model=MODEL, max_tokens=500, messages=ASKED, tools=[WEATHER]) as stream:
        pieces = "".join(event.partial_json for event in stream if event.type == "input_json")
        [call] = [block for block in stream.get_final_message().content if block.type == "tool_use"]
    assert call.input
    assert pieces


@check("messages: a tool that has to be called, and one that must not")
def _() -> None:
    forced = ask(tools=[WEATHER], tool_choice={"type": "tool", "name": "get_weather"})
    assert [block.name for block in forced.content if block.type == "tool_use"] == ["get_weather"]
    assert text_of(ask(tools=[WEATHER], tool_choice={"type": "none"}))


@check("messages: the tool runner")
def _() -> None:
    @anthropic.beta_tool
    def get_weather(city: str) -> str:
        """The weather of a city.

        Args:
            city: Its name.
        """
        return f"sunny in {city}"

    runner = client.beta.messages.tool_runner(model=MODEL, max_tokens=500, messages=ASKED, tools=[get_weather])
    assert text_of(runner.until_done())


@check("messages: a system prompt with a cache mark, stops and a user")
def _() -> None:
    system = [{"type": "text", "text": "Be brief.", "cache_control": {"type": "ephemeral"}}]
    assert text_of(ask(system=system, stop_sequences=["§"], metadata={"user_id": "u"}))


@check("messages: a picture")
def _() -> None:
    source = {"type": "base64", "media_type": "image/png", "data": PIXEL}
    content = [{"type": "image", "source": source}, {"type": "text", "text": "What is this?"}]
    assert text_of(ask(messages=[{"role": "user", "content": content}]))


@check("messages: thinking, and its signature in the next turn")
def _() -> None:
    thinking = {"type": "enabled", "budget_tokens": 1024}
    first = ask(max_tokens=4000, thinking=thinking, messages=ASKED, tools=[WEATHER])
    [call] = [block for block in first.content if block.type == "tool_use"]
    result = {"type": "tool_result", "tool_use_id": call.id, "content": "sunny"}
    turns = [*ASKED, {"role": "assistant", "content": first.content}, {"role": "user", "content": [result]}]
    assert text_of(ask(max_tokens=4000, thinking=thinking, messages=turns, tools=[WEATHER]))


@check("messages: parse into a type")
def _() -> None:
    message = client.messages.parse(model=MODEL, max_tokens=500, messages=HELLO, output_format=City)
    assert isinstance(message.parsed_output, City)


@check("messages: the stream helper parses into a type")
def _() -> None:
    with client.messages.stream(model=MODEL, max_tokens=500, messages=HELLO, output_format=City) as stream:
        assert isinstance(stream.get_final_message().parsed_output, City)


@check("beta: messages, whole and streamed")
def _() -> None:
    betas = ["interleaved-thinking-2025-05-14"]
    assert text_of(client.beta.messages.create(model=MODEL, max_tokens=500, messages=HELLO, betas=betas))
    with client.beta.messages.stream(model=MODEL, max_tokens=500, messages=HELLO, betas=betas) as stream:
        assert stream.get_final_text()


@check("counting tokens")
def _() -> None:
    assert client.messages.count_tokens(model=MODEL, messages=ASKED, tools=[WEATHER]).input_tokens > 0


@check("models: a list, and one of it")
def _() -> None:
    names = [model.id for model in client.models.list()]
    assert names
    assert client.models.retrieve(names[0]).id == names[0]


@check("errors: an unknown path is the SDK's own exception")
def _() -> None:
    try:
        client.post("/v1/nothing/here", cast_to=object, body={})
    except anthropic.NotFoundError:
        return
    raise AssertionError("no error")


if __name__ == "__main__":
    run_checks()
