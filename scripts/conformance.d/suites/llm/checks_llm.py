"""llm, the command: asked plainly, streamed, with a tool, with a schema, and in a conversation."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

from checks import check, run_checks

MODEL = os.environ["OPENAI_MODEL"]
FOLDER = Path.home() / "llm"
TOOL = '''
def get_weather(city: str) -> str:
    """The weather of a city."""
    return "sunny in " + city
'''


def configure() -> None:
    """A model in llm's own configuration, as its documentation tells for servers that speak OpenAI's dialect."""
    FOLDER.mkdir()
    model = {
        "model_id": MODEL,
        "model_name": MODEL,
        "api_base": os.environ["OPENAI_BASE_URL"],
        "api_key_name": "own",
        "supports_tools": True,
        "supports_schema": True,
        "vision": True,
    }
    (FOLDER / "extra-openai-models.yaml").write_text(json.dumps([model]))
    (FOLDER / "keys.json").write_text(json.dumps({"own": os.environ["OPENAI_API_KEY"]}))


def llm(*arguments: str) -> str:
    environment = os.environ | {"LLM_USER_PATH": str(FOLDER)}
    done = subprocess.run(["llm", *arguments], env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr.strip()
    return done.stdout.strip()


@check("a prompt, streamed")
def _() -> None:
    assert llm("-m", MODEL, "Hello")


@check("a prompt, whole, with a system prompt")
def _() -> None:
    assert llm("-m", MODEL, "--no-stream", "-s", "Be brief.", "Hello")


@check("a conversation goes on")
def _() -> None:
    llm("-m", MODEL, "Hello")
    assert llm("-c", "And then?")


@check("a tool is called, and its result told")
def _() -> None:
    told = llm("-m", MODEL, "--functions", TOOL, "--td", "What is the weather in 'Paris'?")
    assert told


@check("an answer by a schema")
def _() -> None:
    assert set(json.loads(llm("-m", MODEL, "--schema", "name, people int", "A city"))) == {"name", "people"}


@check("a picture")
def _() -> None:
    picture = Path("pixel.png")
    picture.write_bytes(
        bytes.fromhex(
            "89504e470d0a1a0a0000000d4948445200000001000000010806000000"
            "1f15c4890000000d49444154789c6364f8cf500f0003860180"
            "5a347d6b0000000049454e44ae426082"
        )
    )
    assert llm("-m", MODEL, "-a", str(picture), "What is this?")


if __name__ == "__main__":
    configure()
    run_checks()
