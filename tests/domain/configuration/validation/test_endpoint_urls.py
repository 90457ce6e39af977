from __future__ import annotations

import pytest

from localrouter.dialects.presets import PRESETS, base_url_for
from localrouter.domain.configuration.repair import heal
from localrouter.domain.configuration.validation.endpoint_urls import as_meant, names_endpoint, without_endpoint
from tests.documents import a_config, a_provider, places

HOST = "https://api.example.com"


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        (f"{HOST}/v1/chat/completions", f"{HOST}/v1"),
        (f"{HOST}/v1/chat/completions/", f"{HOST}/v1"),
        (f"{HOST}/v1//Chat/Completions//", f"{HOST}/v1"),
        (f"{HOST}/v1/completions", f"{HOST}/v1"),
        (f"{HOST}/v1/models", f"{HOST}/v1"),
        (f"{HOST}/v1/embeddings", f"{HOST}/v1"),
        (f"{HOST}/v1/responses", f"{HOST}/v1"),
        (f"{HOST}/v1/messages", f"{HOST}/v1"),
        (f"{HOST}/v1/messages/count_tokens", f"{HOST}/v1"),
        (f"{HOST}/v1beta/models/gemini-2.5-flash:generateContent", f"{HOST}/v1beta"),
        (f"{HOST}/openai/deployments/gpt-4o/chat/completions", f"{HOST}/openai/deployments/gpt-4o"),
        (f"{HOST}/v1/?", f"{HOST}/v1"),
        (f"{HOST}/v1#", f"{HOST}/v1"),
    ],
)
def test_an_endpoint_given_as_base_url_is_trimmed_to_what_was_meant(given: str, meant: str) -> None:
    assert names_endpoint(given)
    assert without_endpoint(given) == meant
    assert as_meant(a_provider("p", base_url=given)).base_url == meant
    assert base_url_for(PRESETS["openai-compatible"], given) == meant
    assert places(a_config(providers=(as_meant(a_provider("p", base_url=given)),))) == []


@pytest.mark.parametrize("given", [f"{HOST}/v1", f"{HOST}/v1/", HOST, f"{HOST}/", f"{HOST}/my-models", f"{HOST}/chat"])
def test_a_base_url_that_names_no_endpoint_stays_as_it_was_written(given: str) -> None:
    assert not names_endpoint(given)
    assert as_meant(a_provider("p", base_url=given)).base_url == given


def test_an_endpoint_below_no_path_is_called_there_and_not_below_the_presets_path() -> None:
    provider = as_meant(a_provider("p", base_url=f"{HOST}/chat/completions"))
    assert base_url_for(PRESETS["openai-compatible"], provider.base_url) == HOST
    assert base_url_for(PRESETS["openai-compatible"], HOST) == f"{HOST}/v1"


def test_an_api_version_behind_an_endpoint_becomes_the_providers_own() -> None:
    given = f"{HOST}/openai/deployments/gpt-4o/chat/completions?api-version=2024-10-21"
    provider = as_meant(a_provider("p", base_url=given))
    assert (provider.base_url, provider.api_version) == (f"{HOST}/openai/deployments/gpt-4o", "2024-10-21")
    chosen = as_meant(a_provider("p", base_url=given, api_version="preview"))
    assert chosen.api_version == "preview"


def test_a_query_that_may_hold_a_key_is_refused_as_before() -> None:
    given = f"{HOST}/v1/chat/completions?key=1"
    provider = as_meant(a_provider("p", base_url=given))
    assert provider.base_url == given
    assert places(a_config(providers=(provider,))) == ["providers[0].base_url"]


def test_a_document_with_an_endpoint_is_put_right_and_told() -> None:
    config = a_config(providers=(a_provider("p", base_url=f"{HOST}/v1/chat/completions"), a_provider("q")))
    healed, told = heal(config)
    assert [provider.base_url for provider in healed.providers] == [f"{HOST}/v1", None]
    assert told == (f'The base URL of "p" named an endpoint. It is {HOST}/v1 now.',)
    assert heal(healed) == (healed, ())
