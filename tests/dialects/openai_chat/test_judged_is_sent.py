"""What is judged is what is sent: whoever reads the body upstream, the first of two keys or the last, reads it."""

from __future__ import annotations

import json
from random import Random
from typing import Any

import pytest

from localrouter.dialects.openai_chat.provider import OpenAIChatProvider
from localrouter.dialects.openai_chat.request import parse_request
from localrouter.dialects.presets import PRESETS
from localrouter.dialects.registry import DIALECTS
from localrouter.domain.conversation.request import Endpoint
from localrouter.domain.errors import Invalid

ROUNDS = 400  # bodies of a seed
FIELDS: dict[str, tuple[object, ...]] = {
    "model": ("up/cheap", "up/dear", "auto"),
    "max_tokens": (1, 100, 100.0, 10**30, 1e30, None),
    "max_completion_tokens": (2, 200, None),
    "n": (1, 2, 64, 3.0),
    "stream": (True, False, None),
    "stream_options": ({"include_usage": False}, {"include_usage": True}, None),
    "messages": ([{"role": "user", "content": "hi"}], [{"role": "user", "content": "long " * 9}]),
    "seed": (1, 2.0, 2**70, 1e30, float("nan")),
    "temperature": (0.5, 1),
    "user": ("a", "b\ud83d"),
}


def escaped(chance: Random, text: str) -> str:
    """A text as JSON, some of its letters as escapes."""
    return '"' + "".join(f"\\u{ord(c):04x}" if chance.random() < 0.2 or ord(c) > 126 else c for c in text) + '"'


def written(chance: Random, value: object) -> str:
    """A value as JSON, its keys escaped here and there, and standing twice."""
    if isinstance(value, str):
        return escaped(chance, value)
    if isinstance(value, list):
        return "[" + ",".join(written(chance, each) for each in value) + "]"
    if not isinstance(value, dict):
        return json.dumps(value)
    pairs = [f"{escaped(chance, key)}:{written(chance, each)}" for key, each in value.items()]
    for key in value:
        if chance.random() < 0.4:
            other: object = chance.choice([None, 7, "x", [], True])
            pairs.insert(chance.randrange(len(pairs)), f"{escaped(chance, key)}:{written(chance, other)}")
    return "{" + ",".join(pairs) + "}"


def a_body(chance: Random, *always: str) -> bytes:
    names = ["model", "messages", *always, *(name for name in FIELDS if chance.random() < 0.6)] * 2
    chance.shuffle(names)
    pairs = (f"{escaped(chance, name)}:{written(chance, chance.choice(FIELDS[name]))}" for name in names)
    extra = ',"x":NaN' if chance.random() < 0.2 else ""
    return ("{" + ",".join(pairs) + extra + "}").encode()


def first_wins(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    return dict(reversed(pairs))


def without_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    assert len(found) == len(pairs), f"keys stand twice: {[key for key, _ in pairs]}"
    return found


@pytest.mark.parametrize("seed", range(4))
def test_readers_upstream_read_what_was_judged(seed: int) -> None:
    chance, taken = Random(seed), 0
    for _ in range(ROUNDS):
        raw = a_body(chance)
        try:
            request = parse_request(Endpoint.CHAT_COMPLETIONS, raw)
        except Invalid:
            continue
        taken += 1
        preset = PRESETS[chance.choice(["openai", "deepseek", "openai-compatible", "ollama"])]
        cap = chance.choice([None, 5, 150])
        body = OpenAIChatProvider().encode(request, "its-name", preset, cap).body
        first, last = json.loads(body, object_pairs_hook=first_wins), json.loads(body)
        assert json.loads(body, object_pairs_hook=without_repeats).keys() == last.keys()
        for seen in (first, last):
            assert seen["model"] == "its-name"
            assert bool(seen.get("stream")) == request.stream
            assert seen.get("n") == request.body.get("n")
            caps = [seen.get(name) for name in ("max_tokens", "max_completion_tokens") if seen.get(name) is not None]
            if cap is None:
                own = request.max_output_tokens
                assert all(type(each) is int for each in caps)
                assert own in caps if own is not None else not caps
            else:
                assert caps
                assert max(caps) <= cap
        assert "\ufffd" not in "".join(last)
    assert taken > ROUNDS // 4


@pytest.mark.parametrize("seed", range(2))
def test_readers_of_anthropic_s_messages_do_too(seed: int) -> None:
    chance, taken = Random(seed), 0
    client, provider = DIALECTS.clients["anthropic_messages"], DIALECTS.providers["anthropic_messages"]
    for _ in range(ROUNDS):
        try:
            request = client.parse(Endpoint.CHAT_COMPLETIONS, a_body(chance, "max_tokens"))
        except Invalid:
            continue
        taken += 1
        cap = chance.choice([None, 5, 150])
        body = provider.encode(request, "its-name", PRESETS["anthropic"], cap).body
        json.loads(body, object_pairs_hook=without_repeats)
        for seen in (json.loads(body, object_pairs_hook=first_wins), json.loads(body)):
            assert seen["model"] == "its-name"
            assert bool(seen.get("stream")) == request.stream
            own = request.max_output_tokens
            assert seen.get("max_tokens") == (own if cap is None else min(cap, own or cap))
    assert taken > ROUNDS // 4
