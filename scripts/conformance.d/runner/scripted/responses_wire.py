"""OpenAI's responses, as that provider writes them; it keeps its answers, unless it is told not to."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import count, groupby
from typing import Any

from runner.scripted.model import Asked, Json, Said, Tool, keys_in, tokens
from runner.scripted.openai_wire import CREATED, Refused, object_schema, pieces

FIELDS = frozenset(
    {
        *("model", "input", "instructions", "tools", "tool_choice", "text", "reasoning", "max_output_tokens", "stream"),
        *("store", "previous_response_id", "include", "parallel_tool_calls", "temperature", "top_p", "truncation"),
        *("metadata", "user", "safety_identifier", "prompt_cache_key", "prompt_cache_retention", "service_tier"),
        *("top_logprobs", "stream_options", "background", "max_tool_calls", "conversation", "prompt"),
        *("client_metadata", "context_management", "prompt_cache_options"),
    }
)
RESULTS = ("function_call_output", "custom_tool_call_output")
CALLS = ("function_call", "custom_tool_call")
ENCRYPTED = "gAAAAAscripted"
_FUNCTION, _CUSTOM = ("function_call", "arguments", "fc"), ("custom_tool_call", "input", "ctc")


class Memory:
    """The answers that the provider keeps: what was said in each, and the answer itself."""

    def __init__(self) -> None:
        self.numbers = count()
        self.answers: dict[str, Json] = {}
        self.said: dict[str, list[Json]] = {}

    def items_of(self, body: Json) -> list[Json]:
        """What was said before, and what is said now."""
        given = body.get("input") or []
        now: list[Json] = [{"role": "user", "content": given}] if isinstance(given, str) else list(given)
        before = body.get("previous_response_id")
        if before is None:
            return now
        if before not in self.said:
            raise Refused(f"Previous response with id '{before}' not found.")
        return [*self.said[before], *now]

    def keep(self, body: Json, answer: Json) -> None:
        if body.get("store") is not False:
            self.answers[answer["id"]] = answer
            self.said[answer["id"]] = [*self.items_of(body), *answer["output"]]


def read(body: Json, items: list[Json]) -> Asked:
    if unknown := body.keys() - FIELDS:
        raise Refused(f"Unknown parameter: '{min(unknown)}'.")
    _check(items)
    prompt = next((text for item in reversed(items) if item.get("role") == "user" and (text := _text(item))), "")
    return Asked(
        model=body["model"],
        prompt=prompt,
        tools=tuple(tool for each in body.get("tools") or () for tool in _tools(each)),
        choice=_choice(body.get("tool_choice")),
        rounds=sum(1 for are_calls, _ in groupby(items, key=_is_call) if are_calls),
        results=tuple(_last_results(items)),
        schema=_schema((body.get("text") or {}).get("format") or {}, prompt),
        thinks=(body.get("reasoning") or {}).get("effort") not in (None, "none"),
        cap=body.get("max_output_tokens"),
    )


def _is_call(item: Json) -> bool:
    return item.get("type") in (*CALLS, "reasoning")


def _check(items: list[Json]) -> None:
    called = {item["call_id"] for item in items if item.get("type") in CALLS}
    answered = {item["call_id"] for item in items if item.get("type") in RESULTS}
    if lost := answered - called:
        raise Refused(f"No tool call found for function call output with call_id {min(lost)}.")
    if open_calls := called - answered:
        raise Refused(f"No tool output found for function call {min(open_calls)}.")


def _text(item: Json) -> str:
    content = item.get("content") if "content" in item else item.get("output")
    if isinstance(content, str):
        return content
    return " ".join(part.get("text") or "" for part in content or ())


def _tools(tool: Json) -> Iterator[Tool]:
    if tool["type"] == "function":
        yield Tool(tool["name"], tool.get("parameters") or {})
    elif tool["type"] == "custom":
        yield Tool(tool["name"], {}, custom=True)
    elif tool["type"] == "namespace":
        for each in tool.get("tools") or ():
            yield from _tools(each)


def _choice(choice: Any) -> str:
    if isinstance(choice, dict):
        return str(choice.get("name") or choice.get("mode") or "auto")
    return choice or "auto"


def _last_results(items: list[Json]) -> list[str]:
    results: list[str] = []
    for item in reversed(items):
        if item.get("role") == "assistant" or _is_call(item):
            break
        if item.get("type") in RESULTS:
            results.insert(0, _text(item))
    return results


def _schema(form: Json, prompt: str) -> Json | None:
    if form.get("type") == "json_schema":
        return object_schema(form["schema"])
    return keys_in(prompt) if form.get("type") == "json_object" else None


def _output(body: Json, said: Said, number: int) -> list[Json]:
    items: list[Json] = []
    if said.thoughts:
        summarised = (body.get("reasoning") or {}).get("summary") not in (None, "none")
        summary = [{"type": "summary_text", "text": said.thoughts}] if summarised else []
        item: Json = {"type": "reasoning", "id": f"rs_scripted{number:08}", "summary": summary}
        sealed = "reasoning.encrypted_content" in (body.get("include") or ())
        items.append(item | ({"encrypted_content": ENCRYPTED} if sealed else {}))
    if said.text:
        part = {"type": "output_text", "text": said.text, "annotations": [], "logprobs": []}
        named = {"type": "message", "id": f"msg_scripted{number:08}", "role": "assistant"}
        items.append(named | {"status": "completed", "content": [part]})
    for index, call in enumerate(said.calls):
        kind, written, start = _CUSTOM if call.custom else _FUNCTION
        ids = {"id": f"{start}_scripted{number:06}{index:02}", "call_id": f"call_{number:06}{index:02}"}
        items.append({"type": kind, **ids, "name": call.name, written: call.written, "status": "completed"})
    return items


def _usage(asked: Asked, said: Said) -> Json:
    prompt = tokens(asked.prompt) + 8
    thoughts = tokens(said.thoughts) if said.thoughts else 0
    spoken = tokens(said.text + "".join(call.written for call in said.calls)) + thoughts
    return {
        "input_tokens": prompt,
        "input_tokens_details": {"cached_tokens": 0, "cache_write_tokens": 0},
        "output_tokens": spoken,
        "output_tokens_details": {"reasoning_tokens": thoughts},
        "total_tokens": prompt + spoken,
    }


def whole(body: Json, asked: Asked, said: Said, number: int) -> Json:
    cut = said.finish == "length"
    reasoning = body.get("reasoning") or {}
    return {
        "id": f"resp_scripted{number:08}",
        "object": "response",
        "created_at": CREATED,
        "status": "incomplete" if cut else "completed",
        "error": None,
        "incomplete_details": {"reason": "max_output_tokens"} if cut else None,
        "instructions": body.get("instructions"),
        "max_output_tokens": body.get("max_output_tokens"),
        "model": asked.model,
        "output": _output(body, said, number),
        "parallel_tool_calls": body.get("parallel_tool_calls", True),
        "previous_response_id": body.get("previous_response_id"),
        "reasoning": {"effort": reasoning.get("effort"), "summary": reasoning.get("summary")},
        "store": body.get("store", True),
        "temperature": body.get("temperature", 1.0),
        "text": body.get("text") or {"format": {"type": "text"}},
        "tool_choice": body.get("tool_choice") or "auto",
        "tools": body.get("tools") or [],
        "top_p": body.get("top_p", 1.0),
        "truncation": body.get("truncation", "disabled"),
        "usage": _usage(asked, said),
        "metadata": body.get("metadata") or {},
    }


def stream(answer: Json) -> Iterator[str]:
    numbers = count()

    def event(kind: str, **parts: Any) -> str:
        told = {"type": kind, "sequence_number": next(numbers), **parts}
        return f"event: {kind}\ndata: {json.dumps(told, ensure_ascii=False)}\n\n"

    begun = answer | {"status": "in_progress", "output": [], "usage": None, "incomplete_details": None}
    yield event("response.created", response=begun)
    yield event("response.in_progress", response=begun)
    for index, item in enumerate(answer["output"]):
        begin = _EMPTY[item["type"]] | ({} if item["type"] == "reasoning" else {"status": "in_progress"})
        yield event("response.output_item.added", output_index=index, item=item | begin)
        for kind, parts in _within(item):
            yield event(kind, item_id=item["id"], output_index=index, **parts)
        yield event("response.output_item.done", output_index=index, item=item)
    yield event(f"response.{answer['status']}", response=answer)


_EMPTY: dict[str, Json] = {
    "reasoning": {"summary": []},
    "message": {"content": []},
    "function_call": {"arguments": ""},
    "custom_tool_call": {"input": ""},
}


def _within(item: Json) -> Iterator[tuple[str, Json]]:
    """The events between an item's beginning and its end."""
    match item["type"]:
        case "reasoning":
            for index, part in enumerate(item["summary"]):
                place = {"summary_index": index}
                yield "response.reasoning_summary_part.added", place | {"part": part | {"text": ""}}
                for piece in pieces(part["text"]):
                    yield "response.reasoning_summary_text.delta", place | {"delta": piece}
                yield "response.reasoning_summary_text.done", place | {"text": part["text"]}
                yield "response.reasoning_summary_part.done", place | {"part": part}
        case "message":
            for index, part in enumerate(item["content"]):
                place = {"content_index": index}
                yield "response.content_part.added", place | {"part": part | {"text": ""}}
                for piece in pieces(part["text"]):
                    yield "response.output_text.delta", place | {"delta": piece, "logprobs": []}
                yield "response.output_text.done", place | {"text": part["text"], "logprobs": []}
                yield "response.content_part.done", place | {"part": part}
        case kind:
            name, field = (
                ("function_call_arguments", "arguments") if kind == "function_call" else (f"{kind}_input", "input")
            )
            for piece in pieces(item[field]):
                yield f"response.{name}.delta", {"delta": piece}
            named = {"name": item["name"]} if kind == "function_call" else {}
            yield f"response.{name}.done", {field: item[field], **named}
