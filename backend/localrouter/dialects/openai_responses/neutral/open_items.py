"""The items of a stream while they grow: each tells the events by which it begins, goes on and ends."""

from __future__ import annotations

from collections.abc import Iterator

from localrouter.dialects.openai_responses.neutral.outputs import (
    COMPLETED,
    IN_PROGRESS,
    Called,
    Told,
    annotation_json,
    is_whole,
    logprob_json,
    message_item,
    reasoning_item,
    refusal_content,
    text_content,
    written_arguments,
)
from localrouter.domain.conversation.parts import Citation, ReasoningPart, TokenLogprob, ToolCallPart, ToolKind
from localrouter.domain.conversation.reply import ReasoningSealed, ToolCallBegan

Json = dict[str, object]
Event = tuple[str, Json]  # its name without `response.`, and what it says


class OpenMessage:
    """What a model says: parts of text and refusals."""

    __slots__ = ("_content", "_index", "_kind", "_logprobs", "_noted", "_text", "item", "item_id")

    def __init__(self, told: Told, index: int) -> None:
        self._index = index
        self.item_id = told.ids.item("msg", index)
        self._content: list[Json] = []  # whole parts
        self._kind = ""  # of the open part
        self._text: list[str] = []
        self._noted: list[Json] = []
        self._logprobs: list[TokenLogprob] = []
        self.item: Json = message_item(self.item_id, [], IN_PROGRESS)

    def begin(self) -> Iterator[Event]:
        yield "output_item.added", {"output_index": self._index, "item": self.item}

    def say(self, kind: str, text: str, logprobs: tuple[TokenLogprob, ...] = ()) -> Iterator[Event]:
        yield from self._open(kind)
        self._text.append(text)
        self._logprobs += logprobs
        more: Json = {"logprobs": [logprob_json(token) for token in logprobs]} if kind == "output_text" else {}
        yield f"{kind}.delta", self._place() | {"delta": text} | more

    def cite(self, citation: Citation) -> Iterator[Event]:
        yield from self._open("output_text")
        annotation = annotation_json(citation)
        if annotation is not None:
            yield (
                "output_text.annotation.added",
                self._place() | {"annotation_index": len(self._noted), "annotation": annotation},
            )
            self._noted.append(annotation)

    def end_part(self) -> Iterator[Event]:
        if not self._kind:
            return
        text, part = "".join(self._text), self._part()
        if self._kind == "output_text":
            yield "output_text.done", self._place() | {"text": text, "logprobs": part["logprobs"]}
        else:
            yield "refusal.done", self._place() | {"refusal": text}
        yield "content_part.done", self._place() | {"part": part}
        self._content.append(part)
        self._kind = ""

    def end(self, status: str = COMPLETED) -> Iterator[Event]:
        yield from self.end_part()
        self.item = message_item(self.item_id, self._content, status)
        yield "output_item.done", {"output_index": self._index, "item": self.item}

    def _open(self, kind: str) -> Iterator[Event]:
        if self._kind == kind:
            return
        yield from self.end_part()
        self._kind, self._text, self._noted, self._logprobs = kind, [], [], []
        yield "content_part.added", self._place() | {"part": self._part()}

    def _part(self) -> Json:
        text = "".join(self._text)
        return text_content(text, self._noted, self._logprobs) if self._kind == "output_text" else refusal_content(text)

    def _place(self) -> Json:
        return {"item_id": self.item_id, "output_index": self._index, "content_index": len(self._content)}


