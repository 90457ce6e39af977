"""Reads what a program asks in Gemini's terms, in neutral ones."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from localrouter.dialects.gemini.fields import CONFIG
from localrouter.dialects.gemini.neutral.schemas import json_schema
from localrouter.dialects.gemini.neutral.turns import TurnReader
from localrouter.dialects.json_bodies.reading import refused
from localrouter.dialects.json_bodies.values import flag_at, number_at, object_at, objects_at, text_at, whole_at
from localrouter.domain.conversation.conversation import (
    SHOWN,
    Conversation,
    Effort,
    Logprobs,
    Message,
    OutputFormat,
    OutputKind,
    ReasoningWish,
    Role,
    Sampling,
    Tool,
    ToolChoice,
    ToolUse,
)
from localrouter.domain.conversation.request import Endpoint, ModelRequest

Json = Mapping[str, object]

_USES = {
    "AUTO": ToolUse.AUTO, "NONE": ToolUse.NONE, "ANY": ToolUse.REQUIRED, "VALIDATED": ToolUse.AUTO,
    "MODE_UNSPECIFIED": ToolUse.AUTO, "": ToolUse.AUTO,
}  # fmt: skip
_LEVELS = {
    "MINIMAL": Effort.MINIMAL, "LOW": Effort.LOW, "MEDIUM": Effort.MEDIUM, "HIGH": Effort.HIGH, "XHIGH": Effort.XHIGH,
}  # fmt: skip
_JSON, _TEXT, _WORD = "application/json", "text/plain", "text/x.enum"
OPENAI_CHAT = "openai_chat"
_EMBEDDED = frozenset({"model", "content", "requests", "outputDimensionality"})
_READ = frozenset({"contents", "systemInstruction", "tools", "toolConfig", CONFIG, "model"})
_READ_CONFIG = frozenset(
    {
        "temperature", "topP", "topK", "seed", "presencePenalty", "frequencyPenalty", "stopSequences",
        "maxOutputTokens", "candidateCount", "responseMimeType", "responseSchema", "responseJsonSchema",
        "responseLogprobs", "logprobs", "thinkingConfig", "responseModalities",
    }
)  # fmt: skip


def conversation_of(request: ModelRequest) -> Conversation:
    """The request in neutral terms. Raises `Invalid` for what no other dialect has."""
    body = request.body
    config = object_at(body, CONFIG) or {}
    _refuse_indispensable(request, config)
    tools = tuple(_tools(body))
    wants_logprobs = flag_at(config, "responseLogprobs")
    return Conversation(
        messages=tuple(_messages(body)),
        tools=tools,
        tool_choice=_tool_choice(object_at(body.get("toolConfig"), "functionCallingConfig")) if tools else None,
        sampling=_sampling(config),
        output=_output(config),
        reasoning=_reasoning(object_at(config, "thinkingConfig")),
        max_output_tokens=request.max_output_tokens,
        logprobs=Logprobs(whole_at(config, "logprobs") or 0) if wants_logprobs else None,
        stream=request.stream,
        extras=_extras(body, config),
    )


def as_openai_embeddings(request: ModelRequest) -> ModelRequest:
    """A request for vectors as programs of OpenAI's write it. One asks for all of one length."""
    several = isinstance(request.body.get("requests"), list)
    asked = list(objects_at(request.body, "requests")) if several else [request.body]
    place = "requests[{}].content" if several else "content"
    texts = [_embedded_text(each, place.format(index)) for index, each in enumerate(asked)]
    body: dict[str, object] = {"model": request.model, "input": texts}
    lengths = {whole_at(each, "outputDimensionality") for each in asked}
    if len(lengths) > 1:
        raise refused("requests", "requests must all ask for the same outputDimensionality for this model.")
    if (length := lengths.pop() if lengths else None) is not None:
        body["dimensions"] = length
    lost = sorted({name for each in asked for name in each if name not in _EMBEDDED})
    said = (f"left out, as this model's provider has no such thing: {', '.join(lost)}",) if lost else ()
    return replace(request, body=body, dialect=OPENAI_CHAT, path="", warnings=(*request.warnings, *said))


def _embedded_text(asked: Json, path: str) -> str:
    texts = []
    for index, part in enumerate(objects_at(asked.get("content"), "parts")):
        if not isinstance(text := part.get("text"), str):
            where = f"{path}.parts[{index}]"
            raise refused(where, f"{where} must be a text for this model. Change it, or name a model of Gemini's.")
        texts.append(text)
    return "\n".join(texts)


def _refuse_indispensable(request: ModelRequest, config: Json) -> None:
    """Without these, the answer would be another one."""
    if request.endpoint is not Endpoint.CHAT_COMPLETIONS:
        raise refused("model", "This model's provider has no vectors. Name a model of one that has.")
    if request.body.get("cachedContent"):
        said = "cachedContent is known only to Google. Send the content itself, or name a model of Gemini's."
        raise refused("cachedContent", said)
    if request.body.get("continuationToken"):
        said = "continuationToken goes on with an answer that Google began. Ask anew, or name a model of Gemini's."
        raise refused("continuationToken", said)
    if request.answers != 1:
        path = f"{CONFIG}.candidateCount"
        raise refused(
            path, f"{path}: this model gives one answer at a time. Leave it out, or name a model of Gemini's."
        )
    modalities = config.get("responseModalities")
    if isinstance(modalities, list) and any(str(each).upper() != "TEXT" for each in modalities):
        path = f"{CONFIG}.responseModalities"
        raise refused(path, f"{path}: this model answers in text. Leave it out, or name a model of Gemini's.")
    if config.get("speechConfig"):
        path = f"{CONFIG}.speechConfig"
        raise refused(path, f"{path}: this model does not speak. Leave it out, or name a model of Gemini's.")


