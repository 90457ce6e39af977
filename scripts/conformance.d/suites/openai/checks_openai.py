"""OpenAI's Python SDK: chat, responses, completions, embeddings, models; whole, streamed, parsed, sync and async."""

from __future__ import annotations

import base64
import os
from collections.abc import Iterable
from typing import Any

import openai
from checks import check, run_checks
from pydantic import BaseModel

MODEL = os.environ["OPENAI_MODEL"]
HELLO: Any = [{"role": "user", "content": "Hello"}]
WEATHER: Any = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "The weather of a city",
        "parameters": {
            "type": "object",
            "properties": {"city": {"type": "string"}},
            "required": ["city"],
            "additionalProperties": False,
        },
        "strict": True,
    },
}
FLAT_WEATHER: Any = {"type": "function", **WEATHER["function"]}
PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
client = openai.OpenAI(max_retries=0)


class City(BaseModel):
    name: str
    people: int


def joined(chunks: Iterable[Any]) -> str:
    return "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)


@check("chat: a whole answer with its usage")
def _() -> None:
    answer = client.chat.completions.create(model=MODEL, messages=HELLO)
    assert answer.choices[0].message.content
    assert answer.choices[0].finish_reason == "stop"
    assert answer.usage
    assert answer.usage.total_tokens == answer.usage.prompt_tokens + answer.usage.completion_tokens > 0


@check("chat: a stream, joined")
def _() -> None:
    chunks = list(client.chat.completions.create(model=MODEL, messages=HELLO, stream=True))
    assert joined(chunks)
    assert chunks[-1].choices[0].finish_reason == "stop"


@check("chat: the usage of a stream")
def _() -> None:
    options: Any = {"include_usage": True}
    chunks = list(client.chat.completions.create(model=MODEL, messages=HELLO, stream=True, stream_options=options))
    assert chunks[-1].usage
    assert chunks[-1].usage.completion_tokens > 0


@check("chat: async, whole and streamed")
async def _() -> None:
    async with openai.AsyncOpenAI(max_retries=0) as own:
        whole = await own.chat.completions.create(model=MODEL, messages=HELLO)
        assert whole.choices[0].message.content
        stream = await own.chat.completions.create(model=MODEL, messages=HELLO, stream=True)
        assert joined([chunk async for chunk in stream])


@check("chat: the stream helper")
def _() -> None:
    with client.chat.completions.stream(model=MODEL, messages=HELLO) as stream:
        kinds = [event.type for event in stream]
        final = stream.get_final_completion()
    assert "content.delta" in kinds
    assert "content.done" in kinds
    assert final.choices[0].message.content


@check("chat: parse into a type")
def _() -> None:
    answer = client.chat.completions.parse(model=MODEL, messages=HELLO, response_format=City)
    assert isinstance(answer.choices[0].message.parsed, City)


@check("chat: the stream helper parses into a type")
def _() -> None:
    with client.chat.completions.stream(model=MODEL, messages=HELLO, response_format=City) as stream:
        for _event in stream:
            pass
        assert isinstance(stream.get_final_completion().choices[0].message.parsed, City)


@check("chat: three turns with a tool")
def _() -> None:
    asked: Any = [{"role": "user", "content": "What is the weather in Paris?"}]
    first = client.chat.completions.create(model=MODEL, messages=asked, tools=[WEATHER])
    assert first.choices[0].finish_reason == "tool_calls"
    [call] = first.choices[0].message.tool_calls or []
    result: Any = {"role": "tool", "tool_call_id": call.id, "content": "sunny"}
    messages = [*asked, first.choices[0].message.to_dict(), result]
    second = client.chat.completions.create(model=MODEL, messages=messages, tools=[WEATHER])
    assert second.choices[0].message.content
    assert second.choices[0].finish_reason == "stop"


@check("chat: a tool call, streamed")
def _() -> None:
    asked: Any = [{"role": "user", "content": "What is the weather in Paris?"}]
    with client.chat.completions.stream(model=MODEL, messages=asked, tools=[WEATHER]) as stream:
        for _event in stream:
            pass
        [call] = stream.get_final_completion().choices[0].message.tool_calls or []
    assert call.function.name == "get_weather"
    assert "city" in (call.function.arguments or "")


@check("chat: a tool that has to be called")
def _() -> None:
    choice: Any = {"type": "function", "function": {"name": "get_weather"}}
    answer = client.chat.completions.create(model=MODEL, messages=HELLO, tools=[WEATHER], tool_choice=choice)
    assert answer.choices[0].message.tool_calls


