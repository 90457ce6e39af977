"""Aliases for one name, and for all that begin alike: the exact one wins, then the longest; none leads in a circle."""

from __future__ import annotations

import pytest

from localrouter.domain.configuration.aliases import aliases_of

ALIASES = aliases_of(
    [
        ("claude-*", "up/sonnet"),
        ("claude-opus-*", "up/opus"),
        ("Claude-Opus-4", "up/exact"),
        ("gpt-4o", "localrouter/auto"),
    ]
)


@pytest.mark.parametrize(
    ("name", "target"),
    [
        ("claude-sonnet-4-5-20250929", "up/sonnet"),
        ("claude-", "up/sonnet"),
        ("CLAUDE-haiku", "up/sonnet"),
        ("claude-opus-4-1", "up/opus"),
        ("claude-opus-4", "up/exact"),
        ("gpt-4o", "localrouter/auto"),
        ("claude", None),
        ("gpt-4o-mini", None),
        ("my-claude-x", None),
        ("claude-x/y", None),
        ("up/claude-x", None),
    ],
)
def test_the_exact_name_wins_then_the_longest_beginning(name: str, target: str | None) -> None:
    assert ALIASES.target(name) == target


def test_a_star_alone_takes_every_bare_name() -> None:
    aliases = aliases_of([("*", "up/m"), ("a*", "up/a")])
    assert [aliases.target(name) for name in ("x", "ab", "up/x", "localrouter/auto")] == ["up/m", "up/a", None, None]


def test_a_prefix_leaves_the_bare_name_alone_that_it_leads_to() -> None:
    aliases = aliases_of([("claude-*", "Claude-sonnet")])
    assert aliases.target("claude-opus") == "Claude-sonnet"
    assert aliases.target("claude-sonnet") is None
    assert not aliases.loops("claude-*")


@pytest.mark.parametrize(
    ("pairs", "looping"),
    [
        ([("a", "a")], {"a"}),
        ([("a", "b"), ("b", "A"), ("c", "a")], {"a", "b"}),
        ([("a*", "b1"), ("b*", "a1")], {"a*", "b*"}),
        ([("a*", "x"), ("x", "ab")], {"a*", "x"}),
        ([("a*", "up/m"), ("b", "a1")], set()),
        ([("*", "m")], set()),
        ([("*", "m"), ("m", "n")], {"*", "m"}),
    ],
)
def test_what_leads_back_to_itself_is_a_loop(pairs: list[tuple[str, str]], looping: set[str]) -> None:
    aliases = aliases_of(pairs)
    assert {name for name, _ in pairs if aliases.loops(name)} == looping


@pytest.mark.parametrize("name", ["a1", "b1", "x", "m"])
def test_following_aliases_without_loops_ends(name: str) -> None:
    aliases = aliases_of([("a*", "b9"), ("b*", "m"), ("*", "x9"), ("m", "up/m")])
    assert not any(aliases.loops(each) for each in ("a*", "b*", "*", "m"))
    at, steps = name, 0
    while (target := aliases.target(at)) is not None:
        at, steps = target, steps + 1
        assert steps < 9