def _messages(body: Json) -> Iterator[Message]:
    reader = TurnReader()
    system = body.get("systemInstruction")
    if isinstance(system, str) and system:
        system = {"parts": [{"text": system}]}
    if isinstance(system, dict) and (parts := reader.system(system)):
        yield Message(Role.SYSTEM, parts)
    for index, content in enumerate(objects_at(body, "contents")):
        path, role = f"contents[{index}]", text_at(content, "role")
        if role == "model":
            yield Message(Role.ASSISTANT, reader.of_model(content, path))
        elif role in ("user", "", "function", "tool"):
            yield Message(Role.USER, reader.of_user(content, path))
        else:
            raise refused(f"{path}.role", f"{path}.role must be user or model.")


def _tools(body: Json) -> Iterator[Tool]:
    for index, tool in enumerate(objects_at(body, "tools")):
        path = f"tools[{index}]"
        if others := [name for name, value in tool.items() if name != "functionDeclarations" and value is not None]:
            said = f"{path}.{others[0]} is a tool that only Google runs. Leave it out, or name a model of Gemini's."
            raise refused(path, said)
        for place, declared in enumerate(objects_at(tool, "functionDeclarations")):
            name = text_at(declared, "name")
            if not name:
                at = f"{path}.functionDeclarations[{place}]"
                raise refused(f"{at}.name", f"{at} needs a name.")
            yield Tool(name, text_at(declared, "description") or None, _schema(declared, "parameters"))


def _schema(carrier: Json, name: str) -> dict[str, object] | None:
    """A schema in Google's words, or as a JSON schema in the field beside it."""
    exact = object_at(carrier, f"{name}JsonSchema")
    if exact is not None:
        return exact
    told = json_schema(carrier.get(name))
    return told if isinstance(told, dict) else None


def _tool_choice(told: Json | None) -> ToolChoice | None:
    if told is None:
        return None
    mode = text_at(told, "mode").upper()
    if mode not in _USES:
        path = "toolConfig.functionCallingConfig.mode"
        raise refused(path, f"{path} must be AUTO, ANY, NONE or VALIDATED.")
    names = told.get("allowedFunctionNames")
    allowed = tuple(name for name in names if isinstance(name, str)) if isinstance(names, list) else ()
    return ToolChoice(_USES[mode], allowed)


def _sampling(config: Json) -> Sampling:
    stops = config.get("stopSequences")
    top_k = number_at(config, "topK")
    return Sampling(
        temperature=number_at(config, "temperature"),
        top_p=number_at(config, "topP"),
        top_k=None if top_k is None else int(top_k),
        stop=tuple(text for text in stops if isinstance(text, str)) if isinstance(stops, list) else (),
        seed=whole_at(config, "seed"),
        presence_penalty=number_at(config, "presencePenalty"),
        frequency_penalty=number_at(config, "frequencyPenalty"),
    )


def _output(config: Json) -> OutputFormat:
    kind = text_at(config, "responseMimeType") or _TEXT
    schema = object_at(config, "responseJsonSchema")
    if schema is None and isinstance(told := json_schema(config.get("responseSchema")), dict):
        schema = told
    if kind == _JSON:
        return OutputFormat(OutputKind.JSON) if schema is None else OutputFormat(OutputKind.SCHEMA, schema)
    if kind == _TEXT:
        return OutputFormat()
    if kind == _WORD and schema is not None:
        return OutputFormat(OutputKind.SCHEMA, schema, is_word=True)
    path, known = f"{CONFIG}.responseMimeType", f"{_TEXT}, {_JSON} or, with a schema, {_WORD}"
    raise refused(path, f"{path} must be {known} for this model. Change it, or name a model of Gemini's.")


def _reasoning(thinking: Json | None) -> ReasoningWish:
    if thinking is None:
        return ReasoningWish()
    budget, level = whole_at(thinking, "thinkingBudget"), text_at(thinking, "thinkingLevel").upper()
    if budget == 0:
        return ReasoningWish(enabled=False)
    effort, summary = _LEVELS.get(level), SHOWN if flag_at(thinking, "includeThoughts") else None
    if budget is not None and budget < 0:
        return ReasoningWish(True, effort, summary=summary)
    return ReasoningWish(None if budget is None and effort is None else True, effort, budget, summary)


def _extras(body: Json, config: Json) -> dict[str, object]:
    """What is left: wishes that only Google knows."""
    left = {name: value for name, value in body.items() if name not in _READ and value not in (None, [], {})}
    more = {name: value for name, value in config.items() if name not in _READ_CONFIG and value is not None}
    return {**left, **more}
