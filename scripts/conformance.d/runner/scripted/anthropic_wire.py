"""Anthropic's messages, as that provider writes them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import count
from typing import Any

from runner.scripted.model import Asked, Json, Said, Tool, tokens
from runner.scripted.openai_wire import pieces

FINISH = {"stop": "end_turn", "length": "max_tokens", "tool_calls": "tool_use"}
SIGNATURE = "c2NyaXB0ZWQ="


class Refused(ValueError):
    """What Anthropic answers with an error; `code` is its reason where programs act on it."""

    def __init__(self, message: str, code: str | None = None) -> None:
        super().__init__(message)
        self.code = code


class Threads:
    """The conversations that the provider holds, by the ids of their last answers."""

    def __init__(self) -> None:
        self.numbers = count()
        self.held: dict[str, list[Json]] = {}

    def whole(self, body: Json) -> Json:
        """The request with the turns that its program did not send again."""
        thread = body.get("thread") or {}
        if thread.get("type") != "continue":
            return body
        if thread["previous_message_id"] not in self.held:
            raise Refused("No usable Thread state was found for previous_message_id.", "thread_not_found")
        return body | {"messages": [*self.held[thread["previous_message_id"]], *body["messages"]]}

    def hold(self, body: Json, answer: Json) -> None:
        if "thread" in body:
            said = {"role": "assistant", "content": answer["content"]}
            self.held[answer["id"]] = [*body["messages"], said]


def read(body: Json) -> Asked:
    messages = body["messages"]
    _check(messages)
    turns = [(message["role"], _blocks(message["content"])) for message in messages]
    form = (body.get("output_config") or {}).get("format") or body.get("output_format") or {}
    return Asked(
        model=body["model"],
        prompt=next((text for role, blocks in reversed(turns) if role == "user" and (text := _text(blocks))), ""),
        tools=tuple(Tool(tool["name"], tool.get("input_schema") or {}) for tool in body.get("tools") or ()),
        choice=_choice(body.get("tool_choice") or {}),
        rounds=sum(1 for role, blocks in turns if role == "assistant" and _some(blocks, "tool_use")),
        results=tuple(_text(_blocks(block.get("content", ""))) for block in _some(turns[-1][1], "tool_result")),
        schema=form.get("schema"),
        thinks=(body.get("thinking") or {}).get("type") in ("enabled", "adaptive"),
        stop=tuple(body.get("stop_sequences") or ()),
        cap=body["max_tokens"],
    )


def _check(messages: list[Json]) -> None:
    """A result is of a call in the message before it."""
    for before, message in zip([{}, *messages], messages, strict=False):
        called = {block["id"] for block in _some(_blocks(before.get("content")), "tool_use")}
        answered = {block["tool_use_id"] for block in _some(_blocks(message["content"]), "tool_result")}
        if lost := answered - called:
            raise Refused(f"unexpected `tool_use_id` found in `tool_result` blocks: {min(lost)}.")


def _blocks(content: Any) -> list[Json]:
    return [{"type": "text", "text": content}] if isinstance(content, str) else list(content or ())


def _some(blocks: list[Json], kind: str) -> list[Json]:
    return [block for block in blocks if block["type"] == kind]


def _text(blocks: list[Json]) -> str:
    return " ".join(block["text"] for block in _some(blocks, "text"))


def _choice(choice: Json) -> str:
    kind = choice.get("type", "auto")
    return str(choice["name"]) if kind == "tool" else "required" if kind == "any" else kind


def _content(asked: Asked, said: Said) -> list[Json]:
    blocks: list[Json] = []
    if said.thoughts:
        blocks.append({"type": "thinking", "thinking": said.thoughts, "signature": SIGNATURE})
    if said.text:
        blocks.append({"type": "text", "text": said.text, "citations": None})
    for index, call in enumerate(said.calls, asked.rounds * 10):
        named = {"type": "tool_use", "id": f"toolu_{index:08}", "name": call.name, "input": call.arguments}
        blocks.append(named | {"caller": {"type": "direct"}})
    return blocks


def _usage(asked: Asked, said: Said) -> Json:
    spoken = tokens(said.text + said.thoughts + "".join(call.written for call in said.calls))
    cache = {"cache_creation_input_tokens": 0, "cache_read_input_tokens": 0, "cache_creation": None}
    details = {"thinking_tokens": tokens(said.thoughts) if said.thoughts else 0}
    terms = {
        "output_tokens_details": details,
        "server_tool_use": None,
        "service_tier": "standard",
        "inference_geo": None,
    }
    return {"input_tokens": counted(asked), "output_tokens": spoken, **cache, **terms}


def counted(asked: Asked) -> int:
    return tokens(asked.prompt) + 8


def whole(asked: Asked, said: Said, number: int = 0) -> Json:
    return {
        "id": f"msg_scripted{number:08}",  # programs take answers of one id for one answer
        "type": "message",
        "role": "assistant",
        "model": asked.model,
        "content": _content(asked, said),
        "stop_reason": "stop_sequence" if said.stopped_at else FINISH[said.finish],
        "stop_sequence": said.stopped_at,
        "stop_details": None,
        "container": None,
        "usage": _usage(asked, said),
    }


def stream(message: Json) -> Iterator[str]:
    start = message | {"content": [], "stop_reason": None, "stop_sequence": None}
    yield _event("message_start", message=start | {"usage": message["usage"] | {"output_tokens": 1}})
    yield _event("ping")
    for index, block in enumerate(message["content"]):
        yield from _block(index, block)
    reason = {name: message[name] for name in ("stop_reason", "stop_sequence", "stop_details", "container")}
    usage = {name: value for name, value in message["usage"].items() if not name.startswith(("service", "inference"))}
    yield _event("message_delta", delta=reason, usage=usage)
    yield _event("message_stop")


def _block(index: int, block: Json) -> Iterator[str]:
    empty: Json = {"text": "", "thinking": "", "signature": "", "input": {}}
    start = {name: empty.get(name, value) for name, value in block.items()}
    yield _event("content_block_start", index=index, content_block=start)
    match block["type"]:
        case "text":
            deltas = [{"type": "text_delta", "text": piece} for piece in pieces(block["text"])]
        case "thinking":
            deltas = [{"type": "thinking_delta", "thinking": piece} for piece in pieces(block["thinking"])]
            deltas.append({"type": "signature_delta", "signature": block["signature"]})
        case _:
            written = json.dumps(block["input"], ensure_ascii=False)
            deltas = [{"type": "input_json_delta", "partial_json": piece} for piece in pieces(written)]
    for delta in deltas:
        yield _event("content_block_delta", index=index, delta=delta)
    yield _event("content_block_stop", index=index)


def _event(kind: str, **parts: Any) -> str:
    return f"event: {kind}\ndata: {json.dumps({'type': kind, **parts}, ensure_ascii=False)}\n\n"


def model(name: str) -> Json:
    return {"type": "model", "id": name, "display_name": name, "created_at": "2026-01-01T00:00:00Z"}


def error(status: int, message: str, code: str | None = None) -> Json:
    kind = {401: "authentication_error", 404: "not_found_error", 400: "invalid_request_error"}.get(status, "api_error")
    details = {} if code is None else {"details": {"error_code": code}}
    return {"type": "error", "error": {"type": kind, "message": message, **details}}
