"""Claude Code as it comes from npm: writes a file by a tool call, reads it, and tells what it says."""

from __future__ import annotations

import json
import os

from coding_agents import Agent, run_checks

MODEL = os.environ["ANTHROPIC_MODEL"]

run_checks(
    Agent(
        name="claude",
        arguments=("--print", "--allowed-tools", "Write", "Read", "--", "{task}"),
        environment={
            "ANTHROPIC_BASE_URL": os.environ["ANTHROPIC_BASE_URL"],
            "ANTHROPIC_AUTH_TOKEN": os.environ["ANTHROPIC_API_KEY"],
            "ANTHROPIC_MODEL": MODEL,
            "ANTHROPIC_DEFAULT_HAIKU_MODEL": MODEL,
        },
        settings={".claude/settings.json": json.dumps({"model": "opus", "includeCoAuthoredBy": False})},
        quiet={"CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1", "DISABLE_AUTOUPDATER": "1"},
    )
)
