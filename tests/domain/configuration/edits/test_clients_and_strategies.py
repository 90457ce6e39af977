from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from localrouter.domain.configuration.config import (
    AutoModelConfig,
    AvailableModelsSelection,
    Config,
    LimitType,
    RateLimitTimeWindow,
    Strategy,
    StrategyRateLimit,
)
from localrouter.domain.configuration.edits import clients_and_strategies as edits
from localrouter.domain.configuration.validation.validation import approved
from localrouter.domain.errors import NotFound, Refusal
from tests.documents import PRESETS, a_client, a_config, a_strategy, new_client, places

LIMIT = StrategyRateLimit(limit_type=LimitType.COST, value=2, time_window=RateLimitTimeWindow.DAY)


def with_clients(*names: str) -> Config:
    """Each with its own strategy: `client-1` with `strategy-1`, and so on."""
    config = Config()
    for number, name in enumerate(names, 1):
        config = edits.create_client_with_strategy(config, name, new_client(number))
    return config


def strategy(config: Config, number: int) -> Strategy:
    return edits.find_strategy(config, f"strategy-{number}")


def ids(config: Config) -> list[str]:
    return [strategy.id for strategy in config.strategies]


def test_a_new_client_comes_with_a_strategy_of_its_own() -> None:
    config = with_clients("Editor")
    (client,) = config.clients
    assert (client.name, client.strategy_id, client.enabled) == ("Editor", "strategy-1", True)
    assert strategy(config, 1) == Strategy(id="strategy-1", name="Editor's strategy", parent="client-1")
    assert places(config) == []


def test_the_name_of_an_own_strategy_is_numbered_where_it_is_taken() -> None:
    taken = a_config(strategies=(a_strategy("s", name="EDITOR's strategy"),))
    config = edits.create_client_with_strategy(taken, "Editor", new_client(1))
    assert strategy(config, 1).name == "Editor's strategy (2)"


@pytest.mark.parametrize("name", ["", "  ", "editor", " EDITOR ", "x" * 181])
def test_a_client_needs_a_free_name_of_a_sensible_length(name: str) -> None:
    with pytest.raises(Refusal):
        edits.create_client_with_strategy(with_clients("Editor"), name, new_client(2))


def test_the_longest_name_of_a_client_still_gives_a_strategy() -> None:
    config = with_clients("x" * edits.LONGEST_CLIENT_NAME)
    assert approved(config, presets=PRESETS) == config


def test_spaces_around_a_name_are_dropped() -> None:
    assert with_clients(" Editor ").clients[0].name == "Editor"
    assert edits.create_strategy(Config(), strategy_id="s", name=" Work ").strategies[1].name == "Work"


def test_deleting_a_client_takes_the_strategies_that_it_owns_along() -> None:
    config = with_clients("one", "two")
    config = edits.create_strategy(config, strategy_id="extra", name="Extra", parent="client-1")
    config = edits.create_strategy(config, strategy_id="free", name="Free")
    config = edits.assign_client_strategy(config, "client-1", "free")
    assert edits.released_with_client(config, "client-1") == ()
    deleted = edits.delete_client(config, "client-1")
    assert [client.id for client in deleted.clients] == ["client-2"]
    assert ids(deleted) == ["default", "strategy-2", "free"]


def test_an_owned_strategy_that_others_use_is_released_instead() -> None:
    config = with_clients("one", "two")
    other = config.clients[1].model_copy(update={"strategy_id": "strategy-1"})
    config = config.model_copy(update={"clients": (config.clients[0], other)})
    assert edits.released_with_client(config, "client-1") == (strategy(config, 1),)
    deleted = edits.delete_client(config, "client-1")
    assert strategy(deleted, 1) == strategy(config, 1).model_copy(update={"parent": None})
    assert places(deleted) == []


def test_the_default_strategy_outlives_a_client_that_owns_it() -> None:
    default = Config().strategies[0].model_copy(update={"parent": "c"})
    config = Config(clients=(a_client("c"),), strategies=(default,))
    assert edits.delete_client(config, "c") == Config()
    assert edits.released_with_client(config, "c") == (default,)


def test_assigning_a_strategy_makes_it_nobodys_own() -> None:
    config = edits.assign_client_strategy(with_clients("one", "two"), "client-2", "strategy-1")
    assert [client.strategy_id for client in config.clients] == ["strategy-1", "strategy-1"]
    assert strategy(config, 1).parent is None
    assert strategy(config, 2).parent == "client-2"


def test_going_back_to_the_own_strategy_leaves_it_owned() -> None:
    config = edits.assign_client_strategy(with_clients("one"), "client-1", "default")
    assert strategy(config, 1).parent == "client-1"
    config = edits.assign_client_strategy(config, "client-1", "strategy-1")
    assert config == with_clients("one")


def test_assigning_the_current_strategy_changes_nothing() -> None:
    config = with_clients("one")
    foreign = a_strategy("foreign", parent="client-1")
    user = a_client("two", "foreign")
    config = config.model_copy(update={"strategies": (*config.strategies, foreign), "clients": (*config.clients, user)})
    assert edits.assign_client_strategy(config, "two", "foreign") is config


