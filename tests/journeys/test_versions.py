"""Homes of other releases: one of version 1 in full use, and those that a newer release wrote.

The home `version-1-in-use` was written by the program of version 1: its clients had sent requests under soft and strict
limits, one key had been rotated and one client deleted, it had been restarted once, and it was killed while a request
of "Batch" ran. Here the time of day is the one at which that happened, so that its windows are as full as they were.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from localrouter.domain.configuration.config import VERSION, Config
from localrouter.domain.configuration.document import read, reading
from localrouter.services.instance.home import Home
from tests.rig import Router
from tests.upstream import Upstream, always, completion

HOMES = Path(__file__).parents[1] / "homes"
KILLED_AT = 1_795_833_568.2  # Unix time
PROVIDER = b"127.0.0.1:41999"  # where the provider of that home listened
BOOT = b"0b552835-3fa7-4342-81d9-1e7156f22340"  # of the machine then; during it, the clock that never jumps would tell
PROVIDER_KEY = "sk-stored-in-version-1-0123456789abcdef"
KEYS = {
    "Editor": "lr-ZZTJm_y2A1fCYuGY9f3X2Cvncth-L6j4Cjlotvg15O8",
    "Batch": "lr-Oymdq2SswQXaJWc5qqYoCkfXYX1hdz3fpeLA3edTaHA",
    "Agent": "lr-1TILmUyFW2-OoSzpcjXkJQyxA9PYBsssvFnbtP4HJB8",
}
ROTATED = "lr-VrNxuOlYZlAGlTfyrTnQk5uyuIH_fv88ceYh43J000g"
DELETED = "lr-Eqt4NOFj4PoDQ8WYB7wz7aM5Ppegjw5HZP0YCLmvB-s"
CUT = 4_294 + 400  # the most that the request that ran can have used, prompt and answer, in tokens


def taken_over(folder: Path, provider: Upstream | None = None) -> Home:
    """A copy of the home, with the rights that its files had, and its provider where this one listens."""
    home = Home(folder / "home")
    shutil.copytree(HOMES / "version-1-in-use", home.root)
    home.root.chmod(0o700)
    for path in home.root.rglob("*"):
        path.chmod(0o700 if path.is_dir() else 0o600)
        if provider is not None and path.suffix in (".json", ".bak"):
            path.write_bytes(path.read_bytes().replace(PROVIDER, provider.url.split("/")[2].encode()))
    home.ledger.write_bytes(home.ledger.read_bytes().replace(BOOT, b"another boot"))
    return home


@contextmanager
def running(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Router, Upstream]]:
    monkeypatch.setenv("LOCALROUTER_SECRETS", "file")
    answer = completion(tokens_in=1_200, tokens_out=300)
    with Upstream(always(200, answer)) as provider:
        router = Router(taken_over(folder, provider), Config(), KEYS["Editor"], set_on=KILLED_AT + 5 - time.time())
        with router:
            yield router, provider


def limits(router: Router, client: str) -> dict[str, float]:
    """What is used of each limit of a client's own strategy."""
    [strategy] = [each for each in router.rpc("list_strategies") if each["name"] == f"{client}'s strategy"]
    return {
        f"{limit['limit_type']} a {limit['time_window']}": limit["used"]
        for limit in router.rpc("get_strategy_usage", strategy_id=strategy["id"])
    }


def ask(router: Router, client: str, model: str = "cloud/gpt-4o-mini") -> int:
    """The status of a request whose prompt is as long as those that were sent in that home."""
    messages = [{"role": "user", "content": "Be brief. " * 420}]
    body = {"model": model, "messages": messages, "max_tokens": 500}
    return router.request("POST", "/v1/chat/completions", body, key=KEYS.get(client, client)).status


