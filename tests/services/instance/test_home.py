from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from localrouter.domain.errors import Unavailable
from localrouter.services.instance.home import Home, locate


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_home_is_found_where_it_is_given_else_named_else_below_the_users_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path / "user"))
    assert locate({}).root == tmp_path / "user" / ".localrouter"
    assert locate({"LOCALROUTER_HOME": ""}).root == tmp_path / "user" / ".localrouter"
    assert locate({"LOCALROUTER_HOME": "~/other"}).root == tmp_path / "user" / "other"
    assert locate({"LOCALROUTER_HOME": "/named"}, Path("/given")).root == Path("/given")
    monkeypatch.chdir(tmp_path)
    assert locate({}, Path("here")).root == tmp_path / "here"


def test_a_prepared_home_is_closed_to_others(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    home.prepare()
    home.root.chmod(0o755)
    home.prepare()
    assert [mode(folder) for folder in (home.root, home.revisions, home.logs)] == [0o700] * 3


def test_what_a_process_that_was_killed_left_half_written_is_removed(tmp_path: Path) -> None:
    home = Home(tmp_path)
    for name in ("secrets.json.tmp", "admin.token.tmp", "instance.json.tmp", "models.json.tmp", "mine.tmp"):
        (tmp_path / name).write_bytes(b"half")
    home.prepare()
    assert [path.name for path in tmp_path.glob("*.tmp")] == ["mine.tmp"]


def test_every_file_of_a_home_has_its_own_place_in_it(tmp_path: Path) -> None:
    home = Home(tmp_path)
    places = [home.config, home.config_backup, home.revisions, home.metrics, home.ledger, home.secrets]
    places += [home.admin_token, home.instance, home.models, home.logs]
    assert [place.name for place in places] == [
        "config.json",
        "config.json.bak",
        "revisions",
        "metrics.db",
        "ledger.journal",
        "secrets.json",
        "admin.token",
        "instance.json",
        "models.json",
        "logs",
    ]
    assert {place.parent for place in places} == {tmp_path}


def test_the_admin_token_is_made_once_and_is_its_owners_alone(tmp_path: Path) -> None:
    home = Home(tmp_path)
    assert home.read_admin_token() is None
    token = home.ensure_admin_token()
    assert len(token) == 43
    assert home.read_admin_token() == token
    assert home.ensure_admin_token() == token
    assert mode(home.admin_token) == 0o600


@pytest.mark.parametrize("opened", [0o644, 0o640, 0o604, 0o622])
def test_a_token_that_others_could_read_is_worth_nothing_from_the_next_start_on(tmp_path: Path, opened: int) -> None:
    home = Home(tmp_path)
    token = home.ensure_admin_token()
    home.admin_token.chmod(opened)
    renewed = home.ensure_admin_token()
    assert renewed != token
    assert home.read_admin_token() == renewed
    assert mode(home.admin_token) == 0o600


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root can give files away")
def test_a_token_that_somebody_else_put_there_is_replaced(tmp_path: Path) -> None:
    home = Home(tmp_path)
    home.admin_token.write_text("a" * 43)
    home.admin_token.chmod(0o600)
    os.chown(home.admin_token, 65534, 65534)
    renewed = home.ensure_admin_token()
    assert renewed != "a" * 43
    assert home.admin_token.stat().st_uid == 0
    assert home.ensure_admin_token() == renewed


def test_two_homes_have_different_tokens(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    assert Home(tmp_path / "a").ensure_admin_token() != Home(tmp_path / "b").ensure_admin_token()


@pytest.mark.parametrize("spoilt", [b"", b"\n", b"\xff\xfe"])
def test_an_empty_or_unreadable_token_is_replaced(tmp_path: Path, spoilt: bytes) -> None:
    home = Home(tmp_path)
    home.admin_token.write_bytes(spoilt)
    assert len(home.ensure_admin_token()) == 43


@pytest.mark.parametrize(
    ("name", "shown", "quoted"),
    [
        (b"plain", "plain", "plain"),
        ("hömé".encode(), "hömé", "'hömé'"),
        (b"a\nb", r"a\x0ab", "$'/srv/a\\x0ab'"),
        (b"\xff'x", "\ufffd'x", "$'/srv/\\xff\\x27x'"),
    ],
)
def test_a_home_of_any_bytes_is_told_as_text_on_one_line(name: bytes, shown: str, quoted: str) -> None:
    home = Home(Path(os.fsdecode(b"/srv/" + name)))
    assert home.shown == f"/srv/{shown}"
    told = home.shell_command("open").partition(" --home ")[2]
    assert told.replace("'/srv/", "'").replace("/srv/", "") == quoted.replace("'/srv/", "'")
    assert told.encode()
    assert "\n" not in told


@pytest.mark.parametrize("home", ["", "somewhere", "."])
def test_a_home_variable_that_names_no_whole_path_counts_as_unset(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, home: str
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("HOME", raising=False)
    unset = (locate({}).root, locate({"LOCALROUTER_HOME": "~/other"}).root)
    monkeypatch.setenv("HOME", home)
    assert (locate({}).root, locate({"LOCALROUTER_HOME": "~/other"}).root) == unset


def test_a_user_without_any_folder_is_told_how_to_name_the_home(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "")
    monkeypatch.setattr(os, "getuid", lambda: 2_000_000_123)
    with pytest.raises(Unavailable, match=r"no home folder\. Name LocalRouter's home with --home"):
        locate({})
