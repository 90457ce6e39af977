"""A response as OpenAI gives it, whole and as the events of its stream: thoughts, words and a tool call."""

from __future__ import annotations

from typing import Any

import orjson

Json = dict[str, Any]

USAGE: Json = {
    "input_tokens": 30,
    "input_tokens_details": {"cached_tokens": 20},
    "output_tokens": 12,
    "output_tokens_details": {"reasoning_tokens": 8},
    "total_tokens": 42,
}
REASONING: Json = {
    "id": "rs_1",
    "type": "reasoning",
    "summary": [{"type": "summary_text", "text": "Rome, so Italy."}],
    "encrypted_content": "gAAAA",
}
TEXT: Json = {"type": "output_text", "text": "Let me look.", "annotations": [], "logprobs": []}
MESSAGE: Json = {"id": "msg_1", "type": "message", "status": "completed", "role": "assistant", "content": [TEXT]}
CALL: Json = {
    "id": "fc_1",
    "type": "function_call",
    "status": "completed",
    "call_id": "call_1",
    "name": "look",
    "arguments": '{"at":"Rome"}',
}
OUTPUT = [REASONING, MESSAGE, CALL]


def response(output: list[Json] | None = None, **fields: Any) -> Json:
    told: Json = {
        "id": "resp_abc",
        "object": "response",
        "created_at": 1_790_000_000,
        "status": "completed",
        "error": None,
        "incomplete_details": None,
        "model": "gpt-5-pro-2025-10-06",
        "output": OUTPUT if output is None else output,
        "service_tier": "default",
        "usage": USAGE,
    }
    return told | fields


def event(kind: str, **fields: Any) -> bytes:
    told = orjson.dumps({"type": f"response.{kind}", "sequence_number": 0, **fields})
    return b"event: response.%b\ndata: %b\n\n" % (kind.encode(), told)


def begun(**fields: Any) -> bytes:
    started = response([], status="in_progress", usage=None, **fields)
    return event("created", response=started) + event("in_progress", response=started)


def stream(last: str = "completed", **fields: Any) -> bytes:
    return begun() + said() + event(last, response=response(status=last, **fields))


def said() -> bytes:
    """The three items in pieces."""
    thought = {"item_id": "rs_1", "output_index": 0, "summary_index": 0}
    spoken = {"item_id": "msg_1", "output_index": 1, "content_index": 0}
    called = {"item_id": "fc_1", "output_index": 2}
    return b"".join(
        (
            event("output_item.added", output_index=0, item=REASONING | {"summary": [], "encrypted_content": "gA"}),
            event("reasoning_summary_part.added", **thought, part={"type": "summary_text", "text": ""}),
            event("reasoning_summary_text.delta", **thought, delta="Rome, "),
            event("reasoning_summary_text.delta", **thought, delta="so Italy."),
            event("reasoning_summary_text.done", **thought, text="Rome, so Italy."),
            event("output_item.done", output_index=0, item=REASONING),
            event("output_item.added", output_index=1, item=MESSAGE | {"content": [], "status": "in_progress"}),
            event("content_part.added", **spoken, part=TEXT | {"text": ""}),
            event("output_text.delta", **spoken, delta="Let me ", logprobs=[]),
            event("output_text.delta", **spoken, delta="look.", logprobs=[]),
            event("output_text.done", **spoken, text="Let me look.", logprobs=[]),
            event("content_part.done", **spoken, part=TEXT),
            event("output_item.done", output_index=1, item=MESSAGE),
            event("output_item.added", output_index=2, item=CALL | {"arguments": "", "status": "in_progress"}),
            event("function_call_arguments.delta", **called, delta='{"at":'),
            event("function_call_arguments.delta", **called, delta='"Rome"}'),
            event("function_call_arguments.done", **called, arguments='{"at":"Rome"}'),
            event("output_item.done", output_index=2, item=CALL),
        )
    )
