"""A whole answer as the chunks of a stream, and the chunks of a stream as a whole answer.

Some servers do not stream, and some stream what nobody asked them to. A program gets what it asked for.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import orjson

Json = dict[str, object]

_TOLD_ONCE = frozenset({"role", "id", "type", "name", "index", "object", "format", "status", "signature"})
_OF_THE_ANSWER = frozenset({"id", "created", "model"})  # the first chunk says it for all


def is_whole(chunk: Json) -> bool:
    """Whether what should be a chunk has messages in the place of deltas."""
    return any(isinstance(choice.get("message"), dict) and not choice.get("delta") for choice in _choices(chunk))


def as_chunks(answer: Json) -> Iterator[Json]:
    """The chunks of a stream that says what a whole answer says, the usage in one of its own."""
    shared = {name: value for name, value in answer.items() if name not in ("choices", "usage", "object")}
    choices = _choices(answer)
    is_text = any("text" in choice for choice in choices)
    shared["object"] = "text_completion" if is_text else "chat.completion.chunk"
    for place, choice in enumerate(choices):
        said = {name: value for name, value in choice.items() if name not in ("message", "delta", "finish_reason")}
        said["index"] = choice.get("index", place)
        ended: Json = {"index": said["index"]}
        if is_text:
            ended["text"] = ""
        else:
            said["delta"], ended["delta"] = _delta(choice), {}
        ended["finish_reason"] = choice.get("finish_reason") or _reason(said)
        yield {**shared, "choices": [{**said, "finish_reason": None}]}
        yield {**shared, "choices": [ended]}
    if isinstance(answer.get("usage"), dict):
        yield {**shared, "choices": [], "usage": answer["usage"]}


def joined(chunks: Iterable[Json]) -> Json:
    """The whole answer that the chunks of a stream make together."""
    answer: Json = {}
    choices: dict[object, Json] = {}
    for chunk in chunks:
        for name, value in chunk.items():
            if (
                name not in ("choices", "object")
                and value is not None
                and not (name in _OF_THE_ANSWER and answer.get(name))
            ):
                answer[name] = value
        for choice in _choices(chunk):
            index = choice.get("index", 0)
            _add(choices.setdefault(index if isinstance(index, int) else 0, {}), choice)
    ordered = [_finished(index, choices[index]) for index in sorted(choices, key=str)]
    kind = "text_completion" if any("text" in choice for choice in ordered) else "chat.completion"
    return {**answer, "object": kind, "choices": ordered}


def _choices(answer: Json) -> list[Json]:
    choices = answer.get("choices")
    return [choice for choice in choices if isinstance(choice, dict)] if isinstance(choices, list) else []


def _delta(choice: Json) -> Json:
    message = choice.get("message") or choice.get("delta")
    if not isinstance(message, dict):
        return {}
    delta = {"role": "assistant", **message}
    if isinstance(calls := message.get("tool_calls"), list):
        delta["tool_calls"] = [_numbered(place, call) for place, call in enumerate(calls)]
    return delta


def _numbered(place: int, call: object) -> object:
    """A tool call of a stream has a number, by which its parts are put together, and its arguments are a text."""
    if not isinstance(call, dict):
        return call
    function = call.get("function")
    if isinstance(function, dict) and isinstance(function.get("arguments"), dict | list):
        call = {**call, "function": {**function, "arguments": orjson.dumps(function["arguments"]).decode()}}
    return call if isinstance(call.get("index"), int) else {"index": place, **call}


def _reason(said: Json) -> str | None:
    """Why a choice ended that is whole and does not say so; None where it says nothing at all."""
    delta = said.get("delta")
    if isinstance(delta, dict) and delta.get("tool_calls"):
        return "tool_calls"
    told = delta if isinstance(delta, dict) else {"text": said.get("text")}
    return "stop" if any(value for name, value in told.items() if name != "role") else None


def _add(choice: Json, part: Json) -> None:
    for name, value in part.items():
        if name == "delta" and isinstance(value, dict):
            message = choice.setdefault("message", {})
            if isinstance(message, dict):
                _extend(message, value)
        elif name == "text" and isinstance(value, str):
            choice["text"] = f"{choice.get('text') or ''}{value}"
        elif name == "logprobs" and isinstance(value, dict):
            _extend(choice.setdefault("logprobs", {}), value)
        elif name not in ("index", "delta") and value is not None:
            choice[name] = value


def _extend(whole: object, part: Json) -> None:
    """Add a delta to what came before it."""
    if not isinstance(whole, dict):
        return
    for name, value in part.items():
        before = whole.get(name)
        if name == "tool_calls" and isinstance(value, list):
            _extend_calls(whole.setdefault(name, []), value)
        elif isinstance(value, str) and isinstance(before, str) and before and name not in _TOLD_ONCE:
            whole[name] = before + value
        elif isinstance(value, dict) and isinstance(before, dict):
            _extend(before, value)
        elif isinstance(value, list) and isinstance(before, list):
            before += value
        elif value is not None and not (name in _TOLD_ONCE and before):
            whole[name] = value.copy() if isinstance(value, dict | list) else value
        else:
            whole.setdefault(name, value)


def _extend_calls(calls: object, parts: list[object]) -> None:
    """Parts of a call have its number; where a server leaves that out, a new id begins a new call."""
    if not isinstance(calls, list):
        return
    for part in parts:
        if not isinstance(part, dict):
            continue
        index = part.get("index")
        if isinstance(index, int):
            found = next((call for call in calls if call.get("index") == index), None) or _same(calls, part)
        else:
            name = part.get("id")
            found = next((call for call in reversed(calls) if not name or call.get("id") == name), None)
        if found is None:
            found = {}
            calls.append(found)
        _extend(found, part)


def _same(calls: list[Json], part: Json) -> Json | None:
    """The call that a part without a name goes on with by its id, though it stands at another number."""
    function = part.get("function")
    if not part.get("id") or (isinstance(function, dict) and function.get("name")):
        return None
    return next((call for call in calls if call.get("id") == part["id"]), None)


def _finished(index: object, choice: Json) -> Json:
    message = choice.get("message")
    if isinstance(message, dict):
        message = {"role": "assistant", "content": None, **message}
        if isinstance(calls := message.get("tool_calls"), list):
            message["tool_calls"] = [{name: value for name, value in call.items() if name != "index"} for call in calls]
        choice["message"] = message
    return {"index": index, **choice, "finish_reason": choice.get("finish_reason")}
