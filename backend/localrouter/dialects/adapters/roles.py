"""Roles: `developer` is `system` to most servers, and some take the system's words at the beginning alone, or no two
messages of one role in a row."""

from __future__ import annotations

from itertools import groupby, pairwise

from localrouter.dialects.adapters.adapting import Adapting, Json, joined
from localrouter.dialects.contract import Preset
from localrouter.dialects.features import Feature

_JOINED = ("system", "user", "assistant")  # each result of a tool stays a message


def adapt(adapting: Adapting, preset: Preset) -> None:
    lacks = preset.lacks
    if Feature.DEVELOPER_ROLE in lacks and any(message.get("role") == "developer" for message in adapting.messages()):
        _put(adapting, [_as(message, "system", of="developer") for message in adapting.messages()])
    if Feature.LATE_SYSTEM in lacks and _has_late_system(adapting.messages()):
        _put(adapting, _with_late_as_user(adapting.messages()))
    if Feature.ROLE_RUNS in lacks and _has_runs(adapting.messages()):
        _put(adapting, _without_runs(adapting.messages()))


def _put(adapting: Adapting, messages: list[Json]) -> None:
    adapting.body["messages"] = messages
    adapting.adapted.add("roles")


def _as(message: Json, role: str, *, of: str) -> Json:
    return {**message, "role": role} if message.get("role") == of else message


def _has_late_system(messages: list[Json]) -> bool:
    is_system = [message.get("role") == "system" for message in messages]
    return any(later and not before for before, later in pairwise(is_system))


def _with_late_as_user(messages: list[Json]) -> list[Json]:
    """What the system says in the middle stays in its place: the order of a conversation is part of its meaning."""
    start = next(place for place, message in enumerate(messages) if message.get("role") != "system")
    return messages[:start] + [_as(message, "user", of="system") for message in messages[start:]]


def _has_runs(messages: list[Json]) -> bool:
    roles = [message.get("role") for message in messages]
    return any(role in _JOINED and role == after for role, after in pairwise(roles))


def _without_runs(messages: list[Json]) -> list[Json]:
    told: list[Json] = []
    for role, run in groupby(messages, key=lambda message: message.get("role")):
        same = list(run)
        if len(same) > 1 and role in _JOINED and not any(message.get("tool_calls") for message in same):
            told.append({**same[0], "content": joined(message.get("content") for message in same)})
        else:
            told += same
    return told
