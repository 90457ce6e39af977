"""Google's Python SDK: answers, chats, functions, schemas, thoughts, counts, vectors; whole, streamed, sync, async."""

from __future__ import annotations

import asyncio
import base64
import enum
import json
import os
from collections.abc import Iterable
from typing import Any

from checks import check, run_checks
from google import genai
from google.genai import errors, types
from pydantic import BaseModel

MODEL = os.environ["GEMINI_MODEL"]
EMBEDDING_MODEL = os.environ["GEMINI_EMBEDDING_MODEL"]
ASKED = "What is the weather in 'Paris'?"
PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
PLACE: Any = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
WEATHER = types.Tool(
    function_declarations=[
        types.FunctionDeclaration(
            name="get_weather", description="The weather of a city", parameters_json_schema=PLACE
        ),
        types.FunctionDeclaration(
            name="get_time",
            description="The time in a city",
            parameters=types.Schema(
                type=types.Type.OBJECT, properties={"city": types.Schema(type=types.Type.STRING)}, required=["city"]
            ),
        ),
    ]
)
client = genai.Client()


class City(BaseModel):
    name: str
    people: int
    river: str | None = None


class Size(enum.Enum):
    SMALL = "small"
    LARGE = "large"


def ask(contents: Any = "Hello", **config: Any) -> types.GenerateContentResponse:
    return client.models.generate_content(
        model=MODEL, contents=contents, config=types.GenerateContentConfig(**config) if config else None
    )


def ask_streamed(contents: Any = "Hello", **config: Any) -> list[types.GenerateContentResponse]:
    given = types.GenerateContentConfig(**config) if config else None
    return list(client.models.generate_content_stream(model=MODEL, contents=contents, config=given))


def joined(chunks: Iterable[types.GenerateContentResponse]) -> str:
    return "".join(chunk.text or "" for chunk in chunks)


def content_of(answer: types.GenerateContentResponse) -> types.Content:
    assert answer.candidates
    assert answer.candidates[0].content
    return answer.candidates[0].content


def parts_of(*answers: types.GenerateContentResponse) -> list[types.Part]:
    return [part for answer in answers for each in answer.candidates or () for part in _parts(each.content)]


def _parts(content: types.Content | None) -> list[types.Part]:
    return list(content.parts or ()) if content else []


def finish_of(answer: types.GenerateContentResponse) -> types.FinishReason | None:
    assert answer.candidates
    return answer.candidates[0].finish_reason


def the_call(*answers: types.GenerateContentResponse) -> types.FunctionCall:
    [call] = [part.function_call for part in parts_of(*answers) if part.function_call]
    assert (call.args or {})["city"]
    return call


def result_of(call: types.FunctionCall, said: str) -> types.Content:
    told = types.FunctionResponse(id=call.id, name=call.name, response={"result": said})
    return types.Content(role="user", parts=[types.Part(function_response=told)])


def user(*parts: types.Part | str) -> types.Content:
    made = [types.Part.from_text(text=part) if isinstance(part, str) else part for part in parts]
    return types.Content(role="user", parts=made)


def by_hand() -> types.AutomaticFunctionCallingConfig:
    return types.AutomaticFunctionCallingConfig(disable=True)


def calling(mode: str, *names: str) -> types.ToolConfig:
    told = types.FunctionCallingConfig(mode=types.FunctionCallingConfigMode(mode), allowed_function_names=names or None)
    return types.ToolConfig(function_calling_config=told)


def get_weather(city: str) -> str:
    """The weather of a city.

    Args:
        city: Its name.
    """
    return f"sunny in {city}"


@check("an answer, whole, with its usage")
def _() -> None:
    answer = ask()
    assert answer.text
    assert finish_of(answer) == types.FinishReason.STOP
    assert answer.model_version
    usage = answer.usage_metadata
    assert usage
    assert usage.total_token_count
    parts = (usage.prompt_token_count, usage.candidates_token_count, usage.thoughts_token_count)
    assert usage.total_token_count == sum(part or 0 for part in parts) > 0


@check("an answer, streamed, with its usage")
def _() -> None:
    chunks = ask_streamed()
    assert len(chunks) > 1
    assert joined(chunks)
    assert finish_of(chunks[-1]) == types.FinishReason.STOP
    assert chunks[-1].usage_metadata
    assert chunks[-1].usage_metadata.candidates_token_count


@check("async: whole and streamed")
async def _() -> None:
    assert (await client.aio.models.generate_content(model=MODEL, contents="Hello")).text
    stream = await client.aio.models.generate_content_stream(model=MODEL, contents="Hello")
    assert joined([chunk async for chunk in stream])


@check("async: several at once")
async def _() -> None:
    asked = [client.aio.models.generate_content(model=MODEL, contents=f"Hello {number}") for number in range(4)]
    assert all(answer.text for answer in await asyncio.gather(*asked))


