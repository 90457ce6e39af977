"""aider: asked a question, and told to change a file, by OpenAI's dialect and by Anthropic's."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from checks import check, run_checks

QUIET = ("--no-check-update", "--no-show-model-warnings", "--analytics-disable", "--no-show-release-notes")
BY_ITSELF = ("--yes-always", "--no-git", "--no-pretty", "--no-gitignore", "--no-detect-urls")


def aider(model: str, *arguments: str) -> str:
    environment = os.environ | {
        "OPENAI_API_BASE": os.environ["OPENAI_BASE_URL"],
        "LITELLM_LOCAL_MODEL_COST_MAP": "True",
    }
    command = ["aider", "--model", model, *QUIET, *BY_ITSELF, *arguments]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=200)
    said = done.stdout + done.stderr
    assert done.returncode == 0, said.strip()[-200:]
    assert "litellm." not in said, said[said.index("litellm.") :][:200]  # so its errors begin; it exits with 0
    return said


def register(name: str, model: str) -> None:
    @check(f"{name}: a question, streamed")
    def _() -> None:
        said = aider(model, "--chat-mode", "ask", "--message", "Hello")
        assert "Tokens:" in said, said


def register_edit(name: str, model: str) -> None:
    @check(f"{name}: a file is changed")
    def _() -> None:
        Path("greeting.txt").write_text("Hello\n")
        aider(
            model,
            "--edit-format",
            "whole",
            "--no-stream",
            "greeting.txt",
            "--message",
            "Make the greeting say 'Good morning'.",
        )
        assert Path("greeting.txt").read_text() == "Good morning\n"


for dialect, served in (
    ("OpenAI", f"openai/{os.environ['OPENAI_MODEL']}"),
    ("Anthropic", f"anthropic/{os.environ['ANTHROPIC_MODEL']}"),
):
    register(dialect, served)
    if os.environ["UPSTREAM"] == "scripted":
        register_edit(dialect, served)


if __name__ == "__main__":
    run_checks()
