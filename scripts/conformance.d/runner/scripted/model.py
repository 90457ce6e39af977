"""The model: calls a tool that it is offered, once, with arguments that fit its schema, and then tells the result."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

Json = dict[str, Any]
TEXT = "Hello! I am a scripted model, and I say the same to everybody."
THOUGHTS = "They ask something. I answer it."


@dataclass(frozen=True)
class Tool:
    name: str
    schema: Json
    custom: bool = False  # takes text, not arguments


@dataclass(frozen=True)
class Asked:
    """A request, whatever its wire format."""

    model: str
    prompt: str
    tools: tuple[Tool, ...] = ()
    choice: str = "auto"  # auto, none, required, or a tool's name
    rounds: int = 0  # how often the model has called tools before
    results: tuple[str, ...] = ()  # of the last round, where nothing was said after it
    schema: Json | None = None  # what the answer must look like
    thinks: bool = False
    stop: tuple[str, ...] = ()
    cap: int | None = None


@dataclass(frozen=True)
class Call:
    name: str
    arguments: Any
    custom: bool = False

    @property
    def written(self) -> str:
        return self.arguments if isinstance(self.arguments, str) else json.dumps(self.arguments, ensure_ascii=False)


@dataclass(frozen=True)
class Said:
    text: str = ""
    calls: tuple[Call, ...] = ()
    thoughts: str = ""
    finish: str = "stop"  # stop, length or tool_calls
    stopped_at: str | None = None


@dataclass(frozen=True)
class Script:
    """What the model says in each round of tool calls; after the last it tells the results."""

    turns: tuple[Json, ...] = ()
    plain_embeddings: bool = False  # numbers, even where base64 is asked for


def load_script(file: Path) -> Script:
    """A list of turns, `{"calls": [{"name": …, "arguments": {…}}]}` or `{"text": …}`; or an object with them."""
    told = json.loads(file.read_text())
    document: Json = told if isinstance(told, dict) else {"turns": told}
    return Script(tuple(document.get("turns", ())), plain_embeddings=document.get("embeddings") == "numbers")


def say(asked: Asked, script: Script | None = None) -> Said:
    thoughts = THOUGHTS if asked.thinks else ""
    calls = _scripted_calls(asked, script) if script and script.turns else _usual_calls(asked)
    if calls:
        return Said(calls=calls, thoughts=thoughts, finish="tool_calls")
    text = _text(asked, script)
    return _cut(text, asked, thoughts)


def _scripted_calls(asked: Asked, script: Script) -> tuple[Call, ...]:
    """The calls of this round, of tools that are on offer: a program asks other things beside its task, too."""
    if asked.rounds >= len(script.turns):
        return ()
    offered = {tool.name: tool for tool in asked.tools}
    wanted = script.turns[asked.rounds].get("calls", ())
    return tuple(
        Call(call["name"], call["arguments"], offered[call["name"]].custom)
        for call in wanted
        if call["name"] in offered
    )


def _usual_calls(asked: Asked) -> tuple[Call, ...]:
    if not asked.tools or asked.choice == "none" or (asked.results and asked.choice == "auto"):
        return ()
    named = next((tool for tool in asked.tools if tool.name == asked.choice), None)
    tool = named or max(asked.tools, key=lambda tool: len(_words(tool.name) & _words(asked.prompt)))
    if tool.custom:
        return (Call(tool.name, asked.prompt, custom=True),)
    return (Call(tool.name, example(tool.schema, asked.prompt)),)


def _words(text: str) -> frozenset[str]:
    return frozenset(re.findall(r"[a-z]{3,}", text.lower()))


def _text(asked: Asked, script: Script | None) -> str:
    if asked.schema is not None:
        return json.dumps(example(asked.schema, asked.prompt), ensure_ascii=False)
    if script and asked.rounds < len(script.turns) and "text" in script.turns[asked.rounds]:
        return str(script.turns[asked.rounds]["text"])
    return f"The result: {', '.join(asked.results)}" if asked.results else TEXT


def _cut(text: str, asked: Asked, thoughts: str) -> Said:
    for word in asked.stop:
        before, found, _ = text.partition(word)
        if found and word:
            return Said(before, thoughts=thoughts, stopped_at=word)
    if asked.cap is not None and tokens(text) > asked.cap:
        return Said(text[: asked.cap * 4], thoughts=thoughts, finish="length")
    return Said(text, thoughts=thoughts)


def tokens(text: str) -> int:
    return max(1, len(text) // 4)


def example(schema: Json, prompt: str = "") -> Any:
    """A value that fits a JSON schema, with the numbers and the quoted words of the prompt where they fit."""
    numbers = iter([float(number) for number in re.findall(r"-?\d+(?:\.\d+)?", prompt)])
    return _example(schema, schema, numbers, _quoted(prompt))


def keys_in(prompt: str) -> Json:
    """A schema for an answer of which only the prompt says what it holds: what stands there in quotes."""
    names = re.findall(r"[`'\"]([A-Za-z_]+)[`'\"]", prompt) or ["answer"]
    return {"type": "object", "properties": {name: {"type": "string"} for name in names}}


def _quoted(prompt: str) -> str:
    found = re.search(r"'([^']+)'|\"([^\"]+)\"|“([^”]+)”", prompt)
    return next((group for group in found.groups() if group), "Paris") if found else "Paris"


def _example(schema: Any, root: Json, numbers: Iterator[float], word: str) -> Any:
    if not isinstance(schema, dict):
        return {}
    if "$ref" in schema:
        place: Any = root
        for part in str(schema["$ref"]).removeprefix("#").strip("/").split("/"):
            place = place[part] if part else place
        return _example(place, root, numbers, word)
    for alternatives in ("anyOf", "oneOf", "allOf"):
        if schema.get(alternatives):
            return _example(schema[alternatives][0], root, numbers, word)
    if "const" in schema or schema.get("enum"):
        return schema["const"] if "const" in schema else schema["enum"][0]
    kind = schema.get("type", "object" if "properties" in schema else "string")
    return _of_type(kind[0] if isinstance(kind, list) else kind, schema, root, numbers, word)


def _of_type(kind: str, schema: Json, root: Json, numbers: Iterator[float], word: str) -> Any:
    match kind:
        case "object":
            parts: Json = schema.get("properties", {})
            wanted: Collection[str] = schema.get("required") or parts
            return {name: _example(part, root, numbers, word) for name, part in parts.items() if name in wanted}
        case "array":
            least = max(1, schema.get("minItems", 1))
            return [_example(schema.get("items", {"type": "string"}), root, numbers, word) for _ in range(least)]
        case "integer":
            return max(int(next(numbers, 1)), schema.get("minimum", -(10**9)))
        case "number":
            return next(numbers, 1.5)
        case "boolean":
            return True
        case "null":
            return None
        case _:
            return word.ljust(schema.get("minLength", 0), ".")[: schema.get("maxLength")]