def test_a_home_of_version_1_keeps_its_limits_as_full_as_they_were(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with running(tmp_path, monkeypatch) as (router, _):
        assert limits(router, "Editor") == {"requests a day": 6, "cost a month": pytest.approx(0.006)}
        assert limits(router, "Batch") == {"total_tokens a day": 4_500 + CUT, "requests a hour": 4}
        assert limits(router, "Agent") == {"cost a day": pytest.approx(0.0036)}
        assert [ask(router, "Editor") for _ in range(3)] == [200, 200, 429]
        assert [ask(router, "Batch") for _ in range(3)] == [200, 200, 429]
        assert limits(router, "Batch")["total_tokens a day"] == 4_500 + CUT + 3_000


def test_a_home_of_version_1_keeps_its_keys_routes_and_records(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with running(tmp_path, monkeypatch) as (router, provider):
        assert [ask(router, client) for client in KEYS] == [200, 200, 200]
        assert [ask(router, key) for key in (ROTATED, DELETED)] == [401, 401]
        assert ask(router, "Editor", "gpt-4o") == 200
        assert {asked.headers["authorization"] for asked in provider.asked} == {f"Bearer {PROVIDER_KEY}"}
        assert router.rows("SELECT count(*) FROM requests WHERE outcome = 'success'") == [(12 + 4,)]
        assert not router.rpc("get_server_status")["usage_lost"]


def test_a_home_of_version_1_becomes_version_2_and_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    former = (HOMES / "version-1-in-use" / "config.json").read_bytes()
    with running(tmp_path, monkeypatch) as (router, _):
        told = "\n".join(router.rpc("get_server_status")["reports"])
        assert "version 1" in told
        assert '"Editor\'s strategy"' in told
        assert "Agent" not in told
    written = reading(router.home.config.read_bytes())
    assert written.version == VERSION
    auto = {each.name: each.auto_config for each in written.config.strategies if each.auto_config}
    assert auto["Editor's strategy"].first_token_timeout == 12
    assert "unsupported" in auto["Editor's strategy"].fallback_on
    assert auto["Agent's strategy"].first_token_timeout == 45
    assert len(auto["Agent's strategy"].fallback_on) == 2
    assert written.config.clients == read(former).clients


def test_revisions_of_version_1_can_be_restored(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with running(tmp_path, monkeypatch) as (router, _):
        kept = router.rpc("list_revisions")
        assert [info["revision"] for info in kept] == list(range(13, -1, -1))
        assert (
            router.rpc("restore_revision", revision=12)["revision"] == 13
        )  # brought up to date it is what is in force
        assert [ask(router, client) for client in KEYS] == [200, 200, 200]
        assert router.rpc("restore_revision", revision=5)["revision"] == 14
        assert [client["name"] for client in router.rpc("list_clients")] == ["Editor"]
        assert ask(router, "Editor") == 200


def test_what_version_1_rotated_and_deleted_does_not_come_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with running(tmp_path, monkeypatch) as (router, _):
        restored = router.rpc("restore_revision", revision=10)
        assert [client["name"] for client in restored["clients_without_key"]] == ["Gone"]
        assert [ask(router, key) for key in (ROTATED, DELETED)] == [401, 401]
        assert ask(router, "Agent") == 200


def test_a_revision_of_version_1_that_is_put_back_by_hand_revives_no_key(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = taken_over(tmp_path)
    [before_the_rotation] = home.revisions.glob("0000000010-*.json")
    shutil.copy(before_the_rotation, home.config)
    monkeypatch.setenv("LOCALROUTER_SECRETS", "file")
    with Router(home, Config(), KEYS["Agent"]) as router:
        assert [client["name"] for client in router.rpc("list_clients")] == ["Editor", "Batch", "Agent", "Gone"]
        statuses = [router.request("GET", "/v1/models", key=key).status for key in (ROTATED, DELETED, KEYS["Agent"])]
        assert statuses == [401, 401, 200]


def test_a_home_is_brought_up_to_date_once_and_then_its_owners_choice_holds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LOCALROUTER_SECRETS", "file")
    home = taken_over(tmp_path)
    with Router(home, Config(), KEYS["Editor"]) as router:
        [editor] = [each for each in router.rpc("list_strategies") if each["name"] == "Editor's strategy"]
        chosen = editor["auto_config"] | {"first_token_timeout": 30, "fallback_on": ["rate_limited"]}
        set_to = router.rpc("update_strategy", strategy_id=editor["id"], auto_config=chosen)["revision"]
    with Router(home, Config(), KEYS["Editor"]) as router:
        status = router.rpc("get_server_status")
        assert (status["revision"], status["reports"]) == (set_to, [])
        shown = router.rpc("get_strategy", strategy_id=editor["id"])["auto_config"]
        assert (shown["first_token_timeout"], shown["fallback_on"]) == (30, ["rate_limited"])


def everything(folder: Path) -> dict[str, tuple[bytes, int, int]]:
    """All files below a folder: what they hold, their rights, and when they were changed last."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    return {
        str(path.relative_to(folder)): (path.read_bytes(), path.stat().st_mode, path.stat().st_mtime_ns)
        for path in files
    }


def newer_document(home: Home) -> None:
    for path in (home.config, home.config_backup, *home.revisions.iterdir()):
        path.write_bytes(path.read_bytes().replace(b'"version": 1', b'"version": 99, "brand_new": {}', 1))


def newer_tables(home: Home) -> None:
    with closing(sqlite3.connect(home.metrics)) as db:
        db.execute("PRAGMA user_version = 99")


@pytest.mark.parametrize(("make", "named"), [(newer_document, "config.json"), (newer_tables, "metrics.db")])
@pytest.mark.parametrize("words", [["serve", "--port", "0"], ["call", "list_clients"], ["check"], []], ids=str)
def test_a_home_of_a_newer_release_ends_every_verb_with_one_line_and_stays_as_it_is(
    tmp_path: Path, make: object, named: str, words: list[str]
) -> None:
    home = taken_over(tmp_path)
    make(home)  # type: ignore[operator]
    before = everything(home.root)
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path), "DISPLAY": "", "WAYLAND_DISPLAY": ""}
    command = [sys.executable, "-m", "localrouter", *words, "--home", str(home.root)]
    ended = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)
    assert ended.returncode == 1
    said = [line for line in ended.stderr.splitlines() if "window" not in line]
    assert len(said) == 1
    assert f"{home.root / named}: " in said[0]
    assert "newer LocalRouter" in said[0]
    assert ended.stdout == ""
    assert everything(home.root) == before
