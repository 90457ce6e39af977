"""Whole answers of OpenAI's chat: read in neutral terms, and written from them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from itertools import accumulate

from localrouter.dialects.json_bodies.values import text_at
from localrouter.dialects.openai_chat.answer import usage_in
from localrouter.dialects.openai_chat.neutral.call_pieces import is_taken, made_id
from localrouter.dialects.openai_chat.neutral.contents import (
    annotation_of,
    citations_in,
    pieces_in,
    tool_call_in,
    tool_call_of,
)
from localrouter.dialects.openai_chat.neutral.reasoning import details_of, reasoning_in, shown_text
from localrouter.dialects.openai_chat.neutral.thought_signatures import signature_beside
from localrouter.domain.conversation.parts import (
    Part,
    ReasoningPart,
    RefusalPart,
    TextPart,
    TokenLogprob,
    ToolCallPart,
)
from localrouter.domain.conversation.reply import Finish, FinishReason, Reply
from localrouter.domain.conversation.request import ModelRequest, Usage

Json = dict[str, object]

# In lower case. Servers that stand before other dialects hand their words on.
_REASONS = (
    dict.fromkeys(("stop", "end_turn", "eos", "eos_token", "complete", "completed", "done"), FinishReason.STOP)
    | dict.fromkeys(("length", "max_tokens", "max_output_tokens", "model_length", "max_length"), FinishReason.LENGTH)
    | dict.fromkeys(("tool_calls", "function_call", "tool_use", "tool_call"), FinishReason.TOOLS)
    | dict.fromkeys(("content_filter", "safety", "recitation", "prohibited_content"), FinishReason.CONTENT_FILTER)
    | {"stop_sequence": FinishReason.STOP_SEQUENCE, "refusal": FinishReason.REFUSAL}
)
_WRITTEN_REASONS = {
    FinishReason.LENGTH: "length",
    FinishReason.CONTEXT: "length",
    FinishReason.TOOLS: "tool_calls",
    FinishReason.CONTENT_FILTER: "content_filter",
    FinishReason.REFUSAL: "content_filter",
}


def reply_in(answer: Mapping[str, object], asked: Mapping[str, object]) -> Reply:
    """The first answer to what was asked: a program that wants several speaks this dialect itself."""
    choices = answer.get("choices")
    choice = next((each for each in (choices if isinstance(choices, list) else ()) if isinstance(each, dict)), {})
    message = choice.get("message")
    return Reply(
        (*_parts(message, choice), *_calls(message, answer, asked)) if isinstance(message, dict) else (),
        finish_in(choice),
        usage_in(dict(answer)),
        text_at(answer, "id"),
        text_at(answer, "model"),
    )


def finish_in(choice: Mapping[str, object]) -> Finish:
    raw = choice.get("finish_reason")
    met = choice.get("stop_reason")  # vLLM names the stop sequence so
    if raw == "stop" and isinstance(met, str) and met:
        return Finish(FinishReason.STOP_SEQUENCE, raw, met)
    if not isinstance(raw, str):
        return Finish(FinishReason.STOP)
    return Finish(_REASONS.get(raw.lower(), FinishReason.OTHER), raw)


def _parts(message: Json, choice: Json) -> Iterable[Part]:
    yield from reasoning_in(message)
    said = list(pieces_in(message.get("content")))
    if thought := "".join(piece.text for piece in said if piece.is_thought):
        yield ReasoningPart(thought)
    if text := "".join(piece.text for piece in said if not piece.is_thought):
        yield TextPart(text, citations_in(message), logprobs=logprobs_in(choice))
    if refusal := text_at(message, "refusal"):
        yield RefusalPart(refusal)


def _calls(message: Json, answer: Mapping[str, object], asked: Mapping[str, object]) -> Iterable[Part]:
    """The tool calls, each with an id that no other one has, and with the signature that came beside it."""
    told = message.get("tool_calls")
    calls: list[object] = [*told] if isinstance(told, list) else []
    if isinstance(function := message.get("function_call"), dict):
        calls.append({"function": function})
    taken: list[str] = []
    for call in calls:
        if (read := tool_call_in(call)) is None:
            continue
        if not read.id or read.id in taken or is_taken(read.id, asked):
            read = replace(read, id=made_id(answer, asked, len(taken)))
        taken.append(read.id)
        if (signature := signature_beside(call, read.id)) is not None:
            yield signature
        yield read


def logprobs_in(choice: Mapping[str, object]) -> tuple[TokenLogprob, ...]:
    match choice.get("logprobs"):
        case {"content": list(tokens)}:
            return tuple(_logprob(token) for token in tokens if isinstance(token, dict))
    return ()


def _logprob(token: Json) -> TokenLogprob:
    value, utf8, top = token.get("logprob"), token.get("bytes"), token.get("top_logprobs")
    return TokenLogprob(
        text_at(token, "token"),
        float(value) if isinstance(value, int | float) else 0.0,
        tuple(utf8) if isinstance(utf8, list) else None,
        tuple(_logprob(each) for each in (top if isinstance(top, list) else ()) if isinstance(each, dict)),
    )


def logprobs_of(tokens: Iterable[TokenLogprob]) -> Json:
    return {
        "content": [
            {**_token(token), "top_logprobs": [_token(other) for other in token.alternatives]} for token in tokens
        ]
    }


def _token(token: TokenLogprob) -> Json:
    return {
        "token": token.token,
        "logprob": token.logprob,
        "bytes": None if token.utf8 is None else list(token.utf8),
    }


def head_of(provider_id: str, model: str, request: ModelRequest) -> Json:
    """What an answer says of itself. Every answer has an id of its own, whatever its provider gave it: some programs
    take two with the same one for one."""
    return {
        "id": f"chatcmpl-{request.id}" if request.id else provider_id,
        "created": request.arrived_at,
        "model": model or request.model,
    }


def answer_of(reply: Reply, request: ModelRequest) -> Json:
    """The answer as OpenAI writes it."""
    texts = [part for part in reply.parts if isinstance(part, TextPart)]
    logprobs = [token for part in texts for token in part.logprobs]
    return {
        **head_of(reply.id, reply.model, request),
        "object": "chat.completion",
        "choices": [
            {
                "index": 0,
                "message": _message(reply, texts),
                "logprobs": logprobs_of(logprobs) if logprobs else None,
                "finish_reason": reason_of(
                    reply.finish, calls=any(isinstance(part, ToolCallPart) for part in reply.parts)
                ),
            }
        ],
    } | ({} if reply.usage is None else {"usage": usage_of(reply.usage)})


def _message(reply: Reply, texts: list[TextPart]) -> Json:
    calls = [tool_call_of(part) for part in reply.parts if isinstance(part, ToolCallPart)]
    thoughts = [part for part in reply.parts if isinstance(part, ReasoningPart)]
    refusal = "".join(part.text for part in reply.parts if isinstance(part, RefusalPart))
    before = accumulate((len(part.text) for part in texts), initial=0)
    noted = [
        annotation
        for part, start in zip(texts, before, strict=False)
        for citation in part.citations
        if (annotation := annotation_of(citation, start)) is not None
    ]
    message: Json = {
        "role": "assistant",
        "content": "".join(part.text for part in texts) if texts or not (calls or refusal) else None,
        "refusal": refusal or None,
    }
    if noted:
        message["annotations"] = noted
    if thoughts:
        message |= {"reasoning_content": shown_text(thoughts), "reasoning_details": details_of(thoughts)}
    if calls:
        message["tool_calls"] = calls
    return message


def reason_of(finish: Finish, *, calls: bool) -> str:
    """The word that OpenAI has for it. Some servers end in the ordinary way although they want a tool called."""
    if calls and finish.reason in (FinishReason.STOP, FinishReason.OTHER):
        return "tool_calls"
    return _WRITTEN_REASONS.get(finish.reason, "stop")


def usage_of(usage: Usage) -> Json:
    cached: Json = {"cached_tokens": usage.cached_tokens}
    if usage.cache_write_tokens:
        cached["cache_write_tokens"] = usage.cache_write_tokens
    return {
        "prompt_tokens": usage.input_tokens,
        "completion_tokens": usage.output_tokens,
        "total_tokens": usage.total_tokens,
        "prompt_tokens_details": cached,
        "completion_tokens_details": {"reasoning_tokens": usage.reasoning_tokens},
    }