def test_a_strategy_that_gets_another_name_is_nobodys_own() -> None:
    config = edits.rename_strategy(with_clients("one"), "strategy-1", "Work")
    assert strategy(config, 1) == Strategy(id="strategy-1", name="Work")


@pytest.mark.parametrize("name", ["one's strategy", " one's strategy ", "one's strategy (2)"])
def test_a_strategy_that_keeps_a_generated_name_stays_owned(name: str) -> None:
    config = edits.rename_strategy(with_clients("one"), "strategy-1", name)
    assert strategy(config, 1) == Strategy(id="strategy-1", name=name.strip(), parent="client-1")


def test_a_changed_name_in_an_update_acts_as_a_rename() -> None:
    config = edits.update_strategy(with_clients("one"), "strategy-1", {"name": "Work", "rate_limits": (LIMIT,)})
    assert strategy(config, 1) == Strategy(id="strategy-1", name="Work", rate_limits=(LIMIT,))
    same = edits.update_strategy(with_clients("one"), "strategy-1", {"name": "one's strategy"})
    assert same == with_clients("one")


def test_a_strategy_may_change_the_case_of_its_name_but_not_take_anothers() -> None:
    config = edits.create_strategy(Config(), strategy_id="s", name="work")
    assert edits.rename_strategy(config, "s", "Work").strategies[1].name == "Work"
    with pytest.raises(Refusal, match="already"):
        edits.rename_strategy(config, "s", "DEFAULT strategy")
    with pytest.raises(Refusal, match="already"):
        edits.create_strategy(config, strategy_id="t", name="WORK")
    for name in ("", " ", None):
        with pytest.raises(Refusal, match="name is needed"):
            edits.update_strategy(config, "s", {"name": name})


def test_updating_a_strategy_changes_what_is_named_and_clears_what_is_none() -> None:
    selection = AvailableModelsSelection(selected_all=False)
    auto = AutoModelConfig(enabled=True)
    config = edits.create_strategy(Config(), strategy_id="s", name="s")
    changes = {"allowed_models": selection, "auto_config": auto, "rate_limits": (LIMIT,), "aliases": (("a", "b/c"),)}
    config = edits.update_strategy(config, "s", changes)
    assert config.strategies[1] == a_strategy("s", **changes)
    config = edits.update_strategy(config, "s", {"auto_config": None, "rate_limits": None, "aliases": None})
    assert config.strategies[1] == a_strategy("s", allowed_models=selection)
    with pytest.raises(Refusal, match="parent"):
        edits.update_strategy(config, "s", {"parent": None})


def test_the_own_strategy_follows_a_renamed_client() -> None:
    config = edits.create_strategy(with_clients("one"), strategy_id="custom", name="Custom", parent="client-1")
    config = edits.create_strategy(config, strategy_id="second", name="one's strategy (2)", parent="client-1")
    config = edits.update_client(config, "client-1", {"name": "Editor", "enabled": False})
    assert [strategy.name for strategy in config.strategies[1:]] == [
        "Editor's strategy",
        "Custom",
        "Editor's strategy (2)",
    ]
    assert (config.clients[0].name, config.clients[0].enabled) == ("Editor", False)


def test_a_strategy_that_is_nobodys_own_does_not_follow() -> None:
    config = edits.assign_client_strategy(with_clients("one", "two"), "client-2", "strategy-1")
    assert strategy(edits.rename_client(config, "client-1", "x"), 1).name == "one's strategy"


def test_a_client_may_change_the_case_of_its_name() -> None:
    config = edits.rename_client(with_clients("one"), "client-1", "One")
    assert (config.clients[0].name, strategy(config, 1).name) == ("One", "One's strategy")
    with pytest.raises(Refusal, match="already"):
        edits.rename_client(with_clients("one", "two"), "client-1", "TWO")


def test_a_rotated_key_takes_the_place_of_the_former() -> None:
    config = edits.rotate_client_key(with_clients("one", "two"), "client-1", key_digest="a" * 64, key_hint="wxyz")
    assert (config.clients[0].key_digest, config.clients[0].key_hint) == ("a" * 64, "wxyz")
    assert config.clients[1] == with_clients("one", "two").clients[1]


def test_the_default_strategy_cannot_be_deleted() -> None:
    with pytest.raises(Refusal, match=r"^Cannot delete the default strategy$"):
        edits.delete_strategy(Config(), "default")


def test_a_strategy_in_use_cannot_be_deleted() -> None:
    config = edits.assign_client_strategy(with_clients("one", "two"), "client-2", "strategy-1")
    with pytest.raises(Refusal, match=r"^Cannot delete strategy: 2 client\(s\) are using it$") as refusal:
        edits.delete_strategy(config, "strategy-1")
    assert refusal.value.data["clients"] == [{"id": "client-1", "name": "one"}, {"id": "client-2", "name": "two"}]
    assert ids(edits.delete_strategy(config, "strategy-2")) == ["default", "strategy-1"]


