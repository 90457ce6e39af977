from __future__ import annotations

import pytest

from localrouter.domain.configuration.config import VERSION, AutoModelConfig
from localrouter.domain.configuration.document import read
from localrouter.domain.configuration.migrations import STEPS, Document, migrate
from localrouter.domain.errors import Invalid


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


OLD_FALLBACK = [
    "rate_limited",
    "quota_exhausted",
    "overloaded",
    "policy_violation",
    "context_length_exceeded",
    "unreachable",
    "auth",
    "not_found",
    "server_error",
]


def auto_of_version_1(**auto: object) -> AutoModelConfig:
    """What auto-routing of a document of version 1 becomes."""
    strategy = {"id": "default", "name": "Default Strategy", "auto_config": auto}
    migrated = read({"version": 1, "strategies": [strategy]}).strategies[0].auto_config
    assert migrated is not None
    return migrated


@pytest.mark.parametrize("stored", [30, 30.0])
def test_a_former_default_that_was_stored_becomes_the_new_one(stored: float) -> None:
    assert auto_of_version_1(first_token_timeout=stored).first_token_timeout == 12.0


def test_the_defaults_of_version_1_become_those_of_today() -> None:
    assert auto_of_version_1(fallback_on=OLD_FALLBACK, first_token_timeout=30) == AutoModelConfig()
    assert auto_of_version_1() == AutoModelConfig()


@pytest.mark.parametrize("stored", [29.9, 31, 12, 300])
def test_a_time_that_was_chosen_stays(stored: float) -> None:
    assert auto_of_version_1(first_token_timeout=stored).first_token_timeout == stored


def test_a_list_that_held_every_kind_gets_the_new_one_and_keeps_what_was_added() -> None:
    stored = ["invalid_request", *reversed(OLD_FALLBACK)]
    migrated = [kind.value for kind in auto_of_version_1(fallback_on=stored).fallback_on]
    assert [kind for kind in migrated if kind != "unsupported"] == stored
    assert migrated.count("unsupported") == 1


@pytest.mark.parametrize("left_out", OLD_FALLBACK)
def test_a_list_from_which_a_kind_was_taken_stays(left_out: str) -> None:
    stored = [kind for kind in OLD_FALLBACK if kind != left_out]
    assert [kind.value for kind in auto_of_version_1(fallback_on=stored).fallback_on] == stored


@pytest.mark.parametrize(
    "strategies",
    [7, None, {}, [None], [[]], ["x"], [{"auto_config": []}], [{"auto_config": {"fallback_on": 5}}]],
)
def test_what_a_migration_does_not_understand_is_left_to_the_check_of_its_shape(strategies: object) -> None:
    assert migrate({"version": 1, "strategies": strategies}) == {"version": VERSION, "strategies": strategies}


def test_values_of_a_document_of_today_are_nobodys_former_defaults() -> None:
    strategy = {"id": "s", "name": "s", "auto_config": {"first_token_timeout": 30, "fallback_on": OLD_FALLBACK}}
    document: Document = {"version": VERSION, "strategies": [strategy]}
    assert migrate(document) == document


def test_migrating_leaves_what_is_nested_alone() -> None:
    auto: dict[str, object] = {"first_token_timeout": 30, "fallback_on": [*OLD_FALLBACK]}
    migrate({"version": 1, "strategies": [{"auto_config": auto}]})
    assert auto == {"first_token_timeout": 30, "fallback_on": OLD_FALLBACK}
