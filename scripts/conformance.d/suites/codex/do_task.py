"""Codex as it comes from npm: writes a file by a tool call, reads it, and tells what it says."""

from __future__ import annotations

import os

from coding_agents import Agent, run_checks

SETTINGS = 'model = "theirs"\nmodel_reasoning_effort = "low"\n'
PROVIDER = {
    "name": "Router",
    "base_url": os.environ["OPENAI_BASE_URL"],
    "env_key": "ROUTER_KEY",
    "wire_api": "responses",
}

run_checks(
    Agent(
        name="codex",
        arguments=(
            *("exec", "--skip-git-repo-check", "--dangerously-bypass-approvals-and-sandbox"),
            *("-c", "analytics.enabled=false", "-c", "check_for_update_on_startup=false", "{task}"),
        ),
        plain_arguments=(
            *("-c", 'model_provider="router"', "-c", f'model="{os.environ["OPENAI_MODEL"]}"'),
            *(word for name, value in PROVIDER.items() for word in ("-c", f'model_providers.router.{name}="{value}"')),
        ),
        environment={"ROUTER_KEY": os.environ["OPENAI_API_KEY"]},
        settings={".codex/config.toml": SETTINGS},
    )
)
