"""OpenAI's chat completions, completions and embeddings, as that provider writes them."""

from __future__ import annotations

import base64
import json
import struct
from collections.abc import Iterator
from typing import Any

from runner.scripted.model import Asked, Json, Said, Tool, keys_in, tokens

ID = "chatcmpl-scripted"
CREATED = 1_700_000_000
DIMENSIONS = 8
PIECE = 6  # characters of a streamed piece: words and JSON come apart in their middle


class Refused(ValueError):
    """What OpenAI answers with invalid_request_error."""


def read_chat(body: Json) -> Asked:
    messages = body["messages"]
    _check(messages)
    form = body.get("response_format") or {}
    prompt = next((_text(message) for message in reversed(messages) if message["role"] == "user"), "")
    return Asked(
        model=body["model"],
        prompt=prompt,
        tools=tuple(_tool(tool) for tool in body.get("tools") or ()),
        choice=_choice(body.get("tool_choice")),
        rounds=sum(1 for message in messages if message["role"] == "assistant" and message.get("tool_calls")),
        results=tuple(_last_results(messages)),
        schema=_schema(form, prompt),
        thinks=body.get("reasoning_effort") not in (None, "none"),
        stop=tuple([body["stop"]] if isinstance(body.get("stop"), str) else body.get("stop") or ()),
        cap=body.get("max_completion_tokens") or body.get("max_tokens"),
    )


def _check(messages: list[Json]) -> None:
    """Every result is of a call that was made."""
    called: set[str] = set()
    for message in messages:
        called |= {call["id"] for call in message.get("tool_calls") or ()}
        if message["role"] == "tool" and message["tool_call_id"] not in called:
            raise Refused("messages with role 'tool' must be a response to a preceding message with 'tool_calls'.")


def _text(message: Json) -> str:
    content = message.get("content") or ""
    if isinstance(content, str):
        return content
    return " ".join(part.get("text", "") for part in content)


def _tool(tool: Json) -> Tool:
    described = tool[tool["type"]]
    return Tool(described["name"], described.get("parameters") or {}, custom=tool["type"] == "custom")


def _choice(choice: Any) -> str:
    if isinstance(choice, dict):
        described: Json = choice.get(str(choice.get("type"))) or {}
        return str(described.get("name", "auto"))
    return choice or "auto"


def _last_results(messages: list[Json]) -> list[str]:
    results: list[str] = []
    for message in reversed(messages):  # pictures of results come behind them, as the user's words
        if message["role"] == "assistant":
            break
        if message["role"] == "tool":
            results.insert(0, _text(message))
    return results


def object_schema(schema: Json) -> Json:
    """The schema, which has to be one of an object."""
    if schema.get("type") != "object":
        raise Refused(f"Invalid schema for response_format: schema must be of type object, got {schema.get('type')!r}.")
    return schema


def _schema(form: Json, prompt: str) -> Json | None:
    if form.get("type") == "json_schema":
        return object_schema(form["json_schema"]["schema"])
    return keys_in(prompt) if form.get("type") == "json_object" else None


def _calls(said: Said, start: int) -> list[Json]:
    written = []
    for index, call in enumerate(said.calls, start):
        kind, part = ("custom", "input") if call.custom else ("function", "arguments")
        written.append({"id": f"call_{index:08}", "type": kind, kind: {"name": call.name, part: call.written}})
    return written


def _usage(asked: Asked, said: Said) -> Json:
    thoughts = tokens(said.thoughts) if said.thoughts else 0
    spoken = tokens(said.text + "".join(call.written for call in said.calls)) + thoughts
    prompt = tokens(asked.prompt) + 8
    return {
        "prompt_tokens": prompt,
        "completion_tokens": spoken,
        "total_tokens": prompt + spoken,
        "prompt_tokens_details": {"cached_tokens": 0},
        "completion_tokens_details": {"reasoning_tokens": thoughts},
    }


def whole_chat(body: Json, asked: Asked, said: Said) -> Json:
    message: Json = {"role": "assistant", "content": said.text or None, "refusal": None}
    if said.thoughts:
        message["reasoning_content"] = said.thoughts
    if said.calls:
        message["tool_calls"] = _calls(said, asked.rounds * 10)
    choices = [
        {"index": index, "message": message, "finish_reason": said.finish, "logprobs": _logprobs(body, said.text)}
        for index in range(body.get("n") or 1)
    ]
    return _envelope("chat.completion", asked, choices) | {"usage": _usage(asked, said)}


