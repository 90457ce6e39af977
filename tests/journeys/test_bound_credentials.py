"""Whoever may change the configuration may point a provider anywhere, and gets no key by it: attacks on the server."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from localrouter.domain.configuration.config import Provider
from localrouter.private_files import write_private
from tests.rig import Router, router
from tests.upstream import Asked, Step, Upstream, answer, chat

KEY = "sk-bound-to-where-it-was-set"
ENV_KEY = "sk-of-the-environment"


class Scene:
    """A router with a keyed provider `up` at `good`; `evil` is where its key must never arrive."""

    def __init__(self, lr: Router, good: Upstream, evil: Upstream) -> None:
        self.lr, self.good, self.evil = lr, good, evil

    def delivered(self) -> list[str]:
        """What `evil` was told: every call that arrived there."""
        return [f"{asked.path} {dict(asked.headers)}" for asked in self.evil.asked]

    def try_everything(self, name: str = "up") -> list[str]:
        """Each way to make a call to a provider; what the client, or the admin, is told."""
        test = self.lr.rpc("test_provider", name=name)
        self.lr.rpc("refresh_models", provider=name)
        self.lr.rpc("discover_local_providers")
        plain = self.lr.chat(model=f"{name}/m")
        streamed = self.lr.chat(model=f"{name}/m", stream=True)
        shown = next(each for each in self.lr.rpc("list_providers") if each["name"] == name)
        said = [plain.json["error"]["message"], streamed.json["error"]["message"]]
        return [test["message"], shown["status"]["message"], *said]

    def works(self, name: str = "up", carries: str = KEY) -> None:
        reply = self.lr.chat(model=f"{name}/m")
        assert reply.status == 200, reply.body
        asked = [asked for asked in self.good.asked if asked.path.endswith("/chat/completions")]
        assert asked[-1].headers["authorization"] == f"Bearer {carries}"


@pytest.fixture
def scene(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Scene]:
    monkeypatch.setenv("LOCALROUTER_SECRETS", "file")
    monkeypatch.setenv("OPENAI_API_KEY", ENV_KEY)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", ENV_KEY)
    with Upstream(chat) as good, Upstream(chat) as evil, router(tmp_path, []) as lr:
        lr.rpc("create_provider", name="up", preset="openai-compatible", base_url=good.url, key=KEY)
        yield Scene(lr, good, evil)


def is_told(said: list[str], *words: str) -> None:
    for sentence in said:
        for word in words:
            assert word in sentence, sentence
        assert KEY not in sentence
        assert ENV_KEY not in sentence


def repoint(scene: Scene, **changes: object) -> None:
    scene.lr.rpc("update_provider", name="up", **changes)


def by_hand(scene: Scene, **changes: object) -> None:
    document = json.loads(scene.lr.home.config.read_bytes())
    document["providers"][0] |= changes
    scene.lr.home.config.write_text(json.dumps(document))
    scene.lr.rpc("update_server_config", logging={"access_log": True})  # any mutation takes the edit in first


def by_import(scene: Scene, **changes: object) -> None:
    document = scene.lr.rpc("export_config")
    document["providers"][0] |= changes
    scene.lr.rpc("import_config", document=document)


def by_import_of_version_1(scene: Scene, **changes: object) -> None:
    document = scene.lr.rpc("export_config")
    document["providers"] = [{"name": "up", "preset": "openai-compatible", "secret": "store:up"} | changes]
    scene.lr.rpc("import_config", document=document | {"version": 1})


def by_revision(scene: Scene, **changes: object) -> None:
    """The key is set for the later address: the earlier revision would bring the former one back."""
    good = scene.lr.rpc("list_providers")[0]["base_url"]
    scene.lr.rpc("update_provider", name="up", **changes)
    then = scene.lr.rpc("get_config")["revision"]
    scene.lr.rpc("update_provider", name="up", base_url=good)
    scene.lr.rpc("set_provider_key", name="up", key=KEY)
    scene.lr.rpc("restore_revision", revision=then)


def by_deletion(scene: Scene, **changes: object) -> None:
    """The provider is made anew under its old name: what refers to the stored key by name gets none."""
    scene.lr.rpc(
        "create_provider", name="other", preset="openai-compatible", base_url=scene.good.url, secret="store:up"
    )
    scene.lr.rpc("delete_provider", name="up")
    made = {"preset": "openai-compatible", "secret": "store:up"} | changes
    scene.lr.rpc("create_provider", name="up", **made)


@pytest.mark.parametrize(
    "way", [repoint, by_hand, by_import, by_import_of_version_1, by_revision, by_deletion], ids=lambda way: way.__name__
)
def test_a_stored_key_does_not_follow_its_providers_address(scene: Scene, way: Callable[..., None]) -> None:
    scene.works()
    way(scene, base_url=scene.evil.url)
    is_told(
        scene.try_everything(),
        "was set for",
        scene.good.url.removesuffix("/v1"),
        "Nothing was sent",
        "set_provider_key",
    )
    assert scene.delivered() == []
    scene.lr.stop()
    with Router(scene.lr.home, scene.lr.config, scene.lr.key) as again:
        scene.lr = again
        scene.try_everything()
        assert scene.delivered() == []
        again.rpc("update_provider", name="up", base_url=scene.good.url)
        scene.works()
        again.rpc("update_provider", name="up", base_url=scene.evil.url)
        again.rpc("set_provider_key", name="up", key="sk-for-the-new-one")
        assert again.chat(model="up/m").status == 200
    assert {asked.headers["authorization"] for asked in scene.evil.asked} == {"Bearer sk-for-the-new-one"}


REFERENCES = ("env:OPENAI_API_KEY", "env:AWS_SECRET_ACCESS_KEY", "env:PATH", "store:up")


def test_no_provider_gets_a_credential_that_is_not_bound_to_it(scene: Scene) -> None:
    for number, reference in enumerate(REFERENCES):
        for place in ("secret", "authorization", "x-anything", "proxy"):
            name = f"thief-{number}-{place}"
            given: dict[str, object] = {place: reference}
            if place not in ("secret", "proxy"):
                given = {"headers": given}
            made = {"preset": "openai-compatible", "base_url": scene.evil.url} | given
            scene.lr.rpc("create_provider", name=name, **made)
            is_told(scene.try_everything(name), reference)
            assert scene.delivered() == []


def test_a_presets_own_variable_goes_to_the_presets_own_address_only(scene: Scene) -> None:
    for preset in ("openai", "openai-compatible", "azure-openai"):
        scene.lr.rpc(
            "create_provider", name=preset, preset=preset, base_url=scene.evil.url, secret="env:OPENAI_API_KEY"
        )
        is_told(scene.try_everything(preset), "https://api.openai.com", "OPENAI_API_KEY_FOR", "Nothing was sent")
    scene.lr.rpc("create_provider", name="own", preset="openai", secret="env:OPENAI_API_KEY", models=["m"])
    own = next(each for each in scene.lr.rpc("list_providers") if each["name"] == "own")
    assert own["status"]["state"] == "ready"
    assert scene.delivered() == []


def test_a_header_of_another_provider_is_not_sent(scene: Scene) -> None:
    scene.lr.rpc("create_provider", name="two", preset="openai-compatible", base_url=scene.evil.url, key="sk-two")
    scene.lr.rpc("update_provider", name="two", headers={"authorization": "store:up"})
    is_told(scene.try_everything("two"), 'header "authorization"', "store:up")
    assert KEY not in str(scene.delivered())


def test_a_proxy_or_a_ca_file_that_comes_later_gets_nothing(scene: Scene, tmp_path: Path) -> None:
    proxy = scene.evil.url.removesuffix("/v1")
    repoint(scene, proxy=proxy)
    is_told(scene.try_everything(), "without a proxy", proxy, "Nothing was sent")
    repoint(scene, proxy=None, ca_file=str(tmp_path / "mine.pem"))
    is_told(scene.try_everything(), "mine.pem", "Nothing was sent")
    repoint(scene, ca_file=None, proxy="env:HTTPS_PROXY")
    scene.try_everything()
    assert scene.delivered() == []
    repoint(scene, proxy=None)
    scene.works()


TRICKS = (
    "http://{good}@{evil}/v1",
    "http://{good}#@{evil}/v1",
    "http://{good}\\@{evil}/v1",
    "http://{good}/v1?x=@{evil}",
    "http://{evil}/http://{good}/v1",
    "http://{good}.evil.example/v1",
    "https://{good}/v1",
    "http://localhost:{port}/v1",
    "http://127.1:{port}/v1",
    "http://0x7f000001:{port}/v1",
    "http://2130706433:{port}/v1",
    "http://0.0.0.0:{port}/v1",
    "http://[::1]:{port}/v1",
)


def test_tricks_of_addresses_lead_nowhere(scene: Scene) -> None:
    good, evil = (up.url.removeprefix("http://").removesuffix("/v1") for up in (scene.good, scene.evil))
    for trick in TRICKS:
        url = trick.format(good=good, evil=evil, port=evil.rpartition(":")[2])
        reply = scene.lr.rpc_reply("update_provider", name="up", base_url=url).json
        if "error" not in reply:
            scene.try_everything()
        assert scene.delivered() == [], url
        repoint(scene, base_url=scene.good.url)
        scene.works()


def test_the_same_place_in_other_letters_is_the_same_place(scene: Scene) -> None:
    port = scene.good.url.removesuffix("/v1").rpartition(":")[2]
    for form in ("http://127.0.0.1.:{}/v1", "HTTP://127.0.0.1:{}/v1/", "http://[::ffff:127.0.0.1]:{}/v1"):
        repoint(scene, base_url=form.format(port))
        scene.works()


def test_a_redirect_takes_no_key_along(scene: Scene) -> None:
    def elsewhere(asked: Asked) -> Iterator[Step]:
        yield answer(307, {}, {"location": scene.evil.url + "/chat/completions"})

    with Upstream(elsewhere) as moving:
        scene.lr.rpc("create_provider", name="moves", preset="openai-compatible", base_url=moving.url, key=KEY)
        scene.try_everything("moves")
        assert moving.asked
    assert scene.delivered() == []


def test_a_variable_for_no_address_in_particular_stays_on_this_computer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {"A": ENV_KEY, "B": ENV_KEY, "B_FOR": "https://b.example"}.items():
        monkeypatch.setenv(f"LOCALROUTER_KEY_{name}", value)
    with Upstream(chat) as good:
        local = Provider(
            name="up", preset="openai-compatible", base_url=good.url, secret="env:LOCALROUTER_KEY_A", models=("m",)
        )
        away = local.model_copy(update={"name": "away", "base_url": "http://192.0.2.1/v1"})
        named = local.model_copy(update={"name": "named", "secret": "env:LOCALROUTER_KEY_B"})
        meant = named.model_copy(update={"name": "meant", "base_url": "https://b.example/v1"})
        with router(tmp_path, [local, away, named, meant]) as lr:
            Scene(lr, good, good).works(carries=ENV_KEY)
            assert "LOCALROUTER_KEY_A_FOR" in lr.chat(model="away/m").json["error"]["message"]
            assert "was set for https://b.example" in lr.chat(model="named/m").json["error"]["message"]
            states = {each["name"]: each["status"]["state"] for each in lr.rpc("list_providers")}
            assert states == {"up": "ready", "away": "key_elsewhere", "named": "key_elsewhere", "meant": "ready"}


def test_a_header_and_a_proxy_have_secrets_of_their_own(scene: Scene) -> None:
    scene.lr.rpc("set_provider_key", name="up", key="gate-token", field="headers.X-Gate")
    scene.works()
    assert scene.good.asked[-1].headers["x-gate"] == "gate-token"
    shown = scene.lr.rpc("list_providers")[0]
    assert shown["headers"] == {"X-Gate": "store:up header X-Gate"}
    repoint(scene, base_url=scene.evil.url)
    scene.lr.rpc("set_provider_key", name="up", key="sk-for-the-new-one")
    is_told(scene.try_everything(), 'header "X-Gate"', "field=headers.X-Gate")
    assert scene.delivered() == []
    repoint(scene, base_url=scene.good.url)
    scene.lr.rpc("set_provider_key", name="up", key=KEY)
    scene.lr.rpc("delete_provider_key", name="up", field="headers.X-Gate")
    scene.works()
    assert "x-gate" not in scene.good.asked[-1].headers
    with Proxy() as proxy:
        address = f"http://me:password@127.0.0.1:{proxy.port}"
        scene.lr.rpc("set_provider_key", name="up", key=address, field="proxy")
        is_told(scene.try_everything(), "without a proxy")
        scene.lr.rpc("set_provider_key", name="up", key=KEY)
        assert scene.lr.chat(model="up/m").status != 401
        assert b"Proxy-Authorization" in proxy.heads[0] or b"proxy-authorization" in proxy.heads[0]
    refused = scene.lr.rpc_reply("set_provider_key", name="up", key="no address", field="proxy").json
    assert "whole address" in refused["error"]["message"]


def test_names_and_switches_change_nothing_of_where_a_key_may_go(scene: Scene) -> None:
    repoint(scene, new_name="renamed")
    scene.works("renamed")
    for enabled in (False, True):
        scene.lr.rpc("update_provider", name="renamed", enabled=enabled)
    scene.works("renamed")
    scene.lr.rpc("update_provider", name="renamed", base_url=scene.good.url + "/")
    scene.works("renamed")


def version_1(lr: Router, providers: list[dict[str, object]]) -> None:
    """A home as a release before bindings left it."""
    document = json.loads(lr.config.model_dump_json())
    for strategy in document["strategies"]:
        strategy.pop("auto_config", None)
    kept = ("clients", "strategies", "revision")
    lr.home.prepare()
    old = {name: document[name] for name in kept} | {"version": 1, "providers": providers}
    for client in old["clients"]:
        client.pop("lost_strategy_id", None)
    write_private(lr.home.config, json.dumps(old).encode())
    write_private(lr.home.secrets, json.dumps({"a": KEY, "gate": "gate-token"}).encode())


def test_the_credentials_of_a_version_1_home_are_bound_once_to_where_they_pointed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LOCALROUTER_SECRETS", "file")
    monkeypatch.setenv("MY_OWN_KEY", ENV_KEY)
    with ExitStack() as stack:
        good, evil = (stack.enter_context(Upstream(chat)) for _ in range(2))
        lr = router(tmp_path, [])
        base: dict[str, object] = {"preset": "openai-compatible", "base_url": good.url}
        stored = base | {"name": "up", "secret": "store:a", "headers": {"x-gate": "store:gate"}}
        version_1(lr, [stored, base | {"name": "env", "secret": "env:MY_OWN_KEY"}])
        with lr:
            scene = Scene(lr, good, evil)
            scene.works("up")
            asked = [asked for asked in good.asked.copy() if asked.body]  # lists are asked for meanwhile
            assert asked[-1].headers["x-gate"] == "gate-token"
            scene.works("env", ENV_KEY)
            assert json.loads(lr.home.config.read_bytes())["version"] > 1
            for name in ("up", "env"):
                lr.rpc("update_provider", name=name, base_url=evil.url)
                is_told(scene.try_everything(name), good.url.removesuffix("/v1"), "Nothing was sent")
        version_1(lr, [stored | {"base_url": evil.url}, base | {"name": "env", "secret": "env:MY_OWN_KEY"}])
        with Router(lr.home, lr.config, lr.key) as again:  # an old document put back binds nothing anew
            scene = Scene(again, good, evil)
            scene.try_everything("up")
            scene.works("env", ENV_KEY)
            again.rpc("delete_provider", name="env")
            again.rpc("create_provider", name="env", **base, secret="env:MY_OWN_KEY")
            is_told(scene.try_everything("env"), "MY_OWN_KEY", "LOCALROUTER_KEY_NAME")
        assert evil.asked == []


class Proxy:
    """Takes one connection after another, notes the head of its request, and answers 502."""

    def __init__(self) -> None:
        self.heads: list[bytes] = []
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]

    def __enter__(self) -> Proxy:
        threading.Thread(target=self._serve, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            with connection:
                self.heads.append(connection.recv(65_536))
                connection.sendall(b"HTTP/1.1 502 Bad Gateway\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")
