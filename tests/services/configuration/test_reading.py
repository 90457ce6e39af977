"""What a home opens with, whatever state its files are in."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from localrouter.domain.configuration.access import digest
from localrouter.domain.configuration.config import VERSION, Config, Server
from localrouter.domain.configuration.document import read, reading, write
from localrouter.domain.configuration.edits.client_keys import has_key
from localrouter.domain.configuration.edits.clients_and_strategies import create_strategy
from localrouter.domain.errors import Unavailable, WrittenByNewer
from localrouter.services.configuration.files import ConfigFiles
from localrouter.services.configuration.reading import Opened, is_same, open_document
from tests.documents import MORNING, PRESETS, a_client, a_config, a_strategy

HOMES = Path(__file__).parent.parents[1] / "homes"


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


@pytest.mark.parametrize("home", sorted(home for home in HOMES.iterdir() if home.is_dir()), ids=lambda home: home.name)
def test_every_home_that_a_release_wrote_opens(home: Path, tmp_path: Path) -> None:
    shutil.copytree(home, tmp_path / "home")
    before = reading((home / "config.json").read_bytes())
    found = opened(tmp_path / "home")
    assert is_same(found.config, before.config)
    assert bool(found.reports) == (before.version != VERSION)
    assert reading(found.text).version == VERSION


def test_the_newest_fixture_home_uses_every_field_of_the_document() -> None:
    config = read((HOMES / f"version-{VERSION}" / "config.json").read_bytes())
    parts = [
        config,
        config.server,
        config.notices,
        config.desktop,
        config.logging,
        config.metrics,
        *config.pricing_overrides,
    ]
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


SPOILT: list[bytes | str] = [
    b"",
    b"{",
    b"[]",
    b'{"colour": 1}',
    b'{"providers": [{"name": "a/b", "preset": "openai"}]}',
    bytes(100),
    b'{"server": {"port": 1, "port": 2}}',
    "a folder",
    "a pipe",
    "a device",
    "a link to nothing",
    "links in a circle",
]


def open_as_it_is(home: Path) -> Opened:
    return open_document(ConfigFiles(home), presets=PRESETS, now=MORNING)


def spoil(home: Path, how: bytes | str) -> None:
    """Make `config.json` something that cannot be used: another text, or what stands for one."""
    path = home / "config.json"
    path.unlink()
    match how:
        case bytes():
            path.write_bytes(how)
        case "a folder":
            path.mkdir()
        case "a pipe":
            os.mkfifo(path)
        case "a device":
            path.symlink_to("/dev/zero")
        case "a link to nothing":
            path.symlink_to(home / "elsewhere" / "config.json")
        case "links in a circle":
            path.symlink_to(home / "other")
            (home / "other").symlink_to(path)


@pytest.mark.parametrize("spoilt", SPOILT)
def test_a_document_that_cannot_be_used_is_left_as_it_is_and_its_copy_is_in_force(
    tmp_path: Path, spoilt: bytes | str
) -> None:
    keep(tmp_path, with_port(1, 4), with_port(2, 5))
    spoil(tmp_path, spoilt)
    before = everything(tmp_path)
    for _ in range(2):
        found = open_as_it_is(tmp_path)
        assert (found.config, found.copy) == (with_port(2, 5), tmp_path / "config.json.bak")
        assert everything(tmp_path) == before


@pytest.mark.parametrize("spoilt", SPOILT)
@pytest.mark.parametrize("backup", [None, b"", b"{", b'{"colour": 1}', b'{"version": "old"}'])
def test_without_a_good_copy_nothing_starts_and_nothing_changes(
    tmp_path: Path, spoilt: bytes | str, backup: bytes | None
) -> None:
    keep(tmp_path, with_port(1, 4), with_port(2, 5))
    (tmp_path / "config.json.bak").unlink()
    if backup is not None:
        (tmp_path / "config.json.bak").write_bytes(backup)
    spoil(tmp_path, spoilt)
    before = everything(tmp_path)
    with pytest.raises(Unavailable) as refusal:
        open_as_it_is(tmp_path)
    assert everything(tmp_path) == before
    assert refusal.value.message.startswith(f"{tmp_path / 'config.json'}: ")
    assert str(tmp_path / "revisions" / "0000000005-20260131T080000Z.json") in refusal.value.message
    assert refusal.value.data == {}


@pytest.mark.parametrize(
    ("spoilt", "told"),
    [
        (b"", "The document is empty."),
        (b" \n", "The document is empty."),
        (bytes(4096), "The document contains zero bytes"),
        (bytes(4096) + b'": {}}', "The document contains zero bytes"),
        (b'{\n "server": {},\n', "it breaks at line 3"),
        ("{}".encode("utf-16"), "UTF-16. Save it as UTF-8"),
        ("{}".encode("utf-16-le"), "UTF-16. Save it as UTF-8"),
        ("{}".encode("utf-16-be"), "UTF-16. Save it as UTF-8"),
        ('{\n"name": "Köln"}'.encode("latin-1"), "not UTF-8 text; it breaks at line 2"),
        (b'{"server": {"port": 1, "port": 2}}', "server.port: This key occurs twice"),
        ("a folder", "Is a directory (Docker creates one"),
        ("a pipe", "it is not a file"),
        ("a device", "it is not a file"),
        ("a link to nothing", "which does not exist"),
    ],
)
def test_why_a_document_cannot_be_used_is_told(tmp_path: Path, spoilt: bytes | str, told: str) -> None:
    keep(tmp_path, with_port(1, 4))
    (tmp_path / "config.json.bak").unlink()
    spoil(tmp_path, spoilt)
    with pytest.raises(Unavailable) as refusal:
        open_as_it_is(tmp_path)
    assert told in refusal.value.message


def test_a_copy_that_is_older_than_a_kept_revision_is_not_the_last_good_one(tmp_path: Path) -> None:
    keep(tmp_path, with_port(1, 4), with_port(2, 5), with_port(3, 6))
    (tmp_path / "config.json.bak").write_bytes(write(with_port(1, 4)))
    (tmp_path / "revisions" / "0000000006-20260131T080000Z.json").write_bytes(b"{")
    spoil(tmp_path, b"{")
    found = open_as_it_is(tmp_path)
    assert found.config == with_port(2, 5)
    assert found.copy == tmp_path / "revisions" / "0000000005-20260131T080000Z.json"


def test_a_copy_of_an_earlier_version_is_in_force_as_this_version_reads_it(tmp_path: Path) -> None:
    as_former(tmp_path)
    spoil(tmp_path, b"{")
    before = everything(tmp_path)
    assert open_as_it_is(tmp_path).config == read(FORMER)
    assert everything(tmp_path) == before


@pytest.mark.parametrize("layout", [b"\xef\xbb\xbf%s", b"%s\r\n"])
def test_marks_and_line_ends_of_other_editors_are_taken(tmp_path: Path, layout: bytes) -> None:
    keep(tmp_path, with_port(2, 5))
    (tmp_path / "config.json").write_bytes(layout % b'{"revision":5,\r\n"server":{"port":7}}')
    assert opened(tmp_path).config == with_port(7, 6)


def test_a_home_that_was_set_back_loses_no_later_revision(tmp_path: Path) -> None:
    keep(tmp_path, with_port(1, 4), with_port(2, 5), with_port(3, 6), with_port(4, 7))
    for name in ("config.json", "config.json.bak"):
        (tmp_path / name).write_bytes(write(with_port(1, 4)))
    found = opened(tmp_path)
    assert found.config == with_port(1, 8)
    assert numbers(tmp_path) == [4, 5, 6, 7, 8]
    assert ["put back to revision 4" in report for report in found.reports] == [True]


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


def test_a_missing_document_with_a_copy_that_cannot_be_used_starts_nothing(tmp_path: Path) -> None:
    keep(tmp_path, with_port(2, 5))
    (tmp_path / "config.json").unlink()
    (tmp_path / "config.json.bak").write_bytes(b"{")
    before = everything(tmp_path)
    with pytest.raises(Unavailable, match=r"config.json is missing\. config.json.bak.*revision 5"):
        open_as_it_is(tmp_path)
    assert everything(tmp_path) == before


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


def test_a_backup_of_an_earlier_version_is_as_good(tmp_path: Path) -> None:
    as_former(tmp_path)
    (tmp_path / "config.json").unlink()
    found = opened(tmp_path)
    assert found.config == read(FORMER).model_copy(update={"revision": 6})
    assert any("version 1" in report for report in found.reports)


@pytest.mark.parametrize("replaced", [1, 2])
def test_a_crash_while_a_document_is_brought_up_to_date_loses_nothing(tmp_path: Path, replaced: int) -> None:
    as_former(tmp_path)
    renamed: list[object] = []

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
