"""Providers that are this router itself, at whatever address it listens, and where others on the network find it."""

from __future__ import annotations

import socket
from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson
import pytest

from localrouter.commands.registration.services import Serving
from localrouter.domain.configuration.document import write
from localrouter.domain.errors import Invalid
from localrouter.services.instance.local_addresses import is_own, network_addresses
from localrouter.surfaces.cli.status import Screen
from tests.commands.world import NOW, World
from tests.surfaces.cli.test_status import AT

PORT = 4_321  # not that of the configuration: it was given at the start


def listening(world: World, host: str) -> World:
    told = "127.0.0.1" if host == "0.0.0.0" else host
    world.give(serving=Serving(f"http://{told}:{PORT}", 42, NOW, host, PORT))
    return world


def create(world: World, url: str) -> Any:
    return world.call("create_provider", name="p", preset="openai-compatible", base_url=url)


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "localhost", "[::1]", "127.0.0.2", "0.0.0.0", "LOCALHOST.", "[::ffff:127.0.0.1]"]
)
def test_a_provider_at_the_port_that_is_really_listened_on_is_refused(world: World, host: str) -> None:
    with pytest.raises(Invalid, match="this router itself") as refusal:
        create(listening(world, "127.0.0.1"), f"http://{host}:{PORT}/v1")
    assert [finding.path for finding in refusal.value.findings] == ["providers[0].base_url"]


def test_where_it_listens_everywhere_every_address_of_this_computer_is_its_own(world: World) -> None:
    listening(world, "0.0.0.0")
    names = [*network_addresses(), socket.gethostname()]
    for name in names:
        host = f"[{name}]" if ":" in name else name
        with pytest.raises(Invalid, match="this router itself"):
            create(world, f"http://{host}:{PORT}/v1")
    create(world, f"http://198.51.100.1:{PORT}/v1")


def test_another_address_of_this_computer_is_another_program_where_it_listens_at_one(world: World) -> None:
    listening(world, "127.0.0.1")
    for name, url in (
        ("a", "http://198.51.100.7:4321/v1"),
        ("b", "http://127.0.0.1:4322/v1"),
        ("c", "https://127.0.0.1"),
    ):
        world.call("create_provider", name=name, preset="openai-compatible", base_url=url)


def test_update_import_and_validation_refuse_it_too_and_what_was_so_before_blocks_nothing(world: World) -> None:
    create(world, f"http://127.0.0.1:{PORT}/v1")
    listening(world, "127.0.0.1")
    world.call("update_provider", name="p", enabled=False)
    world.call("create_provider", name="q", preset="openai-compatible", base_url="http://127.0.0.1:9/v1")
    with pytest.raises(Invalid, match="this router itself"):
        world.call("update_provider", name="q", base_url=f"http://localhost:{PORT}/v1")
    document = orjson.loads(write(world.config))
    document["providers"][1]["base_url"] = f"http://localhost:{PORT}/v1"
    judged = world.call("validate_config", document=document)
    assert (judged["valid"], [finding["path"] for finding in judged["findings"]]) == (False, ["providers[1].base_url"])
    with pytest.raises(Invalid, match="this router itself"):
        world.call("import_config", document=document)


def test_a_presets_own_address_counts_as_well(world: World) -> None:
    world.give(serving=Serving("http://127.0.0.1:8080", 42, NOW, "127.0.0.1", 8080))
    with pytest.raises(Invalid, match="this router itself"):
        world.call("create_provider", name="llama", preset="llamacpp")


def test_an_endpoint_as_base_url_is_trimmed_and_the_answer_says_so(world: World) -> None:
    made = create(world, "http://127.0.0.1:9/v1/chat/completions")
    assert made["provider"]["base_url"] == "http://127.0.0.1:9/v1"
    assert made["notes"] == [
        "The given URL named an endpoint. The base URL is http://127.0.0.1:9/v1; calls go to paths below it."
    ]
    changed = world.call("update_provider", name="p", base_url="http://127.0.0.1:9/chat/completions")
    assert changed["provider"]["address"] == "http://127.0.0.1:9"
    assert len(changed["notes"]) == 1
    assert world.call("update_provider", name="p", base_url="http://127.0.0.1:9/v1")["notes"] == []


def test_status_names_what_others_can_use_and_what_has_to_be_allowed_first(world: World) -> None:
    assert world.call("get_server_status")["network"] == []
    listening(world, "127.0.0.1")
    assert world.call("get_server_status")["network"] == []
    listening(world, "198.51.100.5")
    (told,) = world.call("get_server_status")["network"]
    assert (told["url"], told["is_served"]) == (f"http://198.51.100.5:{PORT}", False)
    assert "update_server_config" in told["remedy"]
    assert "198.51.100.5" in told["remedy"]
    world.call("update_server_config", server={"allowed_hosts": ["198.51.100.5", "Box.example"]})
    listed = world.call("get_server_status")
    assert [(each["url"], each["is_served"], each["remedy"]) for each in listed["network"]] == [
        (f"http://198.51.100.5:{PORT}", True, None),
        (f"http://box.example:{PORT}", True, None),
    ]
    lines = list(Screen(listed, "localrouter", AT).lines())
    assert f"  from other computers   http://198.51.100.5:{PORT}/v1" in lines


def test_where_it_listens_everywhere_each_address_of_the_network_is_named(world: World) -> None:
    listening(world, "0.0.0.0")
    told = world.call("get_server_status")
    assert told["url"] == f"http://127.0.0.1:{PORT}"
    urls = [each["url"] for each in told["network"]]
    assert len(urls) == len(network_addresses())
    assert not any("127.0.0.1" in url or "0.0.0.0" in url for url in urls)
    assert all(is_own(address) for address in network_addresses())
    assert not is_own("198.51.100.1")


def test_nothing_is_refused_where_nothing_is_listened_on(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.services = replace(world.services, serving=None)
    create(world, f"http://127.0.0.1:{PORT}/v1")