def _envelope(kind: str, asked: Asked, choices: list[Json]) -> Json:
    return {"id": ID, "object": kind, "created": CREATED, "model": asked.model, "choices": choices}


def _logprobs(body: Json, text: str) -> Json | None:
    if not body.get("logprobs"):
        return None
    return {"content": [{"token": text, "logprob": -0.1, "bytes": None, "top_logprobs": []}], "refusal": None}


def chat_stream(body: Json, asked: Asked, said: Said) -> Iterator[str]:
    for index in range(body.get("n") or 1):
        for delta in _deltas(asked, said):
            choice = {"index": index, "delta": delta, "finish_reason": None, "logprobs": None}
            yield _event(_envelope("chat.completion.chunk", asked, [choice]))
        choice = {"index": index, "delta": {}, "finish_reason": said.finish, "logprobs": None}
        yield _event(_envelope("chat.completion.chunk", asked, [choice]))
    if (body.get("stream_options") or {}).get("include_usage"):
        yield _event(_envelope("chat.completion.chunk", asked, []) | {"usage": _usage(asked, said)})
    yield "data: [DONE]\n\n"


def _deltas(asked: Asked, said: Said) -> Iterator[Json]:
    yield {"role": "assistant", "content": "", "refusal": None}
    yield from ({"reasoning_content": piece} for piece in pieces(said.thoughts))
    yield from ({"content": piece} for piece in pieces(said.text))
    for index, call in enumerate(_calls(said, asked.rounds * 10)):
        kind, part = ("custom", "input") if call["type"] == "custom" else ("function", "arguments")
        yield {"tool_calls": [call | {"index": index, kind: call[kind] | {part: ""}}]}
        yield from ({"tool_calls": [{"index": index, kind: {part: piece}}]} for piece in pieces(call[kind][part]))


def pieces(text: str) -> Iterator[str]:
    return (text[start : start + PIECE] for start in range(0, len(text), PIECE))


def _event(document: Json) -> str:
    return f"data: {json.dumps(document, ensure_ascii=False)}\n\n"


def read_completion(body: Json) -> Asked:
    prompt = body.get("prompt") or ""
    text = prompt if isinstance(prompt, str) else " ".join(str(part) for part in prompt)
    stop = body.get("stop")
    return Asked(
        body["model"], text, stop=tuple([stop] if isinstance(stop, str) else stop or ()), cap=body.get("max_tokens")
    )


def whole_completion(body: Json, asked: Asked, said: Said) -> Json:
    choices: list[Json] = [
        {"index": index, "text": said.text, "finish_reason": said.finish, "logprobs": None}
        for index in range(body.get("n") or 1)
    ]
    return _envelope("text_completion", asked, choices) | {"usage": _usage(asked, said)}


def completion_stream(body: Json, asked: Asked, said: Said) -> Iterator[str]:
    for piece in pieces(said.text):
        choice = {"index": 0, "text": piece, "finish_reason": None, "logprobs": None}
        yield _event(_envelope("text_completion", asked, [choice]))
    choice = {"index": 0, "text": "", "finish_reason": said.finish, "logprobs": None}
    yield _event(_envelope("text_completion", asked, [choice]))
    if (body.get("stream_options") or {}).get("include_usage"):
        yield _event(_envelope("text_completion", asked, []) | {"usage": _usage(asked, said)})
    yield "data: [DONE]\n\n"


def embeddings(body: Json, *, plain: bool) -> Json:
    given = body["input"]
    texts = [given] if isinstance(given, str) or (given and isinstance(given[0], int)) else given
    vectors = [[(len(str(text)) + place) / 100 for place in range(DIMENSIONS)] for text in texts]
    written: list[Any] = vectors
    if body.get("encoding_format") == "base64" and not plain:
        written = [base64.b64encode(struct.pack(f"<{DIMENSIONS}f", *vector)).decode() for vector in vectors]
    count = sum(tokens(str(text)) for text in texts)
    return {
        "object": "list",
        "model": body["model"],
        "data": [{"object": "embedding", "index": index, "embedding": vector} for index, vector in enumerate(written)],
        "usage": {"prompt_tokens": count, "total_tokens": count},
    }


def model(name: str) -> Json:
    return {"id": name, "object": "model", "created": CREATED, "owned_by": "scripted"}


def error(status: int, message: str) -> Json:
    kind = "invalid_request_error" if status < 500 else "server_error"
    code = {401: "invalid_api_key", 404: "model_not_found"}.get(status)
    return {"error": {"message": message, "type": kind, "param": None, "code": code}}
