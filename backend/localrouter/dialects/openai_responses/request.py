"""Parses what a program sends: refuses what is wrong, and finds what routing needs.

The body is parsed once and kept whole; nothing of it is copied.
"""

from __future__ import annotations

from collections.abc import Iterator

from localrouter.dialects.json_bodies.reading import (
    Body,
    flag_in,
    make_whole,
    model_in,
    object_in,
    refuse_many,
    refused,
    utf8_size,
)
from localrouter.dialects.json_bodies.refusals import MAX_BESIDE_ATTACHMENTS, too_large
from localrouter.dialects.json_bodies.values import object_at, text_at
from localrouter.dialects.json_bodies.weight import Weigher
from localrouter.dialects.openai_responses.fields import KNOWN, NAME, PATH, TEXT_PARTS, WHOLE
from localrouter.dialects.openai_responses.own_tools import offered_in, services_in
from localrouter.domain.conversation.request import BYTES_PER_TOKEN, Capability, Endpoint, ModelRequest

_INSTEAD_OF_INPUT = ("prompt", "previous_response_id", "conversation")
_TEXTS_OF_ITEMS = ("arguments", "input", "output")
_LINKS = ("http:", "https:")


def parse_request(endpoint: Endpoint, raw: Body, weigher: Weigher | None = None) -> ModelRequest:
    """The request in a program's body. Raises `Invalid` with a sentence for its user. `weigher` has seen all of
    it; a long body that comes without one is weighed here."""
    body = object_in(raw, weigher, KNOWN)
    make_whole(body, WHOLE)
    model = model_in(body)
    if body.get("input") is None and not any(body.get(name) for name in _INSTEAD_OF_INPUT):
        raise refused("input", "input is missing.")
    size = _Size()
    size.take_instructions(body.get("instructions"))
    size.take_input(body.get("input"))
    if len(raw) > MAX_BESIDE_ATTACHMENTS and len(raw) - size.attached > MAX_BESIDE_ATTACHMENTS:
        raise too_large()
    return ModelRequest(
        endpoint=endpoint,
        model=model,
        body=body,
        dialect=NAME,
        stream=flag_in(body, "stream"),
        needs=frozenset(_needs(body, images=size.images)),
        prompt_tokens_at_least=size.text // BYTES_PER_TOKEN,
        max_output_tokens=_output_cap(body),
        path=PATH,
        services=frozenset(services_in(body)),
        is_kept=body.get("store") is not False,
        continues=text_at(body, "previous_response_id") or None,
    )


def _output_cap(body: dict[str, object]) -> int | None:
    cap = body.get("max_output_tokens")
    if cap is None:
        return None
    if not isinstance(cap, int) or isinstance(cap, bool) or cap < 0:
        raise refused("max_output_tokens", "max_output_tokens must be a whole number.")
    return max(1, cap)


def _needs(body: dict[str, object], *, images: bool) -> Iterator[Capability]:
    if next(offered_in(body), None) is not None:
        yield Capability.TOOLS
    if images:
        yield Capability.IMAGES
    if text_at(object_at(body.get("text"), "format"), "type") == "json_schema":
        yield Capability.JSON_SCHEMA


class _Size:
    """Adds up the bytes of all text, and of what is attached."""

    __slots__ = ("attached", "images", "text")

    def __init__(self) -> None:
        self.text = self.attached = 0
        self.images = False

    def take_instructions(self, instructions: object) -> None:
        if instructions is None or isinstance(instructions, str):
            self.text += utf8_size(instructions or "")
        else:
            raise refused("instructions", "instructions must be a string.")

    def take_input(self, given: object) -> None:
        if given is None or isinstance(given, str):
            self.text += utf8_size(given or "")
            return
        if not isinstance(given, list):
            raise refused("input", "input must be a string or a list of items.")
        refuse_many("input", given)
        for index, item in enumerate(given):
            if not isinstance(item, dict):
                raise refused(f"input[{index}]", f"input[{index}] must be an object.")
            self._take_content(f"input[{index}].content", item.get("content"))
            for name in _TEXTS_OF_ITEMS:
                if name in item:
                    self._take_content(f"input[{index}].{name}", item[name])

    def _take_content(self, path: str, content: object) -> None:
        if isinstance(content, str):
            self.text += utf8_size(content)
        elif isinstance(content, list):
            refuse_many(path, content)
            for part in content:
                if isinstance(part, dict):
                    self._take_part(part)

    def _take_part(self, part: dict[str, object]) -> None:
        kind = text_at(part, "type")
        if kind in TEXT_PARTS:
            self.text += utf8_size(text_at(part, "text"))
        elif kind == "input_image":
            self.images = True
            url = text_at(part, "image_url") or text_at(part.get("image_url"), "url")
            self.attached += 0 if url.startswith(_LINKS) else len(url)
        elif kind == "input_file":
            self.attached += len(text_at(part, "file_data"))
        elif kind == "input_audio":
            self.attached += len(text_at(part.get("input_audio"), "data"))
