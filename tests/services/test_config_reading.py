"""What a home opens with, whatever state its files are in."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from localrouter.domain.access import digest
from localrouter.domain.client_keys import has_key
from localrouter.domain.config import VERSION, Config, Server
from localrouter.domain.document import read, reading, write
from localrouter.domain.edits import create_strategy
from localrouter.domain.errors import Unavailable, WrittenByNewer
from localrouter.services.config_files import ConfigFiles
from localrouter.services.config_reading import Opened, is_same, open_document
from tests.documents import MORNING, PRESETS, a_client, a_config, a_strategy

HOMES = Path(__file__).parents[1] / "homes"


def opened(home: Path) -> Opened:
    """Opens a home, and checks that its files agree afterwards and that a second opening finds nothing to do."""
    first = open_document(ConfigFiles(home), presets=PRESETS, now=MORNING)
    assert first.text == (home / "config.json").read_bytes()
    assert read(first.text) == read((home / "config.json.bak").read_bytes()) == first.config
    second = open_document(ConfigFiles(home), presets=PRESETS, now=MORNING)
    assert second == Opened(first.config, first.text, ())
    return first


def numbers(home: Path) -> list[int]:
    return [file.revision for file in ConfigFiles(home).revisions()]


def keep(home: Path, *configs: Config) -> None:
    for config in configs:
        ConfigFiles(home).replace(write(config), revision=config.revision, made_at=MORNING)


def with_port(port: int, revision: int) -> Config:
    return Config(revision=revision, server=Server(port=port))


@pytest.mark.parametrize("home", sorted(HOMES.iterdir()), ids=lambda home: home.name)
def test_every_home_that_a_release_wrote_opens(home: Path, tmp_path: Path) -> None:
    shutil.copytree(home, tmp_path / "home")
    before = reading((home / "config.json").read_bytes())
    found = opened(tmp_path / "home")
    assert is_same(found.config, before.config)
    assert bool(found.reports) == (before.version != VERSION)
    assert reading(found.text).version == VERSION


def test_the_newest_fixture_home_uses_every_field_of_the_document() -> None:
    config = read((HOMES / "version-2" / "config.json").read_bytes())
    parts = [config, config.server, config.desktop, config.logging, config.metrics, *config.pricing_overrides]
    parts += [*config.providers, *config.clients, *config.strategies]
    parts += [part.timeouts for part in config.providers] + [part.allowed_models for part in config.strategies]
    for strategy in config.strategies:
        parts += strategy.rate_limits
        parts += [strategy.auto_config, strategy.auto_config.retry] if strategy.auto_config else []
    assert [part for part in parts if part.model_fields_set != set(type(part).model_fields)] == []


def test_an_absent_home_opens_with_an_empty_document(tmp_path: Path) -> None:
    found = opened(tmp_path / "home")
    assert found.config == Config()
    assert found.reports == ()
    assert numbers(tmp_path / "home") == [0]


def test_a_home_opens_as_it_was_left(tmp_path: Path) -> None:
    keep(tmp_path, with_port(1, 4), with_port(2, 5))
    assert opened(tmp_path).config == with_port(2, 5)
    assert numbers(tmp_path) == [4, 5]


def test_another_layout_of_the_same_document_is_left_as_it_is(tmp_path: Path) -> None:
    keep(tmp_path, with_port(2, 5))
    (tmp_path / "config.json").write_bytes(b'{"revision":5,"server":{"port":2}}')
    assert opened(tmp_path).config == with_port(2, 5)
    assert (tmp_path / "config.json").read_bytes() == b'{"revision":5,"server":{"port":2}}'


def test_what_was_changed_by_hand_meanwhile_gets_the_next_revision_whatever_it_carries(tmp_path: Path) -> None:
    keep(tmp_path, with_port(1, 4), with_port(2, 5))
    for carried, given in ((5, 6), (1, 7), (900, 8)):
        (tmp_path / "config.json").write_bytes(write(with_port(carried, carried)))
        found = opened(tmp_path)
        assert found.config == with_port(carried, given)
        assert [f"revision {given} now" in report for report in found.reports] == [True]
    assert numbers(tmp_path) == [4, 5, 6, 7, 8]


def test_a_revision_number_changed_by_hand_is_put_right(tmp_path: Path) -> None:
    keep(tmp_path, with_port(2, 5))
    (tmp_path / "config.json").write_bytes(write(with_port(2, 99)))
    assert opened(tmp_path).config == with_port(2, 5)


def test_a_crash_before_the_document_was_renamed_leaves_the_former_revision_in_force(tmp_path: Path) -> None:
    keep(tmp_path, with_port(1, 4), with_port(2, 5))
    for path in (tmp_path / "config.json", tmp_path / "config.json.bak"):
        path.write_bytes(write(with_port(1, 4)))
    assert opened(tmp_path) == Opened(with_port(1, 4), write(with_port(1, 4)), ())
    assert numbers(tmp_path) == [4]


def test_a_crash_before_the_backup_was_renamed_leaves_the_new_revision_in_force(tmp_path: Path) -> None:
    keep(tmp_path, with_port(1, 4), with_port(2, 5))
    (tmp_path / "config.json.bak").write_bytes(write(with_port(1, 4)))
    assert opened(tmp_path) == Opened(with_port(2, 5), write(with_port(2, 5)), ())
    assert numbers(tmp_path) == [4, 5]


def test_what_is_healed_is_saved_and_told(tmp_path: Path) -> None:
    keep(tmp_path, a_config(clients=(a_client("c", "gone"),)).model_copy(update={"revision": 5}))
    found = opened(tmp_path)
    assert found.config.clients[0].strategy_id == "default"
    assert found.config.revision == 6
    assert len(found.reports) == 1


def test_a_hand_edit_that_needs_healing_is_one_revision(tmp_path: Path) -> None:
    keep(tmp_path, with_port(1, 5))
    (tmp_path / "config.json").write_bytes(write(Config(strategies=(a_strategy("s", parent="gone"),))))
    found = opened(tmp_path)
    assert [strategy.id for strategy in found.config.strategies] == ["default", "s"]
    assert found.config.revision == 6
    assert len(found.reports) == 3


def test_healing_that_comes_to_the_same_document_makes_no_revision(tmp_path: Path) -> None:
    keep(tmp_path, with_port(1, 5))
    (tmp_path / "config.json").write_bytes(b'{"revision":5,"server":{"port":1},"strategies":[]}')
    found = opened(tmp_path)
    assert found.config == with_port(1, 5)
    assert len(found.reports) == 1


SPOILT = [
    b"",
    b"{",
    b"[]",
    b'{"colour": 1}',
    b'{"providers": [{"name": "a/b", "preset": "openai"}]}',
]


@pytest.mark.parametrize("spoilt", SPOILT)
def test_a_document_that_cannot_be_used_is_kept_aside_and_the_backup_takes_over(tmp_path: Path, spoilt: bytes) -> None:
    keep(tmp_path, with_port(1, 4), with_port(2, 5))
    (tmp_path / "config.json").write_bytes(spoilt)
    found = opened(tmp_path)
    assert found.config == with_port(2, 5)
    assert (tmp_path / "config.json.rejected-20260131T080000Z").read_bytes() == spoilt
    assert "config.json.rejected-20260131T080000Z" in found.reports[0]
    assert "revision 5" in found.reports[1]


@pytest.mark.parametrize("spoilt", SPOILT)
def test_without_a_usable_backup_an_empty_document_takes_over_and_nothing_is_lost(
    tmp_path: Path, spoilt: bytes
) -> None:
    keep(tmp_path, with_port(1, 4), with_port(2, 5))
    (tmp_path / "config.json").write_bytes(spoilt)
    (tmp_path / "config.json.bak").write_bytes(spoilt + b" ")
    found = opened(tmp_path)
    assert found.config == Config(revision=6)
    assert numbers(tmp_path) == [4, 5, 6]
    assert (tmp_path / "config.json.rejected-20260131T080000Z").read_bytes() == spoilt
    assert (tmp_path / "config.json.bak.rejected-20260131T080000Z").read_bytes() == spoilt + b" "
    assert len(found.reports) == 3


def test_a_lone_document_that_cannot_be_used_is_replaced_by_an_empty_one(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_bytes(b"{")
    found = opened(tmp_path)
    assert found.config == Config()
    assert len(found.reports) == 2


def test_a_missing_document_is_taken_from_its_backup(tmp_path: Path) -> None:
    keep(tmp_path, with_port(2, 5))
    (tmp_path / "config.json").unlink()
    found = opened(tmp_path)
    assert found.config == with_port(2, 5)
    assert found.reports[0] == "config.json is missing."


def test_an_old_backup_does_not_take_the_number_of_a_kept_revision(tmp_path: Path) -> None:
    keep(tmp_path, with_port(1, 4), with_port(2, 5))
    (tmp_path / "config.json.bak").write_bytes(write(with_port(1, 4)))
    (tmp_path / "config.json").unlink()
    assert opened(tmp_path).config == with_port(1, 6)
    assert numbers(tmp_path) == [4, 5, 6]


def test_a_document_that_cannot_be_read_is_not_set_aside(tmp_path: Path) -> None:
    keep(tmp_path, with_port(2, 5))
    (tmp_path / "config.json").unlink()
    (tmp_path / "config.json").mkdir()
    with pytest.raises(Unavailable, match="cannot be read: Is a directory"):
        open_document(ConfigFiles(tmp_path), presets=PRESETS, now=MORNING)
    assert (tmp_path / "config.json").is_dir()


def test_a_document_of_its_own_opens_with_the_revision_that_it_carries(tmp_path: Path) -> None:
    config = create_strategy(with_port(9, 41), strategy_id="s", name="s")
    (tmp_path / "config.json").write_bytes(write(config))
    assert opened(tmp_path).config == config
    assert numbers(tmp_path) == [41]


FORMER = b"""{"version": 1, "revision": 5, "server": {"port": 2}, "strategies": [
    {"id": "default", "name": "Default Strategy"},
    {"id": "s", "name": "Kept", "auto_config": {"enabled": true, "first_token_timeout": 30}}
]}"""


def as_former(home: Path) -> None:
    """A home that a release of version 1 left behind."""
    files = ConfigFiles(home)
    files.replace(FORMER, revision=5, made_at=MORNING)


def test_a_document_of_an_earlier_version_is_the_next_revision_of_today_and_that_is_told(tmp_path: Path) -> None:
    as_former(tmp_path)
    found = opened(tmp_path)
    assert found.config == read(FORMER).model_copy(update={"revision": 6})
    assert reading((tmp_path / "config.json").read_bytes()).version == VERSION
    assert "version 1" in found.reports[0]
    assert "revision 6, now; revision 5 is the one before" in found.reports[0]
    assert ['"Kept"' in report for report in found.reports[1:]] == [True]
    assert [file.path.read_bytes() == FORMER for file in ConfigFiles(tmp_path).revisions()] == [True, False]


def test_a_lone_document_of_an_earlier_version_is_kept_as_it_was(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_bytes(FORMER)
    assert opened(tmp_path).config.revision == 6
    assert [file.path.read_bytes() == FORMER for file in ConfigFiles(tmp_path).revisions()] == [True, False]


def test_an_earlier_version_that_was_changed_by_hand_is_one_revision(tmp_path: Path) -> None:
    as_former(tmp_path)
    (tmp_path / "config.json").write_bytes(FORMER.replace(b'"port": 2', b'"port": 3'))
    found = opened(tmp_path)
    assert (found.config.revision, found.config.server.port) == (6, 3)
    assert "by hand" in found.reports[0]
    assert "version 1" in found.reports[1]


@pytest.mark.parametrize("spoilt", [None, b"{"])
def test_a_backup_of_an_earlier_version_is_as_good(tmp_path: Path, spoilt: bytes | None) -> None:
    as_former(tmp_path)
    (tmp_path / "config.json").unlink()
    if spoilt is not None:
        (tmp_path / "config.json").write_bytes(spoilt)
    found = opened(tmp_path)
    assert found.config == read(FORMER).model_copy(update={"revision": 6})
    assert any("version 1" in report for report in found.reports)


@pytest.mark.parametrize("replaced", [1, 2])
def test_a_crash_while_a_document_is_brought_up_to_date_loses_nothing(tmp_path: Path, replaced: int) -> None:
    as_former(tmp_path)
    renamed = []

    def rename(source: Path, target: Path) -> None:
        if len(renamed) == replaced:
            raise KeyboardInterrupt
        renamed.append(source.replace(target))

    with pytest.raises(KeyboardInterrupt):
        open_document(ConfigFiles(tmp_path, rename=rename), presets=PRESETS, now=MORNING)
    assert opened(tmp_path).config == read(FORMER).model_copy(update={"revision": 6})
    assert numbers(tmp_path) == [5, 6]


NEWER = b'{"version": 99, "revision": 6, "what": {"is": "new"}}'


@pytest.mark.parametrize("document", [NEWER, None, b"{"])
def test_what_a_newer_release_wrote_is_left_as_it_is(tmp_path: Path, document: bytes | None) -> None:
    keep(tmp_path, with_port(1, 4), with_port(2, 5))
    (tmp_path / "config.json.bak").write_bytes(NEWER)
    (tmp_path / "config.json").unlink()
    if document is not None:
        (tmp_path / "config.json").write_bytes(document)
    before = everything(tmp_path)
    with pytest.raises(WrittenByNewer, match=r"version 99, .* up to"):
        open_document(ConfigFiles(tmp_path), presets=PRESETS, now=MORNING)
    assert everything(tmp_path) == before


def everything(folder: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def with_key(key: str | None, revision: int, *retired: str) -> Config:
    clients = () if key is None else (a_client("c", key_digest=digest(key)),)
    return a_config(clients=clients).model_copy(
        update={"revision": revision, "retired_keys": tuple(map(digest, retired))}
    )


@pytest.mark.parametrize("key", ["key-2", None])
def test_an_old_backup_that_takes_over_brings_no_former_key_back(tmp_path: Path, key: str | None) -> None:
    keep(tmp_path, with_key("key-1", 4), with_key(key, 5, "key-1"))
    (tmp_path / "config.json.bak").write_bytes(write(with_key("key-1", 4)))
    (tmp_path / "config.json").unlink()
    found = opened(tmp_path)
    [client] = found.config.clients
    assert client.key_digest != digest("key-1")
    assert has_key(client) is (key is not None)
    assert any('"c"' in report for report in found.reports)
