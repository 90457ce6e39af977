from __future__ import annotations

from localrouter.domain.config import Config, default_strategy
from localrouter.domain.healing import heal
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


def test_everything_is_healed_at_once_and_then_stays() -> None:
    broken = Config(clients=(a_client("one", "gone"),), strategies=(a_strategy("s", parent="nobody"),))
    healed, reports = heal(broken)
    assert len(reports) == 3
    assert places(healed) == []
    assert heal(healed) == (healed, ())
