"""Google's Gemini, as that provider reads and writes it: what it would refuse, this one refuses, too."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from itertools import groupby
from typing import Any

from runner.scripted.model import Asked, Json, Said, Tool, keys_in, tokens
from runner.scripted.openai_wire import pieces

FINISH = {"stop": "STOP", "length": "MAX_TOKENS", "tool_calls": "STOP"}
STATUS = {400: "INVALID_ARGUMENT", 404: "NOT_FOUND", 500: "INTERNAL"}
SIGNATURE = "c2NyaXB0ZWQgcHJvb2Y="
NOBODYS_SIGNATURE = "skip_thought_signature_validator"
DIMENSIONS = 8
FIELDS = frozenset(
    {
        "contents",
        "systemInstruction",
        "tools",
        "toolConfig",
        "generationConfig",
        "safetySettings",
        "cachedContent",
        "model",
        "store",
        "labels",
        "serviceTier",
    }
)


OWN = frozenset({"args", "response", "parameters", "parametersJsonSchema", "responseSchema", "responseJsonSchema"})


class Refused(ValueError):
    """What Gemini answers with INVALID_ARGUMENT."""


def read(written: Json, model: str) -> Asked:
    body = spelled(written)
    if unknown := body.keys() - FIELDS:
        raise Refused(f'Invalid JSON payload received. Unknown name "{min(unknown)}": Cannot find field.')
    contents = _joined(body["contents"])
    _check(contents, signed="gemini-3" in model)
    config = body.get("generationConfig") or {}
    prompt = next((text for each in reversed(contents) if each.get("role") != "model" and (text := _text(each))), "")
    return Asked(
        model=model,
        prompt=prompt,
        tools=tuple(_tool(each) for tool in body.get("tools") or () for each in tool.get("functionDeclarations") or ()),
        choice=_choice((body.get("toolConfig") or {}).get("functionCallingConfig") or {}),
        rounds=sum(1 for each in contents if each.get("role") == "model" and _some(each, "functionCall")),
        results=tuple(
            _result(part["functionResponse"]["response"]) for part in _some(contents[-1], "functionResponse")
        ),
        schema=_schema(config, prompt),
        thinks=bool((config.get("thinkingConfig") or {}).get("includeThoughts")),
        stop=tuple(config.get("stopSequences") or ()),
        cap=config.get("maxOutputTokens"),
    )


def spelled(value: Any) -> Any:
    """The names of fields as Google writes them: it takes them with underscores, too. What belongs to the program,
    schemas and arguments, stays as it is."""
    if isinstance(value, list):
        return [spelled(each) for each in value]
    if not isinstance(value, dict):
        return value
    read = {re.sub(r"_([a-z])", lambda found: found[1].upper(), name): each for name, each in value.items()}
    return {name: each if name in OWN else spelled(each) for name, each in read.items()}


def _joined(contents: list[Json]) -> list[Json]:
    """Contents of one role in a row are one turn: programs keep every chunk of a stream."""
    turns = groupby(contents, key=lambda content: content.get("role", "user"))
    return [{"role": role, "parts": [part for each in run for part in each.get("parts") or ()]} for role, run in turns]


def _check(contents: list[Json], *, signed: bool) -> None:
    """Every turn of calls has its results right behind it; the calls of the running turn bear the model's proof."""
    if not contents or not all(each["parts"] for each in contents):
        raise Refused("Unable to submit request because it must include at least one parts field.")
    for before, each in zip([{}, *contents], contents, strict=False):
        if each.get("role", "user") not in ("user", "model", "function"):
            raise Refused("Please use a valid role: user, model.")
        calls, results = _some(before, "functionCall"), _some(each, "functionResponse")
        if len(calls) != len(results):
            raise Refused(
                "Please ensure that the number of function response parts is equal to the number of function call "
                "parts of the function call turn."
            )
    spoken = [index for index, each in enumerate(contents) if each.get("role") != "model" and _text(each)]
    for place, each in enumerate(contents[spoken[-1] if spoken else 0 :]):
        calls = _some(each, "functionCall")
        if signed and calls and calls[0].get("thoughtSignature") not in (SIGNATURE, NOBODYS_SIGNATURE):
            name = calls[0]["functionCall"]["name"]
            raise Refused(f"Function call is missing a thought_signature in functionCall parts: {name}, {place}.")


def _some(content: Json, kind: str) -> list[Json]:
    return [part for part in content.get("parts") or () if kind in part]


def _text(content: Json) -> str:
    return " ".join(part["text"] for part in _some(content, "text") if not part.get("thought"))


def _tool(declared: Json) -> Tool:
    return Tool(declared["name"], declared.get("parametersJsonSchema") or _plain(declared.get("parameters") or {}))


