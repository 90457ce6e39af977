"""A `config.json` that cannot be used: what was in force stays in force, limits too, and the file stays as it is."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from localrouter import client
from localrouter.client import RpcError
from localrouter.domain.configuration.config import LimitType, Provider
from localrouter.program.listening import ListenAddress, first_socket
from localrouter.services.configuration.store import ConfigStore
from tests.documents import MORNING, PRESETS
from tests.limits import limit
from tests.rig import Router, auto, router, until
from tests.upstream import Upstream, chat


@pytest.mark.parametrize("while_running", [True, False])
@pytest.mark.parametrize("is_restored", [True, False])
def test_limits_hold_nothing_is_touched_and_it_ends_by_repair_or_restore(
    tmp_path: Path, while_running: bool, is_restored: bool
) -> None:
    with Upstream(chat) as up:
        one = Provider(name="one", preset="openai-compatible", base_url=up.url, models=("a",))
        lr = router(tmp_path, [one], auto=auto(("one", "a")), limits=[limit(LimitType.REQUESTS, 2, "hour")])
        with lr:
            assert lr.chat().status == 200
            sound = lr.home.config.read_bytes()
            spoilt = sound[:-30]
            if while_running:
                lr.home.config.write_bytes(spoilt)
                story(lr, sound, spoilt, is_restored=is_restored)
        if not while_running:
            lr.home.config.write_bytes(spoilt)
            with Router(lr.home, lr.config, lr.key) as again:
                story(again, sound, spoilt, is_restored=is_restored)


def story(lr: Router, sound: bytes, spoilt: bytes, *, is_restored: bool) -> None:
    helper = client.connect(lr.home.root)
    until(lambda: bool(helper.get_server_status()["problems"]), "the file is noticed", patience=15)
    [problem] = helper.get_server_status()["problems"]
    assert "config.json" in problem
    assert "is not JSON; it breaks at line" in problem
    assert [lr.chat().status for _ in range(2)] == [200, 429]
    with pytest.raises(RpcError) as refusal:
        helper.create_client(name="another")
    assert (refusal.value.code, refusal.value.message) == (-32004, problem)
    assert lr.home.config.read_bytes() == spoilt
    if is_restored:
        told = helper.restore_revision(revision=helper.list_revisions()[0]["revision"])["about_keys"]
        [rejected] = lr.home.root.glob("config.json.rejected-*")
        assert rejected.read_bytes() == spoilt
        assert any(rejected.name in said for said in told)
    else:
        lr.home.config.write_bytes(sound)
    until(lambda: not helper.get_server_status()["problems"], "it is over", patience=15)
    assert lr.chat().status == 429
    helper.create_client(name="another")


def test_a_taken_port_that_cannot_be_kept_in_the_file_is_left_for_now(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        document = b'{"server": {"port": %d}}' % port
        for name in ("config.json.bak", "config.json"):
            (tmp_path / name).write_bytes(document)
        (tmp_path / "config.json").write_bytes(document[:-1])
        store = ConfigStore.open(tmp_path, presets=PRESETS, publish=lambda _: None, clock=lambda: MORNING)
        with first_socket(store, ListenAddress()) as sock:
            assert sock.getsockname()[1] != port
    assert (tmp_path / "config.json").read_bytes() == document[:-1]
    assert "until it is restarted, because this cannot be saved" in store.reports[-1]
