"""Reads what a program asks, in neutral terms."""

from __future__ import annotations

from collections.abc import Mapping

from localrouter.dialects.json_bodies.misread import (
    Shape,
    an_object,
    flag,
    misread,
    number,
    objects,
    text,
    texts,
    unknown,
    whole,
)
from localrouter.dialects.json_bodies.reading import refused
from localrouter.dialects.json_bodies.values import flag_at, number_at, object_at, text_at, whole_at
from localrouter.dialects.openai_responses.fields import KNOWN
from localrouter.dialects.openai_responses.neutral.items import messages_in
from localrouter.dialects.openai_responses.neutral.tools import tool_choice_in, tools_in
from localrouter.domain.conversation.conversation import (
    Conversation,
    Effort,
    Logprobs,
    OutputFormat,
    OutputKind,
    ReasoningWish,
    Sampling,
)
from localrouter.domain.conversation.request import ModelRequest

Json = Mapping[str, object]

ENCRYPTED, LOGPROBS = "reasoning.encrypted_content", "message.output_text.logprobs"
# What needs the memory of a server, and what to do instead.
_IN_MEMORY: Mapping[str, str] = {
    "previous_response_id": "Send the whole conversation in input, and store: false.",
    "conversation": "Send the whole conversation in input, and store: false.",
    "prompt": "Send its text in instructions or input.",
    "store": "Send store: false.",
    "background": "Send background: false, and wait for the answer or stream it.",
}
_PASSED_ON = frozenset({"service_tier", "safety_identifier", "prompt_cache_key", "prompt_cache_retention"})
# Known, but of no use to others: told as left out.
_WITHOUT_WORD = frozenset(
    {
        "client_metadata", "context_management", "moderation", "image", "max_tool_calls", "access_programs",
        "background_options", "prompt_cache_options",
    }
)  # fmt: skip
_READ = (KNOWN - _PASSED_ON - _WITHOUT_WORD) | frozenset(_IN_MEMORY)
_TOOLS = frozenset({"tools"})
_SHAPES: Mapping[str, Shape] = {
    **dict.fromkeys(("temperature", "top_p"), number),
    **dict.fromkeys(("text", "reasoning", "metadata"), an_object),
    **dict.fromkeys(("user", "truncation"), text),
    "top_logprobs": whole,
    "parallel_tool_calls": flag,
    "include": texts,
    "tools": objects,
}
_KEYS = {
    "text": frozenset({"format", "verbosity"}),
    "reasoning": frozenset({"effort", "summary", "generate_summary"}),
}
_AS_IF_ABSENT: Mapping[str, tuple[object, ...]] = {"service_tier": ("auto", "default"), "context_management": ([],)}


def conversation_of(request: ModelRequest) -> Conversation:
    """The request in neutral terms. Raises `Invalid` for what no other dialect has."""
    body = request.body
    for name, remedy in _IN_MEMORY.items():
        if body.get(name):
            raise refused(
                name, f"{name} needs a provider that speaks responses and has this; this model's has not. {remedy}"
            )
    lost: set[str] = set()
    if text_at(body, "truncation") == "auto":
        lost.add("truncation")
    include, text = body.get("include"), object_at(body, "text") or {}
    wanted = [each for each in include if isinstance(each, str)] if isinstance(include, list) else []
    lost.update(each for each in wanted if each not in (ENCRYPTED, LOGPROBS))
    messages = tuple(messages_in(body, lost))
    extras = {name: value for name, value in body.items() if _is_extra(name, value)}
    if (verbosity := text_at(text, "verbosity")) and verbosity != "medium":
        extras["verbosity"] = verbosity
    top = whole_at(body, "top_logprobs")
    return Conversation(
        messages=messages,
        tools=tuple(tools_in(body, lost)),
        tool_choice=tool_choice_in(body),
        parallel_tools=flag_at(body, "parallel_tool_calls"),
        sampling=Sampling(temperature=number_at(body, "temperature"), top_p=number_at(body, "top_p")),
        output=_output(text.get("format")),
        reasoning=_reasoning(body, encrypted=ENCRYPTED in wanted),
        max_output_tokens=request.max_output_tokens,
        logprobs=Logprobs(top or 0) if top or LOGPROBS in wanted else None,
        user=text_at(body, "user") or None,
        metadata=object_at(body, "metadata") or None,
        stream=request.stream,
        extras=extras,
        warnings=(*_lost(lost), *misread(body, _SHAPES, _TOOLS), *unknown(body, _KEYS)),
    )


def _lost(names: set[str]) -> tuple[str, ...]:
    return (f"left out, as only OpenAI has it: {', '.join(sorted(names))}",) if names else ()


def _is_extra(name: str, value: object) -> bool:
    return not (name in _READ or value is None or value in _AS_IF_ABSENT.get(name, ()))


def _output(wanted: object) -> OutputFormat:
    match wanted:
        case None | {"type": "text"}:
            return OutputFormat()
        case {"type": "json_object"}:
            return OutputFormat(OutputKind.JSON)
        case {"type": "json_schema", "schema": dict(schema), **rest}:
            name, description = text_at(rest, "name") or None, text_at(rest, "description") or None
            return OutputFormat(OutputKind.SCHEMA, schema, name, description, flag_at(rest, "strict"))
    raise refused("text.format", "text.format must be text, json_object, or json_schema with its schema.")


def _reasoning(body: Json, *, encrypted: bool) -> ReasoningWish:
    given = object_at(body, "reasoning") or {}
    effort, summary = given.get("effort"), text_at(given, "summary") or text_at(given, "generate_summary") or None
    if effort is None:
        return ReasoningWish(summary=summary, encrypted=encrypted)
    if not isinstance(effort, str) or effort not in set(Effort):
        raise refused("reasoning.effort", f"reasoning.effort must be one of {', '.join(Effort)}.")
    return ReasoningWish(effort=Effort(effort), summary=summary, encrypted=encrypted)
