"""Parses what a program sends: refuses what is wrong, and finds what routing needs.

The body is parsed once and kept whole; nothing of it is copied.
"""

from __future__ import annotations

from collections.abc import Iterator

import orjson

from localrouter.dialects.json_bodies.number_lists import NumberList, loads
from localrouter.dialects.json_bodies.refusals import MAX_BESIDE_ATTACHMENTS, too_large, too_many
from localrouter.dialects.json_bodies.weight import LIGHT, MAX_CONTAINERS, Weigher
from localrouter.dialects.openai_chat.attachments import attached
from localrouter.dialects.openai_chat.fields import CAP_FIELDS, COUNTS, NAME, look_alike
from localrouter.domain.conversation.request import BYTES_PER_TOKEN, Capability, Endpoint, ModelRequest
from localrouter.domain.errors import Finding, Invalid

MAX_DEPTH = 128
MAX_SCANNED_VALUES = 50_000  # values of a list: scanned in one step, during which no other thread runs
MAX_MODEL_NAME = 512  # characters

Body = bytes | bytearray

_IMAGE_PARTS = frozenset({"image_url", "input_image", "image"})
_TEXT_FIELDS = {Endpoint.COMPLETIONS: "prompt", Endpoint.EMBEDDINGS: "input"}


def parse_request(endpoint: Endpoint, raw: Body, weigher: Weigher | None = None) -> ModelRequest:
    """The request in a program's body. Raises `Invalid` with a sentence for its user. `weigher` has seen all of
    it; a long body that comes without one is weighed here."""
    body = _object(raw, weigher)
    if len(raw) > MAX_BESIDE_ATTACHMENTS and len(raw) - attached(body) > MAX_BESIDE_ATTACHMENTS:
        raise too_large()
    model = _model(body)
    stream = _flag(body, "stream")
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


def _weighed(raw: Body) -> Weigher:
    weigher = Weigher()
    if (excess := weigher.feed(bytes(raw))) is not None:
        raise too_many(excess)
    return weigher


def _object(raw: Body, weigher: Weigher | None) -> dict[str, object]:
    if weigher is None and len(raw) > LIGHT:
        weigher = _weighed(raw)
    if weigher is not None and weigher.deepest > MAX_DEPTH:
        raise _too_deep()
    try:
        body = loads(raw, () if weigher is None else weigher.runs)
    except orjson.JSONDecodeError as problem:
        if problem.msg.startswith("depth limit"):
            raise _too_deep() from None
        raise Invalid(f"The request body is not valid JSON: {problem}.") from None
    if not isinstance(body, dict):
        raise Invalid("The request body must be a JSON object.")
    if weigher is None and raw.count(b"[") + raw.count(b"{") > MAX_DEPTH:
        _refuse_depth(body)
    if (name := look_alike(body)) is not None:
        raise _refused(name, f"The field {name} is not known. Did you mean {name.casefold()}?")
    return body


def _refuse_depth(body: dict[str, object]) -> None:
    level: list[object] = [body]
    for _ in range(MAX_DEPTH):
        level = [
            inner
            for outer in level
            for inner in (outer.values() if isinstance(outer, dict) else outer if isinstance(outer, list) else ())
            if isinstance(inner, dict | list)
        ]
        if not level:
            return
    raise _too_deep()


def _refuse_many(path: str, items: list[object]) -> None:
    if len(items) > MAX_CONTAINERS:
        raise _too_many_parts(path)


def _too_many_parts(path: str) -> Invalid:
    return _refused(path, f"{path} has more than {MAX_CONTAINERS:,} parts.")


def _too_deep() -> Invalid:
    return Invalid(f"The request body is nested deeper than {MAX_DEPTH} levels.")


def _refused(path: str, message: str) -> Invalid:
    return Invalid(message, (Finding(path, message),))


def _model(body: dict[str, object]) -> str:
    model = body.get("model")
    if model is None:
        raise _refused("model", "model is missing. Name one, such as localrouter/auto.")
    if not isinstance(model, str):
        raise _refused("model", "model must be a string.")
    if not model.strip():
        raise _refused("model", "model is empty. Name one, such as localrouter/auto.")
    if len(model) > MAX_MODEL_NAME:
        raise _refused("model", f"model is longer than {MAX_MODEL_NAME} characters.")
    return model


def _flag(body: dict[str, object], name: str) -> bool:
    value = body.get(name)
    if value is not None and not isinstance(value, bool):
        raise _refused(name, f"{name} must be true or false.")
    return bool(value)


def _wants_usage(body: dict[str, object]) -> bool:
    options = body.get("stream_options")
    if options is None:
        return False
    if not isinstance(options, dict):
        raise _refused("stream_options", "stream_options must be an object.")
    return options.get("include_usage") is True


def _output_cap(body: dict[str, object]) -> int | None:
    for name in CAP_FIELDS:
        cap = body.get(name)
        if cap is None:
            continue
        if not isinstance(cap, int) or isinstance(cap, bool):
            raise _refused(name, f"{name} must be a whole number.")
        return max(1, cap) if cap >= 0 else None
    return None


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
        raise _refused("messages", "messages is missing.")
    if not isinstance(messages, list):
        raise _refused("messages", "messages must be a list.")
    text_bytes = 0
    images = False
    for index, message in enumerate(messages):
        if not isinstance(message, dict):
            raise _refused(f"messages[{index}]", f"messages[{index}] must be an object.")
        content = message.get("content")
        if isinstance(content, str):
            text_bytes += utf8_size(content)
        elif isinstance(content, list):
            _refuse_many(f"messages[{index}].content", content)
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
        raise _refused(name, f"{name} is missing.")
    if isinstance(given, str):
        return utf8_size(given)
    if isinstance(given, NumberList) and not given.are_whole and given.count > MAX_CONTAINERS:
        raise _too_many_parts(name)
    if isinstance(given, NumberList):
        return _item_size(given)
    if not isinstance(given, list):
        raise _refused(name, f"{name} must be a string or a list.")
    if given and _are_whole_numbers(given):  # tokens, which can be millions
        return BYTES_PER_TOKEN * len(given)
    _refuse_many(name, given)
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


def utf8_size(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode())
