"""Parses what a program sends: refuses what is wrong, and finds what routing needs.

The body is parsed once and kept whole; nothing of it is copied.
"""

from __future__ import annotations

from collections.abc import Iterator

from localrouter.dialects.json_bodies.number_lists import NumberList
from localrouter.dialects.json_bodies.reading import (
    Body,
    flag_in,
    make_whole,
    model_in,
    object_in,
    refuse_many,
    refused,
    too_many_parts,
    utf8_size,
)
from localrouter.dialects.json_bodies.refusals import MAX_BESIDE_ATTACHMENTS, too_large
from localrouter.dialects.json_bodies.weight import MAX_CONTAINERS, Weigher
from localrouter.dialects.openai_chat.attachments import attached
from localrouter.dialects.openai_chat.fields import CAP_FIELDS, COUNTS, KNOWN, NAME, WHOLE
from localrouter.domain.conversation.request import BYTES_PER_TOKEN, Capability, Endpoint, ModelRequest

MAX_SCANNED_VALUES = 50_000  # values of a list: scanned in one step, during which no other thread runs

_IMAGE_PARTS = frozenset({"image_url", "input_image", "image"})
_TEXT_FIELDS = {Endpoint.COMPLETIONS: "prompt", Endpoint.EMBEDDINGS: "input"}


def parse_request(endpoint: Endpoint, raw: Body, weigher: Weigher | None = None) -> ModelRequest:
    """The request in a program's body. Raises `Invalid` with a sentence for its user. `weigher` has seen all of
    it; a long body that comes without one is weighed here."""
    body = object_in(raw, weigher, KNOWN)
    if len(raw) > MAX_BESIDE_ATTACHMENTS and len(raw) - attached(body) > MAX_BESIDE_ATTACHMENTS:
        raise too_large()
    make_whole(body, WHOLE)
    model = model_in(body)
    stream = flag_in(body, "stream")
    if endpoint is Endpoint.CHAT_COMPLETIONS:
        text_bytes, images = _read_messages(body.get("messages"), missing="messages" not in body)
    else:
        text_bytes, images = _read_texts(body, _TEXT_FIELDS[endpoint]), False
    return ModelRequest(
        endpoint=endpoint,
        model=model,
        body=body,
        dialect=NAME,
        stream=stream and endpoint is not Endpoint.EMBEDDINGS,
        wants_usage_chunk=_wants_usage(body),
        needs=_needs(body, images=images),
        prompt_tokens_at_least=text_bytes // BYTES_PER_TOKEN,
        max_output_tokens=_output_cap(body),
        answers=_answers(endpoint, body),
    )


def _wants_usage(body: dict[str, object]) -> bool:
    options = body.get("stream_options")
    if options is None:
        return False
    if not isinstance(options, dict):
        raise refused("stream_options", "stream_options must be an object.")
    return options.get("include_usage") is True


def _output_cap(body: dict[str, object]) -> int | None:
    """The first cap that a request gives. A server may read another one: none may be something else than a number."""
    caps: list[int] = []
    for name in CAP_FIELDS:
        cap = body.get(name)
        if cap is None:
            continue
        if not isinstance(cap, int) or isinstance(cap, bool):
            raise refused(name, f"{name} must be a whole number.")
        caps.append(cap)
    return max(1, caps[0]) if caps and caps[0] >= 0 else None


def _answers(endpoint: Endpoint, body: dict[str, object]) -> int | None:
    """How many answers come: `n` for each prompt, of which a completion may have several. None if another field changes
    that, or `n` is no count."""
    prompt = body.get("prompt") if endpoint is Endpoint.COMPLETIONS else None
    is_list = isinstance(prompt, list) and not isinstance(prompt[0] if prompt else 0, int)
    prompts = max(1, len(prompt)) if is_list and isinstance(prompt, list) else 1
    if any(body.get(name) not in (None, 1) for name in COUNTS if name != "n"):
        return None
    each = body.get("n")
    if each is None or each == 1:
        return prompts
    return prompts * each if isinstance(each, int) and not isinstance(each, bool) and each > 0 else None


def _needs(body: dict[str, object], *, images: bool) -> frozenset[Capability]:
    response_format = body.get("response_format")
    needs = []
    if body.get("tools") or body.get("functions"):
        needs.append(Capability.TOOLS)
    if images:
        needs.append(Capability.IMAGES)
    if isinstance(response_format, dict) and response_format.get("type") == "json_schema":
        needs.append(Capability.JSON_SCHEMA)
    return frozenset(needs)


def _read_messages(messages: object, *, missing: bool) -> tuple[int, bool]:
    """The bytes of all text, and whether there are images."""
    if missing:
        raise refused("messages", "messages is missing.")
    if not isinstance(messages, list):
        raise refused("messages", "messages must be a list.")
    text_bytes = 0
    images = False
    for index, message in enumerate(messages):
        if not isinstance(message, dict):
            raise refused(f"messages[{index}]", f"messages[{index}] must be an object.")
        content = message.get("content")
        if isinstance(content, str):
            text_bytes += utf8_size(content)
        elif isinstance(content, list):
            refuse_many(f"messages[{index}].content", content)
            text_bytes += sum(utf8_size(text) for text in _texts_of_parts(content))
            images = images or any(map(_is_image, content))
        if "tool_calls" in message:
            text_bytes += sum(utf8_size(text) for text in _arguments(message["tool_calls"]))
    return text_bytes, images


def _is_image(part: object) -> bool:
    kind = part.get("type") if isinstance(part, dict) else None
    return isinstance(kind, str) and kind in _IMAGE_PARTS


def _texts_of_parts(parts: list[object]) -> Iterator[str]:
    for part in parts:
        text = part.get("text") if isinstance(part, dict) else None
        if isinstance(text, str):
            yield text


def _arguments(calls: object) -> Iterator[str]:
    for call in calls if isinstance(calls, list) else ():
        function = call.get("function") if isinstance(call, dict) else None
        arguments = function.get("arguments") if isinstance(function, dict) else None
        if isinstance(arguments, str):
            yield arguments


def _read_texts(body: dict[str, object], name: str) -> int:
    """The bytes of a prompt or input: a text, texts, tokens or lists of tokens."""
    given = body.get(name)
    if given is None:
        raise refused(name, f"{name} is missing.")
    if isinstance(given, str):
        return utf8_size(given)
    if isinstance(given, NumberList) and not given.are_whole and given.count > MAX_CONTAINERS:
        raise too_many_parts(name)
    if isinstance(given, NumberList):
        return _item_size(given)
    if not isinstance(given, list):
        raise refused(name, f"{name} must be a string or a list.")
    if given and _are_whole_numbers(given):  # tokens, which can be millions
        return BYTES_PER_TOKEN * len(given)
    refuse_many(name, given)
    return sum(_item_size(item) for item in given)


def _are_whole_numbers(values: list[object]) -> bool:
    steps = (values[start : start + MAX_SCANNED_VALUES] for start in range(0, len(values), MAX_SCANNED_VALUES))
    return all(set(map(type, step)) == {int} for step in steps)


def _item_size(item: object) -> int:
    if isinstance(item, str):
        return utf8_size(item)
    if isinstance(item, NumberList):
        return BYTES_PER_TOKEN * item.count
    return BYTES_PER_TOKEN * (len(item) if isinstance(item, list) else 1)