def _plain(schema: Any) -> Any:
    """A schema as JSON Schema writes it: Gemini's own has its types in capitals."""
    if isinstance(schema, list):
        return [_plain(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    return {
        name: each.lower() if name == "type" and isinstance(each, str) else _plain(each)
        for name, each in schema.items()
    }


def _choice(calling: Json) -> str:
    mode, names = calling.get("mode", "AUTO"), list(calling.get("allowedFunctionNames") or [])
    if mode == "ANY":
        return str(names[0]) if len(names) == 1 else "required"
    return "none" if mode == "NONE" else "auto"


def _result(response: Any) -> str:
    """What a tool said: programs put it under names of their own."""
    if isinstance(response, dict) and len(response) == 1:
        [response] = response.values()
    return response if isinstance(response, str) else json.dumps(response, ensure_ascii=False)


def _schema(config: Json, prompt: str) -> Json | None:
    if schema := config.get("responseJsonSchema") or config.get("responseSchema"):
        plain: Json = _plain(schema)
        return plain
    return keys_in(prompt) if config.get("responseMimeType") == "application/json" else None


def _parts(asked: Asked, said: Said) -> list[Json]:
    parts: list[Json] = [{"text": said.thoughts, "thought": True}] if said.thoughts else []
    if said.text:
        parts.append({"text": said.text})
    for index, call in enumerate(said.calls):
        called: Json = {"functionCall": {"name": call.name, "args": call.arguments, "id": f"{asked.rounds}{index}"}}
        parts.append(called | ({} if index else {"thoughtSignature": SIGNATURE}))
    return parts


def _usage(asked: Asked, said: Said) -> Json:
    """Thoughts are counted beside the answer."""
    prompt = count(asked)
    spoken = tokens(said.text + "".join(call.written for call in said.calls))
    thoughts = tokens(said.thoughts) if said.thoughts else 0
    told = {"promptTokenCount": prompt, "candidatesTokenCount": spoken, "totalTokenCount": prompt + spoken + thoughts}
    details = [{"modality": "TEXT", "tokenCount": prompt}]
    return told | {"promptTokensDetails": details} | ({"thoughtsTokenCount": thoughts} if thoughts else {})


def count(asked: Asked) -> int:
    return tokens(asked.prompt) + 8


def _answer(asked: Asked, parts: list[Json], index: int, finish: str | None, usage: Json) -> Json:
    candidate: Json = {"content": {"role": "model", "parts": parts}, "index": index}
    if finish is not None:
        candidate["finishReason"] = finish
    ids = {"modelVersion": asked.model, "responseId": f"scripted{asked.rounds}"}
    return {"candidates": [candidate], "usageMetadata": usage, **ids}


def whole(body: Json, asked: Asked, said: Said) -> Json:
    many = _candidates(body)
    answers = [
        _answer(asked, _parts(asked, said), index, FINISH[said.finish], _usage(asked, said)) for index in range(many)
    ]
    return answers[0] | {"candidates": [answer["candidates"][0] for answer in answers]}


def _candidates(body: Json) -> int:
    return int((spelled(body).get("generationConfig") or {}).get("candidateCount") or 1)


def stream(body: Json, asked: Asked, said: Said) -> Iterator[Json]:
    """The chunks of a stream, however they are framed."""
    for index in range(_candidates(body)):
        pending = {"promptTokenCount": count(asked), "totalTokenCount": count(asked)}
        for part in _parts(asked, said):
            told = [part | {"text": piece} for piece in pieces(part["text"])] if "text" in part else [part]
            yield from (_answer(asked, [piece], index, None, pending) for piece in told)
        yield _answer(asked, [{"text": ""}], index, FINISH[said.finish], _usage(asked, said))


def as_events(chunks: Iterator[Json]) -> Iterator[str]:
    return (f"data: {json.dumps(chunk, ensure_ascii=False)}\r\n\r\n" for chunk in chunks)


def as_array(chunks: Iterator[Json]) -> Iterator[str]:
    begin = "["
    for chunk in chunks:
        yield begin + json.dumps(chunk, ensure_ascii=False)
        begin = ",\r\n"
    yield "]"


def counted(body: Json, model: str) -> Json:
    inner = spelled(body).get("generateContentRequest") or {"contents": body["contents"]}
    total = count(read(inner, model))
    return {"totalTokens": total, "promptTokensDetails": [{"modality": "TEXT", "tokenCount": total}]}


def embeddings(body: Json) -> Json:
    asked = body.get("requests")
    vectors = [_vector(each) for each in ([body] if asked is None else asked)]
    return {"embedding": vectors[0]} if asked is None else {"embeddings": vectors}


def _vector(request: Json) -> Json:
    length = spelled(request).get("outputDimensionality") or DIMENSIONS
    return {"values": [(len(_text(request["content"])) + place) / 100 for place in range(length)]}


def model(name: str) -> Json:
    methods = ["embedContent", "batchEmbedContents"] if "embedding" in name else ["generateContent", "countTokens"]
    limits = {"inputTokenLimit": 1_000_000, "outputTokenLimit": 65_536}
    return {"name": f"models/{name}", "displayName": name, **limits, "supportedGenerationMethods": methods}


def error(status: int, message: str) -> Json:
    """A wrong key is a wrong argument here."""
    status = 400 if status == 401 else status
    return {"error": {"code": status, "message": message, "status": STATUS.get(status, "UNKNOWN")}}