class OpenReasoning:
    """What a model thinks: one text, and the parts of a summary."""

    __slots__ = ("_index", "_kind", "_said", "_summary", "_text", "_told", "item", "item_id")

    def __init__(self, told: Told, index: int) -> None:
        self._index, self._told = index, told
        self.item_id = told.ids.item("rs", index)
        self._text = ""
        self._summary: list[str] = []  # whole parts
        self._kind = ""  # of the open part
        self._said: list[str] = []
        self.item: Json = {"id": self.item_id, "type": "reasoning", "summary": []}

    def begin(self) -> Iterator[Event]:
        yield "output_item.added", {"output_index": self._index, "item": self.item}

    def think(self, text: str, *, is_summary: bool) -> Iterator[Event]:
        kind = "reasoning_summary_text" if is_summary else "reasoning_text"
        if self._kind != kind:
            yield from self.end_part()
            self._kind, self._said = kind, []
            yield f"{self._carrier()}.added", self._place() | {"part": self._part("")}
        self._said.append(text)
        yield f"{kind}.delta", self._place() | {"delta": text}

    def end_part(self) -> Iterator[Event]:
        if not self._kind:
            return
        text = "".join(self._said)
        yield f"{self._kind}.done", self._place() | {"text": text}
        yield f"{self._carrier()}.done", self._place() | {"part": self._part(text)}
        if self._kind == "reasoning_text":
            self._text += text
        else:
            self._summary.append(text)
        self._kind = ""

    def end(self, sealed: ReasoningSealed | None = None) -> Iterator[Event]:
        yield from self.end_part()
        seal = sealed or ReasoningSealed()
        part = ReasoningPart(
            self._text, tuple(self._summary), seal.signature, seal.encrypted, seal.redacted, seal.dialect, seal.item_id
        )
        self.item = reasoning_item(self.item_id, part, self._told)
        yield "output_item.done", {"output_index": self._index, "item": self.item}

    def _carrier(self) -> str:
        return "content_part" if self._kind == "reasoning_text" else "reasoning_summary_part"

    def _part(self, text: str) -> Json:
        return {"type": "reasoning_text" if self._kind == "reasoning_text" else "summary_text", "text": text}

    def _place(self) -> Json:
        place: Json = {"item_id": self.item_id, "output_index": self._index}
        if self._kind == "reasoning_text":
            return place | {"content_index": 0}
        return place | {"summary_index": len(self._summary)}


class OpenCall:
    """A tool call. Where its arguments have to be rewritten, they are told once they are whole."""

    __slots__ = ("_arguments", "_call", "_called", "_index", "_told", "is_open", "item")

    def __init__(self, call: ToolCallBegan, told: Told, index: int) -> None:
        self._index, self._told, self._call = index, told, call
        self._called = Called.of(ToolCallPart(call.id, call.name, "", call.kind), told, index)
        self._arguments: list[str] = []
        self.is_open = True
        self.item: Json = self._called.item(told, index, "", IN_PROGRESS)

    @property
    def is_whole(self) -> bool:
        """Whether it has all its arguments, as far as they tell."""
        return self._call.kind is ToolKind.FUNCTION and is_whole("".join(self._arguments))

    def begin(self) -> Iterator[Event]:
        if self._called.kind != "local_shell_call":
            yield "output_item.added", {"output_index": self._index, "item": self.item}

    def argue(self, text: str) -> Iterator[Event]:
        if not (text and self.is_open):
            return
        self._arguments.append(text)
        if self._is_told_at_once:
            yield self._delta(text)

    def end(self, status: str = COMPLETED) -> Iterator[Event]:
        if not self.is_open:
            return
        self.is_open = False
        before = "".join(self._arguments)
        arguments = written_arguments(self._called, before, self._call.kind)
        self.item = self._called.item(self._told, self._index, arguments, status)
        if self._called.kind == "local_shell_call":
            yield "output_item.added", {"output_index": self._index, "item": self.item | {"status": IN_PROGRESS}}
        if self.item["type"] != "local_shell_call":
            if arguments and not (self._is_told_at_once and before):
                yield self._delta(arguments)
            event, field = self._names
            named: Json = {"name": self.item["name"]} if field == "arguments" else {}
            yield f"{event}.done", self._place() | {field: arguments} | named
        yield "output_item.done", {"output_index": self._index, "item": self.item}

    @property
    def _is_told_at_once(self) -> bool:
        is_custom = self._called.kind == "custom_tool_call"
        return self._called.kind == "function_call" or (is_custom and self._call.kind is ToolKind.CUSTOM)

    @property
    def _names(self) -> tuple[str, str]:
        """Of its events and of what they tell."""
        is_custom = self._called.kind == "custom_tool_call"
        return ("custom_tool_call_input", "input") if is_custom else ("function_call_arguments", "arguments")

    def _delta(self, text: str) -> Event:
        return f"{self._names[0]}.delta", self._place() | {"delta": text}

    def _place(self) -> Json:
        return {"item_id": self.item["id"], "output_index": self._index}
