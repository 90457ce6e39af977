from __future__ import annotations

import pytest

from localrouter.dialects.registry import DEFAULT_CLIENT, DIALECTS
from localrouter.dialects.unserved.spoken import spoken_at

CHAT, RESPONSES, MESSAGES, GEMINI = DIALECTS.clients


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/v1/chat/completions", CHAT),
        ("/chat/completions/", CHAT),
        ("/v1/v1/embeddings", CHAT),
        ("/v1/responses/resp_1/unknown", RESPONSES),
        ("/v1/messages", MESSAGES),
        ("//messages//count_tokens", MESSAGES),
        ("/v1/messages/unknown", MESSAGES),
        ("/v1beta/models/one/m:generateContent", GEMINI),
        ("/v1/models/one/m:countTokens", GEMINI),
        ("/models/m:streamGenerateContent", GEMINI),
        ("/v1alpha/unknown", GEMINI),
        ("/v1beta", GEMINI),
        ("/v1/models", CHAT),
        ("/v1/models/llama3:latest", CHAT),
        ("/rpc", CHAT),
        ("/", CHAT),
        ("", CHAT),
        ("/v1", CHAT),
    ],
)
def test_a_path_tells_its_dialect_served_or_not(path: str, name: str) -> None:
    assert spoken_at(path).name == name


def test_where_the_path_tells_none_the_programs_headers_do() -> None:
    told = [(b"anthropic-version", b"2023-06-01")]
    assert spoken_at("/v1/models", told).name == MESSAGES
    assert spoken_at("/v1/unknown", told).name == MESSAGES
    assert spoken_at("/v1/chat/completions", told) is DEFAULT_CLIENT
