"""Names that clients made up enter no label, list or sum of their own; all others do."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from localrouter.domain.configuration.config import AvailableModelsSelection, Provider
from tests.rig import Router, auto, router, until
from tests.upstream import Asked, Step, Upstream, answer, chat

MISSING = {"error": {"message": "The model does not exist", "type": "invalid_request_error", "code": "model_not_found"}}


def picky(asked: Asked) -> Iterator[Step]:
    """Has no list, and serves `real` and what begins with `any`."""
    if not asked.body:
        yield answer(404, {"error": {"message": "no such path"}})
    elif asked.json["model"].startswith(("real", "any")):
        yield from chat(asked)
    else:
        yield answer(404, MISSING)


def scrape(lr: Router) -> str:
    reply = lr.request("GET", "/metrics", key=lr.home.read_admin_token() or "")
    assert reply.status == 200
    return reply.body.decode()


def scopes(lr: Router) -> set[str]:
    lr.rows("SELECT 1")
    return set(lr.rpc("list_metric_scopes", tier="llm_model"))


def test_made_up_names_share_one_label_and_one_scope(tmp_path: Path) -> None:
    with Upstream(chat) as up:
        one = Provider(name="one", preset="openai-compatible", base_url=up.url, models=("a",))
        with router(tmp_path, [one]) as lr:
            for number in range(20):
                assert lr.chat(model=f"one/made-up-{number}").status == 200
            assert lr.chat(model="one/a").status == 200
            text = scrape(lr)
            assert "made-up" not in text
            assert 'localrouter_attempts_total{provider="one",model="other",kind=""} 20' in text
            assert 'localrouter_attempts_total{provider="one",model="a",kind=""} 1' in text
            assert scopes(lr) == {"llm_model:one/a", "llm_model:one/other"}
            recorded = lr.rows("SELECT DISTINCT model FROM attempts WHERE model LIKE 'made-up%'")
            assert len(recorded) == 20, "a request's own record says what it asked for"


def test_what_the_configuration_names_has_a_label_whether_or_not_a_list_names_it(tmp_path: Path) -> None:
    with Upstream(chat) as up:
        one = Provider(name="one", preset="openai-compatible", base_url=up.url, models=("a",))
        allowed = AvailableModelsSelection(selected_all=False, selected_models=(("ONE", "chosen"), ("one", "auto")))
        aliases = (("bare", "one/aliased"),)
        allowed = allowed.model_copy(update={"selected_models": (*allowed.selected_models, ("one", "aliased"))})
        with router(tmp_path, [one], auto=auto(("one", "auto")), allowed_models=allowed, aliases=aliases) as lr:
            for model in ("localrouter/auto", "one/chosen", "bare"):
                assert lr.chat(model=model).status == 200
            assert scopes(lr) == {"llm_model:one/auto", "llm_model:one/chosen", "llm_model:one/aliased"}


def test_a_provider_without_a_list_is_known_by_what_it_answered_under(tmp_path: Path) -> None:
    with Upstream(picky) as up, router(tmp_path, [_listless(up)]) as lr:
        until(lambda: lr.state.catalog.failure(lr.config.providers[0]) is not None, patience=30)
        for number in range(5):
            assert lr.chat(model=f"one/typo-{number}").status == 404
        assert lr.chat(model="one/real").status == 200
        for number in range(150):
            assert lr.chat(model=f"one/any-{number}").status == 200
        found = scopes(lr)
        assert {"llm_model:one/real", "llm_model:one/other"} < found
        assert len(found) == 101
        assert not any("typo" in scope for scope in found)


def test_what_cools_under_a_made_up_name_is_shown_without_it(tmp_path: Path) -> None:
    with Upstream(picky) as up, router(tmp_path, [_listless(up)]) as lr:
        assert lr.chat(model="one/typo").status == 404
        assert "typo" not in scrape(lr)
        cooling = lr.rpc("get_server_status")["cooling"]
        assert [entry["model"] for entry in cooling] == ["other"]


def _listless(upstream: Upstream) -> Provider:
    return Provider(name="one", preset="openai-compatible", base_url=upstream.url)
