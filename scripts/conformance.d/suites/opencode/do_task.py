"""opencode as it comes from npm: writes a file by a tool call, reads it, and tells what it says."""

from __future__ import annotations

import json
import os

from coding_agents import Agent, run_checks

MODEL = os.environ["OPENAI_MODEL"]
PROVIDER = {
    "npm": "@ai-sdk/openai-compatible",
    "options": {"baseURL": os.environ["OPENAI_BASE_URL"], "apiKey": "{env:ROUTER_KEY}"},
    "models": {MODEL: {}},
}

run_checks(
    Agent(
        name="opencode",
        arguments=("run", "{task}"),
        environment={
            "ROUTER_KEY": os.environ["OPENAI_API_KEY"],
            "OPENCODE_CONFIG_CONTENT": json.dumps({"provider": {"router": PROVIDER}, "model": f"router/{MODEL}"}),
        },
        settings={
            ".config/opencode/opencode.json": json.dumps(
                {"$schema": "https://opencode.ai/config.json", "username": "me"}
            )
        },
        quiet={"OPENCODE_DISABLE_AUTOUPDATE": "1", "OPENCODE_DISABLE_MODELS_FETCH": "1"},
    )
)
