"""Writes a conversation for a provider that speaks OpenAI's chat."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from localrouter.dialects.adapters.adapting import Written
from localrouter.dialects.adapters.prompt_caching import settle_marks
from localrouter.dialects.adapters.reasoning_effort import effort_of
from localrouter.dialects.contract import CalledModel, Preset
from localrouter.dialects.custom_tools import has_custom_tools, has_grammar, nested, with_functions_alone
from localrouter.dialects.json_bodies.reading import refused
from localrouter.dialects.openai_chat.neutral import thought_signatures
from localrouter.dialects.openai_chat.neutral.contents import content_of, tool_call_of
from localrouter.dialects.openai_chat.neutral.reasoning import details_of, shown_text
from localrouter.dialects.openai_shapes.wishes import fitted_parameters, fitted_user, is_strict
from localrouter.dialects.tool_names import ANY_LETTERS, NameRule, fitted
from localrouter.dialects.tools.turns import Shape, at_most, exactly, in_order
from localrouter.domain.conversation.conversation import (
    Conversation,
    Effort,
    Message,
    OutputKind,
    Role,
    Tool,
    ToolUse,
)
from localrouter.domain.conversation.parts import (
    Part,
    ReasoningPart,
    RefusalPart,
    TextPart,
    ToolCallPart,
    ToolKind,
    ToolResultPart,
)

Json = dict[str, object]

_EXTRAS = frozenset({"service_tier", "store", "logit_bias"})  # others go to servers that are known to take them
_EFFORTS = {
    Effort.MINIMAL: "minimal", Effort.LOW: "low", Effort.MEDIUM: "medium", Effort.HIGH: "high", Effort.XHIGH: "high",
    Effort.MAX: "high",
}  # fmt: skip
_NAMES = NameRule(64)
_LONGEST_ID = 40  # of a call
_MOST_STOPS = 4  # of OpenAI and those that follow it; local servers take any number
_THINKERS = re.compile(r"deepseek|kimi|moonshot|mimo|minimax|\bglm-", re.IGNORECASE)


def body_of(conversation: Conversation, called: CalledModel) -> Written:
    written = Written()
    body, takes = written.body, called.preset.takes
    if "custom_tools" not in takes and has_custom_tools(conversation):
        written.adapted.add("custom tools")
        if has_grammar(conversation):
            written.lost.add("enforcement of a tool's grammar")
        conversation = with_functions_alone(conversation)
    conversation, written.renamed = fitted(conversation, _NAMES)
    if written.renamed:
        written.adapted.add("names of tools")
    messages = in_order(conversation.messages, _id_shape(called.preset), written.adapted)
    marks = _Marks(takes, written, keeps_thoughts(called), not called.preset.local)
    body["messages"] = [each for message in messages for each in _messages(message, marks)]
    if called.preset.call_id_length is not None:
        body["messages"] = _with_words_in_results(body["messages"], written)
    _put_tools(conversation, written, takes)
    _put_sampling(conversation, called.preset, written)
    _put_output(conversation, written)
    _put_reasoning(conversation, called, written)
    if conversation.answers != 1:
        body["n"] = conversation.answers
    if called.lowers(conversation.max_output_tokens):
        written.adapted.add("cap on the answer")
        body[called.preset.output_cap_field] = called.max_output_tokens
    elif conversation.max_output_tokens is not None:
        body[called.preset.output_cap_field] = conversation.max_output_tokens
    if conversation.logprobs is not None:
        body["logprobs"] = True
        body["top_logprobs"] = conversation.logprobs.top
    if conversation.user is not None:
        body["user"] = fitted_user(conversation.user, written.adapted)
    if conversation.metadata:
        written.lost.add("metadata")
    for name, value in conversation.extras.items():
        if name in _EXTRAS or name in takes:
            body[name] = value
        else:
            written.lost.add(name)
    if conversation.stream:
        body["stream"] = True
    settle_marks(written.lost, written.adapted, takes)
    return written


def _id_shape(preset: Preset) -> Shape:
    return at_most(_LONGEST_ID, ANY_LETTERS) if preset.call_id_length is None else exactly(preset.call_id_length)


def keeps_thoughts(called: CalledModel) -> bool:
    """Whether a model wants its thoughts back with the calls that they led to: DeepSeek and Kimi refuse what lacks
    them, local servers show them to the model."""
    takes = called.preset.takes
    return "reasoning_content" in takes or ("thinkers" in takes and _THINKERS.search(called.name) is not None)


@dataclass(frozen=True, slots=True)
class _Marks:
    """What the messages of a server may have beyond the common ground, and where it is noted what they may not."""

    takes: frozenset[str]
    written: Written
    keeps_thoughts: bool
    insists: bool  # on thoughts beside calls, even if there were none

    @property
    def caches(self) -> bool:
        return "cache_marks" in self.takes

    def drops_all(self, message: Message) -> bool:
        return "reasoning_details" not in self.takes and all(isinstance(part, ReasoningPart) for part in message.parts)

    def note(self, part: Part) -> None:
        if getattr(part, "cache", None) is not None and not self.caches:
            self.written.lost.add("cache_control")
        if isinstance(part, TextPart) and part.citations:
            self.written.lost.add("citations of earlier answers")


def _messages(message: Message, marks: _Marks) -> Iterator[Json]:
    for part in message.parts:
        marks.note(part)
    named: Json = {} if message.name is None else {"name": message.name}
    match message.role:
        case Role.ASSISTANT if message.parts and marks.drops_all(message):
            marks.written.lost.add("reasoning of earlier turns")  # an empty message would say something else
        case Role.ASSISTANT:
            yield _assistant(message, marks) | named
        case Role.USER:
            results = [part for part in message.parts if isinstance(part, ToolResultPart)]
            shown: list[Part] = []
            for result in results:
                yield _tool_message(result, shown, marks)
            shown += [part for part in message.parts if not isinstance(part, ToolResultPart)]
            if shown or not results:
                yield {"role": "user", "content": content_of(shown, "messages", marks=marks.caches)} | named
        case Role.SYSTEM | Role.DEVELOPER:
            is_known = message.role is Role.SYSTEM or "developer" in marks.takes
            if not is_known:
                marks.written.adapted.add("roles")
            yield {"role": message.role.value if is_known else "system", "content": _system(message, marks)} | named


def _system(message: Message, marks: _Marks) -> str | list[Json]:
    if marks.caches and any(getattr(part, "cache", None) for part in message.parts):
        return content_of(message.parts, "messages", marks=True)
    return "\n\n".join(part.text for part in message.parts if isinstance(part, TextPart))


def _assistant(message: Message, marks: _Marks) -> Json:
    texts = [part for part in message.parts if isinstance(part, TextPart)]
    calls = [part for part in message.parts if isinstance(part, ToolCallPart)]
    refusals = [part.text for part in message.parts if isinstance(part, RefusalPart)]
    thoughts = [part for part in message.parts if isinstance(part, ReasoningPart)]
    content: str | list[Json] | None = "".join(part.text for part in texts)
    if marks.caches and any(part.cache for part in texts):
        content = content_of(texts, "messages", marks=True)
    told: Json = {"role": "assistant", "content": content or (None if calls or refusals else "")}
    if refusals:
        told["refusal"] = "".join(refusals)
    written = [tool_call_of(call) for call in calls]
    if thoughts and thought_signatures.TAKES in marks.takes:
        pairs = zip(written, calls, strict=True)
        written = [thought_signatures.signed(each, call, thoughts) for each, call in pairs]
        thoughts = [part for part in thoughts if not thought_signatures.is_signature(part)]
    if written:
        told["tool_calls"] = written
    if marks.keeps_thoughts and (thoughts or (written and marks.insists)):
        told["reasoning_content"] = shown_text(thoughts)
    elif thoughts and "reasoning_details" in marks.takes:
        told["reasoning_details"] = details_of(thoughts)
    elif thoughts:
        marks.written.lost.add("reasoning of earlier turns")
    return told


def _tool_message(result: ToolResultPart, shown: list[Part], marks: _Marks) -> Json:
    """A tool's result as text. Its pictures and files go to `shown`, which the user's next message shows."""
    texts = [part.text for part in result.parts if isinstance(part, TextPart)]
    others = [part for part in result.parts if not isinstance(part, TextPart)]
    if others:
        marks.written.adapted.add("pictures in tool results")
        shown += [TextPart(f"What the tool call {result.call_id} returned:"), *others]
        texts = texts or ["See the next message."]
    text = "\n".join(texts)
    if result.is_error:
        marks.written.adapted.add("errors of tools")
        text = text if text.lower().startswith("error") else f"Error: {text}"
    return {"role": "tool", "tool_call_id": result.call_id, "content": text}


def _put_tools(conversation: Conversation, written: Written, takes: frozenset[str]) -> None:
    choice, tools = conversation.tool_choice, conversation.tools
    if choice is not None and choice.names and not (choice.use is ToolUse.REQUIRED and len(choice.names) == 1):
        written.adapted.add("tool choice")
        tools = tuple(tool for tool in tools if tool.name in choice.names)
    if not tools:
        return
    written.body["tools"] = [_tool(tool, written, caches="cache_marks" in takes) for tool in tools]
    if choice is not None:
        is_one = choice.use is ToolUse.REQUIRED and len(choice.names) == 1
        written.body["tool_choice"] = _choice(choice.names[0], tools) if is_one else choice.use.value
    if conversation.parallel_tools is not None:
        written.body["parallel_tool_calls"] = conversation.parallel_tools


def _with_words_in_results(messages: object, written: Written) -> list[Json]:
    """The messages with what a user says right behind a tool's result inside of it: Mistral lets only the model speak
    there."""
    told: list[Json] = []
    for message in messages if isinstance(messages, list) else ():
        last = told[-1] if told else {}
        words = message.get("content")
        if message["role"] == "user" and last.get("role") == "tool" and isinstance(words, str):
            written.adapted.add("roles")
            told[-1] = {**last, "content": f"{last['content']}\n\n{words}"}
        else:
            told.append(message)
    return told


def _choice(name: str, tools: Iterable[Tool]) -> Json:
    kind = next((tool.kind for tool in tools if tool.name == name), ToolKind.FUNCTION)
    return {"type": kind.value, kind.value: {"name": name}}


def _tool(tool: Tool, written: Written, *, caches: bool) -> Json:
    told: Json = {"name": tool.name}
    if tool.description is not None:
        told["description"] = tool.description
    if tool.kind is ToolKind.CUSTOM:
        return {"type": "custom", "custom": told | ({} if tool.grammar is None else {"format": nested(tool.grammar)})}
    if tool.schema is not None:
        told["parameters"] = fitted_parameters(tool.schema, written.lost)
    if tool.strict is not None:
        told["strict"] = tool.strict
    marked: Json = {}
    if tool.cache is not None and caches:
        marked = {"cache_control": {"type": "ephemeral"} | ({} if tool.cache.ttl is None else {"ttl": tool.cache.ttl})}
    elif tool.cache is not None:
        written.lost.add("cache_control")
    return {"type": "function", "function": told, **marked}


def _put_sampling(conversation: Conversation, preset: Preset, written: Written) -> None:
    sampling, takes = conversation.sampling, preset.takes
    stops = list(sampling.stop) if preset.local else [*sampling.stop[:_MOST_STOPS]]
    if len(stops) < len(sampling.stop):
        written.lost.add(f"stop sequences beyond the first {_MOST_STOPS}")
    given: Json = {
        "temperature": sampling.temperature,
        "top_p": sampling.top_p,
        "seed": sampling.seed,
        "presence_penalty": sampling.presence_penalty,
        "frequency_penalty": sampling.frequency_penalty,
        "stop": stops or None,
    }
    if "top_k" in takes:
        given["top_k"] = sampling.top_k
    elif sampling.top_k is not None:
        written.lost.add("top_k")
    written.body.update((name, value) for name, value in given.items() if value is not None)


def _put_output(conversation: Conversation, written: Written) -> None:
    output = conversation.output
    if output.kind is OutputKind.JSON:
        written.body["response_format"] = {"type": "json_object"}
    elif output.kind is OutputKind.SCHEMA:
        if output.schema is None:
            raise refused("response_format", "The answer's format needs a schema.")
        told: Json = {"name": output.name or "answer", "schema": output.schema, "strict": is_strict(output)}
        if output.description is not None:
            told["description"] = output.description
        written.body["response_format"] = {"type": "json_schema", "json_schema": told}


def _put_reasoning(conversation: Conversation, called: CalledModel, written: Written) -> None:
    """Only a model that is known to think is told how much: others refuse the whole request for it."""
    wish = conversation.reasoning
    effort = wish.effort if wish.effort is not None else effort_of(wish.budget)
    if wish.enabled is False or effort in (None, Effort.NONE) or effort is None:
        return
    if not called.reasons:
        written.lost.add("how much to think")
        return
    written.body["reasoning_effort"] = _EFFORTS[effort]
    if wish.effort is None or effort not in (Effort.LOW, Effort.MEDIUM, Effort.HIGH):
        written.adapted.add("reasoning effort")
