"""A port that the program leaves may be taken by anybody."""

from __future__ import annotations

import pytest

from localrouter.program.listening import is_covered


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (("127.0.0.1", 1), ("127.0.0.1", 1)),
        (("127.0.0.1", 1), ("0.0.0.0", 1)),
        (("192.0.2.1", 1), ("0.0.0.0", 1)),
        (("::1", 1), ("::", 1)),
    ],
)
def test_what_listens_wider_at_the_same_port_leaves_nothing_to_others(
    before: tuple[str, int], after: tuple[str, int]
) -> None:
    assert is_covered(before, after)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (("127.0.0.1", 1), ("127.0.0.1", 2)),
        (("127.0.0.1", 1), ("127.0.0.2", 1)),
        (("0.0.0.0", 1), ("127.0.0.1", 1)),
        (("127.0.0.1", 1), ("0.0.0.0", 2)),
        (("::1", 1), ("0.0.0.0", 1)),
        (("::", 1), ("0.0.0.0", 1)),
        (("127.0.0.1", 1), ("::", 1)),
        (("0.0.0.0", 1), ("::", 1)),
    ],
)
def test_an_address_of_another_kind_is_left_to_others(before: tuple[str, int], after: tuple[str, int]) -> None:
    assert not is_covered(before, after)
