"""No field of a request leads to a model that its strategy does not allow."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from localrouter.domain.configuration.config import AvailableModelsSelection, Provider
from tests.rig import CHAT, auto, router
from tests.upstream import Upstream, chat

MESSAGES: dict[str, Any] = {"max_tokens": 5, "messages": CHAT["messages"]}
TEXT: dict[str, Any] = {"input": "Hello"}
WAYS: dict[str, tuple[dict[str, Any], ...]] = {
    "/v1/chat/completions": (
        *({"models": ["a", "dear"]}, {"fallbacks": [{"model": "dear"}]}, {"preset": "mine"}),
        {"tools": [{"type": "advisor", "name": "x", "model": "dear"}]},
    ),
    "/v1/messages": (
        {"fallbacks": [{"model": "dear"}]},
        {"tools": [{"type": "advisor_20260301", "name": "x", "model": "dear"}]},
    ),
    "/v1/responses": ({"models": ["dear"]}, {"tools": [{"type": "image_generation", "model": "dear"}]}),
}
BODIES = {"/v1/chat/completions": CHAT, "/v1/messages": MESSAGES, "/v1/responses": TEXT}


@pytest.mark.parametrize("path", WAYS)
def test_a_model_named_beside_the_own_needs_permission_too(tmp_path: Path, path: str) -> None:
    with Upstream(chat) as up:
        one = Provider(name="one", preset="openai-compatible", base_url=up.url, models=("a", "dear"))
        chosen = AvailableModelsSelection(selected_all=False, selected_models=(("one", "a"),))
        with router(tmp_path, [one], auto=auto(("one", "a")), allowed_models=chosen) as lr:
            for more in WAYS[path]:
                for model in ("one/a", "localrouter/auto"):
                    reply = lr.request("POST", path, BODIES[path] | more | {"model": model})
                    assert reply.status in (400, 403, 404), (more, model)
                    assert b"not allow" in reply.body or b"not_allowed" in reply.body, reply.body
            assert not [asked for asked in up.asked if asked.body]
            assert lr.chat(model="one/a", models=["a"]).status == 200
