"""The items of an answer, as programs know them."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import orjson

from localrouter.dialects.json_bodies.number_lists import dumps
from localrouter.dialects.openai_responses.fields import NAME
from localrouter.dialects.openai_responses.neutral.requests import ENCRYPTED
from localrouter.dialects.openai_responses.neutral.seals import encrypted_content_of
from localrouter.dialects.openai_responses.neutral.tools import LOCAL_SHELL, OfferedTool, called_tool, offered_tools
from localrouter.domain.conversation.parts import Citation, ReasoningPart, TokenLogprob, ToolCallPart, ToolKind
from localrouter.domain.conversation.request import ModelRequest

Json = dict[str, object]

IN_PROGRESS, COMPLETED, INCOMPLETE = "in_progress", "completed", "incomplete"
_NOT_IN_AN_ID = re.compile(r"[^A-Za-z0-9_-]+")
_PREFIX = re.compile(r"^(?:chatcmpl|resp|cmpl|msg|gen)[-_]")
_MAX_ID = 48  # characters: with what stands around it, an id has at most the 64 that OpenAI takes back


@dataclass(frozen=True, slots=True)
class Ids:
    """The ids of one answer: of the request's, since some servers call all their answers the same."""

    base: str

    @classmethod
    def of(cls, provider_id: str, request: ModelRequest) -> Ids:
        base = _NOT_IN_AN_ID.sub("", request.id or _PREFIX.sub("", provider_id))[:_MAX_ID]
        return cls(base or hashlib.sha256(dumps(request.body.get("input"))).hexdigest()[:24])

    @property
    def response(self) -> str:
        return f"resp_{self.base}"

    def item(self, kind: str, index: int) -> str:
        return f"{kind}_{self.base}_{index}"


@dataclass(frozen=True, slots=True)
class Told:
    """What an answer's items depend on besides what they say: the ids, the tools that were offered, and whether
    thoughts are to be kept for the next turn."""

    ids: Ids
    tools: Mapping[str, OfferedTool]
    keeps_thoughts: bool

    @classmethod
    def of(cls, provider_id: str, request: ModelRequest) -> Told:
        include = request.body.get("include")
        keeps = isinstance(include, list) and ENCRYPTED in include
        return cls(Ids.of(provider_id, request), offered_tools(request.body), keeps)


def text_content(text: str, citations: Iterable[Json] = (), logprobs: Iterable[TokenLogprob] = ()) -> Json:
    return {
        "type": "output_text",
        "text": text,
        "annotations": list(citations),
        "logprobs": [logprob_json(token) for token in logprobs],
    }


def refusal_content(text: str) -> Json:
    return {"type": "refusal", "refusal": text}


def message_item(item_id: str, content: list[Json], status: str) -> Json:
    return {"id": item_id, "type": "message", "status": status, "role": "assistant", "content": content}


def reasoning_item(item_id: str, part: ReasoningPart, told: Told, status: str | None = None) -> Json:
    item: Json = {
        "id": item_id,
        "type": "reasoning",
        "summary": [{"type": "summary_text", "text": text} for text in part.summary],
    }
    if part.text:
        item["content"] = [{"type": "reasoning_text", "text": part.text}]
    kept = encrypted_content_of(part, is_wanted=told.keeps_thoughts)
    if kept is not None:
        item["encrypted_content"] = kept
    return item if status is None else item | {"status": status}


@dataclass(frozen=True, slots=True)
class Called:
    """A tool call as its program knows it. `kind` is the type of its item."""

    call_id: str
    name: str
    kind: str
    namespace: str | None = None

    @classmethod
    def of(cls, call: ToolCallPart, told: Told, index: int) -> Called:
        tool = called_tool(told.tools, call.name)
        call_id = call.id or told.ids.item("call", index)
        if tool is None:
            return cls(call_id, call.name, "custom_tool_call" if call.kind is ToolKind.CUSTOM else "function_call")
        kind = {"custom": "custom_tool_call", LOCAL_SHELL: "local_shell_call"}.get(tool.kind, "function_call")
        return cls(call_id, tool.name, kind, tool.namespace)

    def item(self, told: Told, index: int, arguments: str, status: str) -> Json:
        """`arguments` as the model wrote them. A shell that was called with something else is a function."""
        if self.kind == "custom_tool_call":
            item: Json = {"id": told.ids.item("ctc", index), "type": self.kind, "input": arguments}
        elif self.kind == "local_shell_call" and (action := shell_action(arguments)) is not None:
            shell: Json = {"id": told.ids.item("lsh", index), "type": self.kind, "call_id": self.call_id}
            return shell | {"action": action, "status": status}
        else:
            item = {"id": told.ids.item("fc", index), "type": "function_call", "arguments": arguments, "status": status}
        item |= {"call_id": self.call_id, "name": self.name}
        return item if self.namespace is None else item | {"namespace": self.namespace}


def written_arguments(called: Called, arguments: str, kind: ToolKind) -> str:
    """The arguments as the program reads them: a custom tool that was told as a function has its input in one."""
    if called.kind != "custom_tool_call":
        return arguments or "{}"
    if kind is ToolKind.CUSTOM:
        return arguments
    read = _object_in(arguments)
    match read:
        case {"input": str(text)}:
            return text
        case {**rest} if len(rest) == 1 and isinstance(only := next(iter(rest.values())), str):
            return only
    return arguments


def shell_action(arguments: str) -> Json | None:
    match _object_in(arguments):
        case {"command": list(command), **rest} if all(isinstance(word, str) for word in command):
            env = rest.get("env")
            action: Json = {"type": "exec", "command": command, "env": env if isinstance(env, dict) else {}}
            optional = ("timeout_ms", "working_directory", "user")
            return action | {name: rest[name] for name in optional if rest.get(name) is not None}
    return None


def _object_in(text: str) -> Json | None:
    try:
        read: object = orjson.loads(text)
    except ValueError:
        return None
    return read if isinstance(read, dict) else None


def is_whole(arguments: str) -> bool:
    return _object_in(arguments) is not None


def annotation_json(citation: Citation, before: int = 0) -> Json | None:
    """A citation in a text of which `before` characters belong to other parts. Only those with an address are known."""
    if citation.dialect == NAME and citation.raw is not None:
        return dict(citation.raw)
    if citation.url is None:
        return None
    places = {"start_index": before + (citation.start or 0), "end_index": before + (citation.end or 0)}
    return {"type": "url_citation", "url": citation.url, "title": citation.title or "", **places}


def logprob_json(token: TokenLogprob) -> Json:
    return {**_token(token), "top_logprobs": [_token(other) for other in token.alternatives]}


def _token(token: TokenLogprob) -> Json:
    utf8 = token.utf8 if token.utf8 is not None else tuple(token.token.encode("utf-8", "replace"))
    return {"token": token.token, "logprob": token.logprob, "bytes": list(utf8)}
