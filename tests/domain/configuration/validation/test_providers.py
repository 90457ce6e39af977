from __future__ import annotations

import pytest

from localrouter.domain.configuration.config import Config, Server
from localrouter.domain.configuration.validation.providers import is_auth_like, is_reference
from tests.documents import a_config, a_provider, places, remarks

SECRET = "sk-very-secret"


def places_of(**fields: object) -> list[str]:
    """The errors of one provider, by their places in it."""
    found = places(a_config(providers=(a_provider("p", **fields),)))
    return [place.removeprefix("providers[0].") for place in found]


def with_server(base_url: str, **server: object) -> Config:
    config = a_config(providers=(a_provider("p", base_url=base_url),))
    return config.model_copy(update={"server": Server.model_validate(server)})


@pytest.mark.parametrize("name", [" ", "a/b", "localrouter", "LocalRouter", "a\x00b"])
def test_a_name_shows_something_holds_no_slash_and_is_not_the_routers(name: str) -> None:
    assert places_of(name=name) == ["name"]


def test_names_are_unique_without_regard_to_case() -> None:
    assert places(a_config(providers=(a_provider("OpenAI"), a_provider("openai")))) == ["providers[1].name"]


def test_an_unknown_preset_is_refused_naming_the_known_ones() -> None:
    (finding,) = remarks(a_config(providers=(a_provider("p", preset="x"),)))
    assert finding.path == "providers[0].preset"
    assert "ollama, openai, openai-compatible" in finding.message


@pytest.mark.parametrize(
    "url", ["https://api.example.com/v1", "http://localhost:11434", "http://[::1]:8080/v1/", "https://127.0.0.1"]
)
def test_a_base_url_is_any_http_address(url: str) -> None:
    assert places_of(base_url=url) == []


@pytest.mark.parametrize(
    "url",
    [
        "",
        "api.example.com/v1",
        "ftp://example.com",
        "file:///etc/passwd",
        "https://",
        "https:///v1",
        "http://example.com:99999",
        "http://[::1",
        "http://exa mple.com",
        "http://example.com/\n",
        "http://example.com/v1?key=1",
        "http://example.com/v1#x",
    ],
)
def test_a_base_url_that_cannot_be_called_is_refused(url: str) -> None:
    assert places_of(base_url=url) == ["base_url"]


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:3625/v1",
        "http://localhost:3625",
        "http://LOCALHOST.:3625",
        "http://app.localhost:3625",
        "http://127.9.9.9:3625",
        "http://[::1]:3625",
        "http://[::ffff:127.0.0.1]:3625",
        "http://0.0.0.0:3625",
        "https://127.0.0.1:3625/v1",
    ],
)
def test_a_base_url_that_is_this_router_is_refused(url: str) -> None:
    assert places_of(base_url=url) == ["base_url"]


def test_the_routers_own_host_and_port_are_those_of_the_document() -> None:
    assert places(with_server("http://192.168.1.5:80/v1", host="192.168.1.5", port=80)) == ["providers[0].base_url"]
    assert places(with_server("http://192.168.1.5/v1", host="192.168.1.5", port=80)) == ["providers[0].base_url"]
    assert places(with_server("http://box.example:9000", allowed_hosts=("Box.example",), port=9000)) == [
        "providers[0].base_url"
    ]
    assert places(with_server("http://[fd00::5]:9000", host="fd00::5", port=9000)) == ["providers[0].base_url"]
    assert places(with_server("http://192.168.1.5:81/v1", host="192.168.1.5", port=80)) == []
    assert places(with_server("http://127.0.0.1:3625/v1", port=9000)) == []


@pytest.mark.parametrize("field", ["base_url", "proxy"])
def test_an_address_that_holds_a_password_is_refused_without_repeating_it(field: str) -> None:
    config = a_config(providers=(a_provider("p", **{field: f"http://user:{SECRET}@example.com"}),))
    (finding,) = remarks(config)
    assert finding.path == f"providers[0].{field}"
    assert SECRET not in finding.message


def test_a_proxy_is_an_http_address_or_kept_apart_whole() -> None:
    assert places_of(proxy="http://proxy.example.com:3128") == []
    assert places_of(proxy="env:HTTPS_PROXY") == []
    assert places_of(proxy="proxy.example.com") == ["proxy"]


@pytest.mark.parametrize("value", ["store:p", "store:my key", "env:OPENAI_API_KEY", "env:_x"])
def test_a_secret_is_named_by_where_it_is_kept(value: str) -> None:
    assert is_reference(value)
    assert places_of(secret=value) == []


@pytest.mark.parametrize(
    "value", [SECRET, "", "store:", "env:", "env:A-B", "env:1A", "store: a", "store:a\n", "STORE:a"]
)
def test_a_secret_that_is_no_reference_is_refused_without_repeating_it(value: str) -> None:
    (finding,) = remarks(a_config(providers=(a_provider("p", secret=value),)))
    assert finding.path == "providers[0].secret"
    assert not value or value not in finding.message or value in ("store:", "env:")


@pytest.mark.parametrize(
    "name",
    [
        "authorization",
        "Authorization",
        "Proxy-Authorization",
        "x-api-key",
        "api-key",
        "ApiKey",
        "cookie",
        "Ocp-Apim-Subscription-Key",
        "x-auth-token",
        "x_access_token",
        "cf-access-client-secret",
        "X-Auth",
        "x-password",
    ],
)
def test_a_header_that_usually_carries_a_secret_needs_a_reference(name: str) -> None:
    assert is_auth_like(name)
    (finding,) = remarks(a_config(providers=(a_provider("p", headers={name: SECRET}),)))
    assert finding.path == f"providers[0].headers.{name}"
    assert SECRET not in finding.message
    assert places_of(headers={name: "env:TOKEN"}) == []


@pytest.mark.parametrize("name", ["OpenAI-Organization", "x-title", "anthropic-version", "x-tokens", "keynote"])
def test_other_headers_are_free(name: str) -> None:
    assert places_of(headers={name: "any text"}) == []


def test_headers_that_would_break_a_request_are_refused() -> None:
    assert places_of(headers={"a b": "x"}) == ["headers"]
    assert places_of(headers={"x-a": "x\r\ny: z"}) == ["headers.x-a"]
    assert places_of(headers={"x-a": "€"}) == ["headers.x-a"]
    assert places_of(headers={"Content-Length": "5"}) == ["headers.Content-Length"]
    assert places_of(headers={"x-a": "1", "X-A": "2"}) == ["headers.X-A"]


def test_declared_models_show_something() -> None:
    assert places_of(models=("a", " ")) == ["models[1]"]


def test_the_cap_on_answers_is_not_dropped() -> None:
    assert places_of(request_fields={"drop": ("user", "max_tokens"), "output_cap": "max_output_tokens"}) == []
    assert places_of(request_fields={"drop": ("user", "limit"), "output_cap": "limit"}) == ["request_fields.drop"]
