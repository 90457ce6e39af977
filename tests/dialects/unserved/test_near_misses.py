"""Paths with a slash too many, or with /v1 twice, are served; others stay what they are."""

from __future__ import annotations

import pytest

from localrouter.dialects.unserved.near_misses import forgiven

SERVED = frozenset(f"{prefix}/{path}" for prefix in ("", "/v1") for path in ("chat/completions", "embeddings"))


@pytest.mark.parametrize(
    ("path", "meant"),
    [
        ("/v1//chat/completions", "/v1/chat/completions"),
        ("//v1/chat/completions", "/v1/chat/completions"),
        ("/v1/chat//completions", "/v1/chat/completions"),
        ("/v1/chat/completions/", "/v1/chat/completions"),
        ("/v1/v1/chat/completions", "/v1/chat/completions"),
        ("/v1/v1//v1/embeddings//", "/v1/embeddings"),
        ("/chat/completions/", "/chat/completions"),
        ("/v1/models/", "/v1/models"),
        ("/v1//models", "/v1/models"),
        ("/v1/v1/models", "/v1/models"),
        ("//models//", "/v1/models"),
        ("/v1/v1/models/up/some//model", "/v1/models/up/some//model"),
        ("/v1//models//up/m/", "/v1/models/up/m/"),
        ("/v1beta/v1beta/models/up/m:generateContent", "/v1beta/models/up/m:generateContent"),
        ("/v1/v1beta//models/up/m:generateContent//", "/v1beta/models/up/m:generateContent"),
        ("//v1alpha/models/", "/v1alpha/models"),
    ],
)
def test_what_was_meant_is_found(path: str, meant: str) -> None:
    assert forgiven(path, SERVED) == meant


@pytest.mark.parametrize(
    "path",
    [
        *(
            "/v1/chat/completions",
            "/v1/models",
            "/v1/models/up/m",
            "/rpc/",
            "//rpc",
            "/v1/rpc",
            "/v1//events",
            "/",
            "",
            "//",
        ),
        *("/v1/chat/completions/x", "/api/v1/chat/completions", "/v2/chat/completions", "/v1/../rpc", "/v1/chat"),
        *("/v1/chat/completions ", "/v1/modelsx", "/x/v1/models", "/V1/chat/completions", "/v1/chat/completions\n"),
    ],
)
def test_nothing_else_is_guessed(path: str) -> None:
    assert forgiven(path, SERVED) is None
