from __future__ import annotations

import pytest

from localrouter.domain.config import VERSION
from localrouter.domain.errors import Invalid
from localrouter.domain.migrations import STEPS, Document, migrate


def rename_port(document: Document) -> Document:
    return {**{key: value for key, value in document.items() if key != "port"}, "listen": document["port"]}


def double_listen(document: Document) -> Document:
    return {**document, "listen": [document["listen"]] * 2}


def test_every_version_but_the_newest_has_a_step() -> None:
    assert set(STEPS) == set(range(1, VERSION))


def test_steps_are_taken_in_order_from_the_documents_version() -> None:
    steps = {1: rename_port, 2: double_listen}
    assert migrate({"version": 1, "port": 7}, steps=steps, to=3) == {"version": 3, "listen": [7, 7]}
    assert migrate({"version": 2, "listen": 7}, steps=steps, to=3) == {"version": 3, "listen": [7, 7]}
    assert migrate({"version": 3, "listen": 7}, steps=steps, to=3) == {"version": 3, "listen": 7}


def test_a_document_without_a_version_is_of_the_first() -> None:
    assert migrate({"port": 7}, steps={1: rename_port}, to=2) == {"version": 2, "listen": 7}


def test_migrating_leaves_the_given_document_alone() -> None:
    document: Document = {"port": 7}
    migrate(document, steps={1: rename_port}, to=2)
    assert document == {"port": 7}


def test_a_newer_version_is_refused_naming_both() -> None:
    with pytest.raises(Invalid, match=r"version 9, .* up to 2\.") as refusal:
        migrate({"version": 9}, steps={1: rename_port}, to=2)
    assert refusal.value.findings[0].path == "version"


@pytest.mark.parametrize("version", ["1", True, 0, -1, 1.0, None])
def test_a_version_that_is_no_whole_number_from_one_on_is_refused(version: object) -> None:
    with pytest.raises(Invalid, match="whole number"):
        migrate({"version": version})