@check("chat: a picture")
def _() -> None:
    picture = {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{PIXEL}"}}
    asked: Any = [{"role": "user", "content": [{"type": "text", "text": "What is this?"}, picture]}]
    assert client.chat.completions.create(model=MODEL, messages=asked).choices[0].message.content


@check("chat: instructions, a cap, a stop and an effort")
def _() -> None:
    told: Any = [{"role": "developer", "content": "Be brief."}, *HELLO]
    answer = client.chat.completions.create(
        model=MODEL, messages=told, max_completion_tokens=500, stop=["§"], reasoning_effort="low"
    )
    assert answer.choices[0].message.content


@check("completions: whole and streamed")
def _() -> None:
    model = os.environ["COMPLETION_MODEL"]
    assert client.completions.create(model=model, prompt="Hello").choices[0].text
    assert "".join(part.choices[0].text for part in client.completions.create(model=model, prompt="Hello", stream=True))


@check("responses: a whole answer with its usage")
def _() -> None:
    answer = client.responses.create(model=MODEL, input="Hello", instructions="Be brief.")
    assert answer.output_text
    assert answer.status == "completed"
    assert answer.usage
    assert answer.usage.total_tokens > 0


@check("responses: a stream, its events in order")
def _() -> None:
    kinds = [event.type for event in client.responses.create(model=MODEL, input="Hello", stream=True)]
    assert kinds[0] == "response.created"
    assert kinds[-1] == "response.completed"
    assert "response.output_text.delta" in kinds


@check("responses: async, whole and streamed")
async def _() -> None:
    async with openai.AsyncOpenAI(max_retries=0) as own:
        assert (await own.responses.create(model=MODEL, input="Hello")).output_text
        async with own.responses.stream(model=MODEL, input="Hello") as stream:
            async for _event in stream:
                pass
            assert (await stream.get_final_response()).output_text


@check("responses: the stream helper")
def _() -> None:
    with client.responses.stream(model=MODEL, input="Hello") as stream:
        text = "".join(event.delta for event in stream if event.type == "response.output_text.delta")
        assert stream.get_final_response().output_text == text != ""


@check("responses: parse into a type")
def _() -> None:
    assert isinstance(client.responses.parse(model=MODEL, input="Hello", text_format=City).output_parsed, City)


@check("responses: the stream helper parses into a type")
def _() -> None:
    with client.responses.stream(model=MODEL, input="Hello", text_format=City) as stream:
        for _event in stream:
            pass
        assert isinstance(stream.get_final_response().output_parsed, City)


@check("responses: three turns with a tool")
def _() -> None:
    asked: Any = [{"role": "user", "content": "What is the weather in Paris?"}]
    first = client.responses.create(model=MODEL, input=asked, tools=[FLAT_WEATHER])
    [call] = [item for item in first.output if item.type == "function_call"]
    result = {"type": "function_call_output", "call_id": call.call_id, "output": "sunny"}
    given: Any = [*asked, *(item.to_dict() for item in first.output), result]
    assert client.responses.create(model=MODEL, input=given, tools=[FLAT_WEATHER]).output_text


@check("responses: a tool call, streamed")
def _() -> None:
    with client.responses.stream(model=MODEL, input="The weather in Paris?", tools=[FLAT_WEATHER]) as stream:
        for _event in stream:
            pass
        [call] = [item for item in stream.get_final_response().output if item.type == "function_call"]
    assert call.name == "get_weather"


@check("embeddings: one and several texts")
def _() -> None:
    model = os.environ["EMBEDDING_MODEL"]
    one = client.embeddings.create(model=model, input="Hello")
    assert all(isinstance(number, float) for number in one.data[0].embedding)
    several = client.embeddings.create(model=model, input=["Hello", "there"], encoding_format="float")
    assert [item.index for item in several.data] == [0, 1]


@check("embeddings: base64")
def _() -> None:
    raw = client.embeddings.create(model=os.environ["EMBEDDING_MODEL"], input="Hello", encoding_format="base64")
    assert base64.b64decode(raw.data[0].embedding)  # type: ignore[arg-type]


@check("models: a list, and one of it")
def _() -> None:
    names = [model.id for model in client.models.list()]
    assert names
    assert client.models.retrieve(names[0]).id == names[0]


@check("errors: an unknown path is the SDK's own exception")
def _() -> None:
    try:
        client.post("/nothing/here", cast_to=object, body={})
    except openai.NotFoundError:
        return
    raise AssertionError("no error")


if __name__ == "__main__":
    run_checks()