def test_the_default_strategy_is_ensured() -> None:
    assert edits.ensure_default_strategy(Config()) == Config()
    assert edits.ensure_default_strategy(Config(strategies=())) == Config()
    taken = Config(strategies=(a_strategy("s", name="Default Strategy"),))
    assert places(edits.ensure_default_strategy(taken)) == []


@pytest.mark.parametrize(
    "edit",
    [
        lambda config: edits.create_strategy(config, strategy_id="s", name="s", parent="gone"),
        lambda config: edits.update_strategy(config, "gone", {}),
        lambda config: edits.rename_strategy(config, "gone", "x"),
        lambda config: edits.delete_strategy(config, "gone"),
        lambda config: edits.assign_client_strategy(config, "gone", "default"),
        lambda config: edits.assign_client_strategy(config, "client-1", "gone"),
        lambda config: edits.update_client(config, "gone", {}),
        lambda config: edits.rename_client(config, "gone", "x"),
        lambda config: edits.rotate_client_key(config, "gone", key_digest="a" * 64, key_hint=""),
        lambda config: edits.released_with_client(config, "gone"),
        lambda config: edits.delete_client(config, "gone"),
    ],
)
def test_an_unknown_id_is_an_error_that_names_it(edit: Callable[[Config], object]) -> None:
    with pytest.raises(NotFound, match='"gone"'):
        edit(with_clients("one"))


NAMES = st.sampled_from(("a", "A", "b", "a's strategy", "a's strategy (2)", "b's strategy", " a ", "Default Strategy"))
NUMBERS = st.integers(1, 4)


def client_ids() -> st.SearchStrategy[str]:
    return NUMBERS.map(lambda number: f"client-{number}")


def strategy_ids() -> st.SearchStrategy[str]:
    return st.one_of(st.just("default"), NUMBERS.map(lambda number: f"strategy-{number}"))


STEPS = st.one_of(
    st.tuples(st.just(edits.create_client_with_strategy), NAMES, NUMBERS.map(new_client)),
    st.tuples(st.just(edits.rename_client), client_ids(), NAMES),
    st.tuples(st.just(edits.delete_client), client_ids()),
    st.tuples(st.just(edits.assign_client_strategy), client_ids(), strategy_ids()),
    st.tuples(st.just(edits.rename_strategy), strategy_ids(), NAMES),
    st.tuples(st.just(edits.delete_strategy), strategy_ids()),
)


def is_possible(config: Config, argument: object) -> bool:
    """The ids of a new client are random outside: those that are taken cannot come again."""
    if not isinstance(argument, edits.NewClient):
        return True
    taken = {client.id for client in config.clients} | set(ids(config))
    return not taken & {argument.client_id, argument.strategy_id}


@given(st.lists(STEPS, max_size=20))
def test_whatever_is_done_to_clients_and_strategies_leaves_a_valid_document(steps: list[tuple]) -> None:  # type: ignore[type-arg]
    config = Config()
    for edit, *arguments in steps:
        if not is_possible(config, arguments[-1]):
            continue
        try:
            config = edit(config, *arguments)
        except Refusal:
            continue
        assert approved(config, presets=PRESETS) == config


def test_a_name_that_ends_in_s_takes_the_apostrophe_alone() -> None:
    config = edits.create_client_with_strategy(a_config(), "two dollars", new_client(1))
    assert strategy(config, 1).name == "two dollars' strategy"
    assert strategy(edits.rename_client(config, "client-1", "aider"), 1).name == "aider's strategy"


def test_a_generated_name_of_earlier_releases_still_follows_its_client() -> None:
    config = edits.create_client_with_strategy(a_config(), "notes", new_client(1))
    earlier = strategy(config, 1).model_copy(update={"name": "notes's strategy"})
    config = config.model_copy(update={"strategies": (config.strategies[0], earlier)})
    assert strategy(edits.rename_client(config, "client-1", "aider"), 1).name == "aider's strategy"


def test_a_new_client_can_start_with_a_copy_of_a_strategy() -> None:
    thrifty = a_strategy("thrifty", aliases=(("gpt-4o", "localrouter/auto"),))
    config = edits.create_client_with_copy(a_config(strategies=(thrifty,)), "aider", new_client(1), "thrifty")
    own = config.strategies[-1]
    assert (own.name, own.parent, own.aliases) == ("aider's strategy", "client-1", thrifty.aliases)
    assert config.clients[-1].strategy_id == own.id


def test_a_new_client_can_share_a_strategy_which_then_belongs_to_nobody() -> None:
    config = edits.create_client_with_strategy(a_config(), "one", new_client(1))
    config = edits.create_client_sharing(config, "two", new_client(2), "strategy-1")
    assert [client.strategy_id for client in config.clients] == ["strategy-1", "strategy-1"]
    assert [each.parent for each in config.strategies] == [None, None]
