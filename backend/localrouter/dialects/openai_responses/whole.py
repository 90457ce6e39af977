"""The response that a stream ends with, for a program that did not ask for a stream."""

from __future__ import annotations

from localrouter.dialects.json_bodies.lenient import Unreadable, loads
from localrouter.dialects.json_bodies.values import object_at, text_at
from localrouter.dialects.sse import EventReader, OversizedEvent

Json = dict[str, object]


def response_in(body: bytes) -> Json:
    """The last response that a stream tells of, or the error event in its place. The items that were told one by one
    stand for those of a response that lists none."""
    response: Json = {}
    items: list[Json] = []
    reader = EventReader()
    for event in [*reader.feed(body), *reader.end()]:
        if isinstance(event, OversizedEvent) or not event.data:
            continue
        try:
            told = loads(event.data)
        except Unreadable:
            continue
        if not isinstance(told, dict):
            continue
        if told.get("type") == "error" or event.name == b"error":
            return told
        if told.get("object") == "response":
            response = told
        response = object_at(told, "response") or response
        if text_at(told, "type") == "response.output_item.done" and (item := object_at(told, "item")) is not None:
            items.append(item)
    return response if response.get("output") or not items else {**response, "output": items}
