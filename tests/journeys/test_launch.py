"""From an installed program to a routed answer in one command, with nothing of the program's own changed."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from pathlib import Path

from tests.upstream import Upstream, answer, chat

PROGRAM = """#!/bin/sh
echo "args: $*"
exec {python} -c '
import os, sys, urllib.request, json
asked = urllib.request.Request(
    os.environ["OPENAI_BASE_URL"] + "/chat/completions",
    json.dumps({{"model": "one/a", "messages": [{{"role": "user", "content": "Hello"}}]}}).encode(),
    {{"content-type": "application/json", "authorization": "Bearer " + os.environ["OPENAI_API_KEY"]}},
)
print(json.load(urllib.request.urlopen(asked, timeout=20))["choices"][0]["message"]["content"])
sys.exit(5)
'
"""


def digests(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_one_command_starts_the_router_and_the_program_and_changes_none_of_its_files(tmp_path: Path) -> None:
    owner, programs, home = tmp_path / "owner", tmp_path / "bin", tmp_path / "home"
    for folder in (owner / ".config" / "agent", programs):
        folder.mkdir(parents=True)
    (owner / ".config" / "agent" / "settings.json").write_text('{"model": "theirs"}')
    (programs / "agent").write_text(PROGRAM.format(python=sys.executable))
    (programs / "agent").chmod(0o755)
    environment = {
        **os.environ,
        "HOME": str(owner),
        "PATH": f"{programs}:{os.environ['PATH']}",
        "LOCALROUTER_SECRETS": "file",
    }

    def type_in(*words: str) -> subprocess.CompletedProcess[str]:
        line = [sys.executable, "-m", "localrouter", *words]
        return subprocess.run(line, env=environment, capture_output=True, text=True, timeout=60, check=False)

    def at_home(verb: str, *words: str) -> subprocess.CompletedProcess[str]:
        return type_in(verb, "--home", str(home), *words)

    def serve(asked):  # type: ignore[no-untyped-def]
        if asked.path.endswith("/models"):
            yield answer(200, {"object": "list", "data": [{"id": "a"}]})
        else:
            yield from chat(asked)

    with Upstream(serve) as up:
        at_home("call", "create_provider", "name=one", "preset=openai-compatible", f"base_url={up.url}")
        at_home("call", "update_server_config", "port=0")
        before = digests(owner)
        try:
            launched = at_home("launch", "--model", "one/a", "--", "agent", "--flag", "two words")
            assert (launched.returncode, launched.stdout) == (5, "args: --flag two words\nHello\n"), launched.stderr
            assert "LocalRouter now serves at" in launched.stderr
            assert at_home("status").returncode == 0, "the router goes on"
        finally:
            stopped = at_home("stop")
        assert "has stopped" in stopped.stdout
        assert digests(owner) == before