@check("a chat of three turns, whole and streamed")
def _() -> None:
    chat = client.chats.create(model=MODEL)
    assert chat.send_message("Hello").text
    assert joined(list(chat.send_message_stream("And you?")))
    assert chat.send_message("Goodbye").text
    assert [content.role for content in chat.get_history()].count("user") == 3


@check("instructions, temperature, stops, a seed, a cap and safety settings")
def _() -> None:
    safety = types.SafetySetting(
        category=types.HarmCategory.HARM_CATEGORY_HARASSMENT, threshold=types.HarmBlockThreshold.BLOCK_ONLY_HIGH
    )
    answer = ask(
        system_instruction="Be brief.",
        temperature=0.5,
        top_p=0.9,
        top_k=20,
        seed=7,
        stop_sequences=["§"],
        max_output_tokens=500,
        presence_penalty=0.1,
        frequency_penalty=0.1,
        safety_settings=[safety],
    )
    assert answer.text


@check("contents in every way that the SDK takes them")
def _() -> None:
    assert ask(["Hello", "there"]).text
    assert ask(types.Part.from_text(text="Hello")).text
    assert ask([user("Hello"), types.Content(role="model", parts=[types.Part(text="Hi")]), user("Go on")]).text


@check("a picture")
def _() -> None:
    picture = types.Part.from_bytes(data=base64.b64decode(PIXEL), mime_type="image/png")
    assert ask(["What is this?", picture]).text


@check("functions: three turns by hand")
def _() -> None:
    first = ask(ASKED, tools=[WEATHER], automatic_function_calling=by_hand())
    call = the_call(first)
    assert call.name == "get_weather"
    turns = [user(ASKED), content_of(first), result_of(call, "sunny")]
    second = ask(turns, tools=[WEATHER], automatic_function_calling=by_hand())
    assert second.text
    third = ask([*turns, content_of(second), user("Thank you!")], automatic_function_calling=by_hand())
    assert third.text
    assert finish_of(third) == types.FinishReason.STOP


@check("functions: a call, streamed, and its result")
def _() -> None:
    chunks = ask_streamed(ASKED, tools=[WEATHER], automatic_function_calling=by_hand())
    call = the_call(*chunks)
    said = types.Content(role="model", parts=parts_of(*chunks))
    turns = [user(ASKED), said, result_of(call, "sunny")]
    assert joined(ask_streamed(turns, tools=[WEATHER], automatic_function_calling=by_hand()))


@check("functions: in a chat, by hand, streamed")
def _() -> None:
    config = types.GenerateContentConfig(tools=[WEATHER], automatic_function_calling=by_hand())
    chat = client.chats.create(model=MODEL, config=config)
    call = the_call(*chat.send_message_stream(ASKED))
    result = types.Part.from_function_response(name=call.name or "", response={"result": "sunny"})
    assert joined(list(chat.send_message_stream(result)))


@check("functions: one that has to be called, and none")
def _() -> None:
    given: Any = {"tools": [WEATHER], "automatic_function_calling": by_hand()}
    assert the_call(ask("Hello", tool_config=calling("ANY", "get_time"), **given)).name == "get_time"
    assert the_call(ask("Hello", tool_config=calling("ANY"), **given))
    assert ask(ASKED, tool_config=calling("NONE"), **given).text


@check("functions: Python's, called by the SDK")
def _() -> None:
    answer = ask(ASKED, tools=[get_weather])
    assert answer.text
    assert answer.automatic_function_calling_history


@check("functions: Python's, called by the SDK in a stream")
def _() -> None:
    assert joined(ask_streamed(ASKED, tools=[get_weather]))


@check("functions: Python's, called by the SDK in an async chat")
async def _() -> None:
    config = types.GenerateContentConfig(tools=[get_weather])
    chat = client.aio.chats.create(model=MODEL, config=config)
    assert (await chat.send_message(ASKED)).text
    assert (await chat.send_message("Thank you!")).text


@check("functions: a result that failed")
def _() -> None:
    first = ask(ASKED, tools=[WEATHER], automatic_function_calling=by_hand())
    call = the_call(first)
    told = types.FunctionResponse(id=call.id, name=call.name, response={"error": "no such city"})
    turns = [user(ASKED), content_of(first), user(types.Part(function_response=told))]
    assert ask(turns, tools=[WEATHER], automatic_function_calling=by_hand()).text


@check("a schema: a type, parsed")
def _() -> None:
    answer = ask("Tell me of 'Rome'.", response_mime_type="application/json", response_schema=City)
    assert isinstance(answer.parsed, City)


@check("a schema: a list of a type")
def _() -> None:
    answer = ask("Cities?", response_mime_type="application/json", response_schema=list[City])
    assert isinstance(answer.parsed, list)
    assert isinstance(answer.parsed[0], City)


