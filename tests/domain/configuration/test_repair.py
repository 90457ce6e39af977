from __future__ import annotations

import pytest

from localrouter.domain.configuration.config import Config, default_strategy
from localrouter.domain.configuration.edits.clients_and_strategies import (
    assign_client_strategy,
    rotate_client_key,
    update_client,
)
from localrouter.domain.configuration.repair import heal, lost_strategies
from localrouter.domain.errors import Severity
from tests.documents import a_client, a_config, a_strategy, places


def test_a_sound_document_is_left_as_it_is() -> None:
    config = a_config(clients=(a_client("c", "s"),), strategies=(a_strategy("s", parent="c"),))
    healed, reports = heal(config)
    assert healed is config
    assert reports == ()


def test_a_missing_default_strategy_comes_back_with_every_model_and_no_limits() -> None:
    healed, reports = heal(Config(strategies=(a_strategy("s"),)))
    assert healed.strategies == (default_strategy(), a_strategy("s"))
    assert len(reports) == 1


def test_the_default_strategy_comes_back_under_a_free_name_where_its_own_is_taken() -> None:
    healed, _ = heal(Config(strategies=(a_strategy("s", name="default strategy"),)))
    assert [strategy.name for strategy in healed.strategies] == ["Default Strategy (2)", "default strategy"]
    assert places(healed) == []


def test_a_parent_that_names_no_client_is_cleared() -> None:
    healed, reports = heal(a_config(strategies=(a_strategy("s", parent="gone"),)))
    assert healed.strategies[1].parent is None
    assert '"s"' in reports[0]


def test_a_client_without_a_strategy_or_with_a_dangling_one_gets_the_default() -> None:
    healed, reports = heal(a_config(clients=(a_client("one", None), a_client("two", "gone"), a_client("three"))))
    assert [client.strategy_id for client in healed.clients] == ["default"] * 3
    assert [report.split('"')[1] for report in reports] == ["one", "two"]


def test_a_client_whose_strategy_is_gone_is_disabled_so_that_no_limit_vanishes() -> None:
    healed, reports = heal(a_config(clients=(a_client("one", None), a_client("two", "gone"), a_client("three"))))
    assert [client.enabled for client in healed.clients] == [True, False, True]
    assert [client.lost_strategy_id for client in healed.clients] == [None, "gone", None]
    assert lost_strategies(healed) == (reports[1],)
    assert '"gone"' in reports[1]
    assert places(healed) == []
    assert places(healed, Severity.WARNING) == ["clients[1].lost_strategy_id"]


def test_what_was_lost_is_told_until_the_client_is_enabled_or_assigned() -> None:
    healed, _ = heal(a_config(clients=(a_client("one", "gone"),), strategies=(a_strategy("s"),)))
    for unrelated in (
        update_client(healed, "one", {"name": "other"}),
        update_client(healed, "one", {"enabled": False}),
        rotate_client_key(healed, "one", key_digest="0" * 64, key_hint=""),
    ):
        assert len(lost_strategies(unrelated)) == 1
    for ended in (
        update_client(healed, "one", {"enabled": True}),
        assign_client_strategy(healed, "one", "s"),
        assign_client_strategy(healed, "one", "default"),
    ):
        assert lost_strategies(ended) == ()
        assert ended.clients[0].lost_strategy_id is None
    assert assign_client_strategy(healed, "one", "s").clients[0].enabled is False


@pytest.mark.parametrize("by_hand", [{"enabled": True}, {"strategy_id": "s"}])
def test_what_was_lost_is_over_too_where_the_file_is_put_right_by_hand(by_hand: dict[str, object]) -> None:
    healed, _ = heal(a_config(clients=(a_client("one", "gone"),), strategies=(a_strategy("s"),)))
    edited = healed.model_copy(update={"clients": (healed.clients[0].model_copy(update=by_hand),)})
    again, reports = heal(edited)
    assert (again.clients[0].lost_strategy_id, reports) == (None, ())


def test_a_client_that_was_disabled_stays_so_when_its_strategy_is_gone() -> None:
    healed, _ = heal(a_config(clients=(a_client("one", "gone", enabled=False),)))
    assert (healed.clients[0].enabled, healed.clients[0].lost_strategy_id) == (False, "gone")


def test_everything_is_healed_at_once_and_then_stays() -> None:
    broken = Config(clients=(a_client("one", "gone"),), strategies=(a_strategy("s", parent="nobody"),))
    healed, reports = heal(broken)
    assert len(reports) == 3
    assert places(healed) == []
    assert heal(healed) == (healed, ())
