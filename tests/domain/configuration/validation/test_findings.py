from __future__ import annotations

import pytest

from localrouter.domain.configuration.validation.findings import name_findings, repeated


@pytest.mark.parametrize(("name", "is_fine"), [("a b", True), ("Büro", True), (" ", False), ("a\nb", False)])
def test_a_name_must_show_something_and_nothing_that_cannot_be_shown(name: str, is_fine: bool) -> None:
    assert [finding.path for finding in name_findings("x.name", name)] == ([] if is_fine else ["x.name"])


def test_a_repeated_name_is_told_at_its_later_places_naming_the_first() -> None:
    found = list(repeated("things", "name", "thing", ["a", "b", "A", "a"]))
    assert [finding.path for finding in found] == ["things[2].name", "things[3].name"]
    assert all("things[0]" in finding.message for finding in found)