@check("a schema: one of several words")
def _() -> None:
    assert isinstance(ask("How large?", response_mime_type="text/x.enum", response_schema=Size).parsed, Size)


@check("a schema: as JSON schema, streamed")
def _() -> None:
    chunks = ask_streamed(
        "Tell me of 'Rome'.", response_mime_type="application/json", response_json_schema=City.model_json_schema()
    )
    assert City.model_validate_json(joined(chunks))


@check("a schema beside functions")
def _() -> None:
    given: Any = {
        "tools": [WEATHER],
        "automatic_function_calling": by_hand(),
        "response_mime_type": "application/json",
        "response_json_schema": City.model_json_schema(),
    }
    first = ask(ASKED, **given)
    turns = [user(ASKED), content_of(first), result_of(the_call(first), "sunny")]
    assert City.model_validate_json(ask(turns, **given).text or "")


@check("JSON mode")
def _() -> None:
    answer = ask("Answer in JSON with the key 'city'.", response_mime_type="application/json")
    assert isinstance(json.loads(answer.text or ""), dict)


@check("thoughts: whole, and counted")
def _() -> None:
    answer = ask(thinking_config=types.ThinkingConfig(include_thoughts=True, thinking_level=types.ThinkingLevel.LOW))
    assert [part.text for part in parts_of(answer) if part.thought]
    assert answer.text
    assert answer.usage_metadata
    assert answer.usage_metadata.thoughts_token_count


@check("thoughts: streamed, before the answer")
def _() -> None:
    parts = parts_of(*ask_streamed(thinking_config=types.ThinkingConfig(include_thoughts=True, thinking_budget=1024)))
    kinds = [bool(part.thought) for part in parts if part.text]
    assert kinds[0]
    assert not kinds[-1]
    assert kinds == sorted(kinds, reverse=True)


@check("thoughts: kept with their calls through three turns")
def _() -> None:
    given: Any = {
        "tools": [WEATHER],
        "automatic_function_calling": by_hand(),
        "thinking_config": types.ThinkingConfig(include_thoughts=True),
    }
    first = ask(ASKED, **given)
    turns = [user(ASKED), content_of(first), result_of(the_call(first), "sunny")]
    second = ask(turns, **given)
    assert second.text
    assert ask([*turns, content_of(second), user("Thank you!")], tool_config=calling("NONE"), **given).text


@check("thoughts: switched off")
def _() -> None:
    answer = ask(thinking_config=types.ThinkingConfig(thinking_budget=0))
    assert answer.text
    assert not [part for part in parts_of(answer) if part.thought]


@check("counting tokens")
def _() -> None:
    assert client.models.count_tokens(model=MODEL, contents=ASKED).total_tokens
    assert client.models.count_tokens(model=MODEL, contents=[user(ASKED), "More"]).total_tokens


@check("vectors: one and several")
def _() -> None:
    one = client.models.embed_content(model=EMBEDDING_MODEL, contents="Hello")
    assert one.embeddings
    assert one.embeddings[0].values
    several = client.models.embed_content(model=EMBEDDING_MODEL, contents=["Hello", "there"])
    assert len(several.embeddings or ()) == 2


@check("models: a list, and one of it")
def _() -> None:
    names = [model.name for model in client.models.list() if model.name]
    assert names
    assert client.models.get(model=names[0]).name == names[0]


@check("the raw answer's headers")
def _() -> None:
    answer = ask()
    assert answer.sdk_http_response
    assert answer.sdk_http_response.headers
    assert "application/json" in answer.sdk_http_response.headers["content-type"]


@check("errors: an unknown key")
def _() -> None:
    stranger = genai.Client(api_key="nobody's")
    refused(lambda: stranger.models.generate_content(model=MODEL, contents="Hello"), 400, 401, 403)


@check("errors: an unknown model, whole and streamed")
def _() -> None:
    refused(lambda: client.models.generate_content(model="nobody/nothing", contents="Hello"), 404)
    refused(lambda: list(client.models.generate_content_stream(model="nobody/nothing", contents="Hello")), 404)


@check("errors: what no model takes")
def _() -> None:
    wrong: Any = {"extra_body": {"contents": "text"}}
    options = types.HttpOptions(**wrong)
    refused(lambda: ask(http_options=options), 400)


def refused(run: Any, *codes: int) -> None:
    """The SDK's own exception, with the status and the words that Gemini's errors have."""
    try:
        run()
    except errors.ClientError as error:
        told = error
    else:
        raise AssertionError("it was not refused")
    assert told.code in codes, f"{told.code} {told.status}: {told.message}"
    assert told.message
    assert told.status


if __name__ == "__main__":
    run_checks()
