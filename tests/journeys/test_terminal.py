"""What clients wrote reaches a terminal as text, never as an order to it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from localrouter.domain.configuration.config import Provider
from tests.rig import router

ACTING = "one/\x1b]0;owned\x07\x9b31m\u202e\nERROR forged"


def test_a_models_name_cannot_act_on_the_terminal(tmp_path: Path) -> None:
    provider = Provider(name="one", preset="openai-compatible", base_url="http://127.0.0.1:9/v1")
    with router(tmp_path, [provider]) as lr:
        lr.chat(model=ACTING)
        lr.rows("SELECT 1")
        environment = os.environ | {"LOCALROUTER_HOME": str(lr.home.root), "PYTHONIOENCODING": "utf-8"}
        for verb in (["call", "list_requests"], ["status"], ["call", "list_requests", f"model={ACTING}", "limit=no"]):
            run = subprocess.run(
                [sys.executable, "-m", "localrouter", *verb], env=environment, capture_output=True, check=False
            )
            said = (run.stdout + run.stderr).decode()
            assert not [char for char in said if not char.isprintable() and char != "\n"], said
            assert "\nERROR forged" not in said
            if verb == ["call", "list_requests"]:
                assert [row["model_asked"] for row in json.loads(run.stdout)["items"]] == [ACTING]
