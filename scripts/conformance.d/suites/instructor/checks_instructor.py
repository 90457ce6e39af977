"""instructor: answers of a type, by tools, by JSON schema and by responses, through OpenAI's SDK and Anthropic's."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import Any

import anthropic
import instructor
import openai
from checks import check, run_checks
from pydantic import BaseModel

MODEL = os.environ["OPENAI_MODEL"]
ASKED: Any = [{"role": "user", "content": "Tell me about 'Paris', which has 3 people."}]


class City(BaseModel):
    name: str
    people: int


def by_openai(mode: instructor.Mode) -> Any:
    return instructor.from_openai(openai.OpenAI(max_retries=0), mode=mode)


def by_anthropic(mode: instructor.Mode) -> Any:
    return instructor.from_anthropic(anthropic.Anthropic(max_retries=0), mode=mode)


@check("OpenAI: by tools")
def _() -> None:
    client = by_openai(instructor.Mode.TOOLS)
    assert client.chat.completions.create(model=MODEL, messages=ASKED, response_model=City).name


@check("OpenAI: by JSON schema")
def _() -> None:
    client = by_openai(instructor.Mode.JSON_SCHEMA)
    assert client.chat.completions.create(model=MODEL, messages=ASKED, response_model=City).name


@check("OpenAI: by tools, streamed in part")
def _() -> None:
    client = by_openai(instructor.Mode.TOOLS)
    parts = list(client.chat.completions.create_partial(model=MODEL, messages=ASKED, response_model=City))
    assert parts[-1].name


@check("OpenAI: several of a type")
def _() -> None:
    client = by_openai(instructor.Mode.TOOLS)
    cities = client.chat.completions.create(model=MODEL, messages=ASKED, response_model=Iterable[City])
    assert [city.name for city in cities]


@check("OpenAI: by responses")
def _() -> None:
    client = by_openai(instructor.Mode.RESPONSES_TOOLS)
    assert client.responses.create(model=MODEL, input="Tell me about 'Paris'.", response_model=City).name


@check("OpenAI: async, by tools")
async def _() -> None:
    client = instructor.from_openai(openai.AsyncOpenAI(max_retries=0), mode=instructor.Mode.TOOLS)
    assert (await client.chat.completions.create(model=MODEL, messages=ASKED, response_model=City)).name


@check("Anthropic: by tools")
def _() -> None:
    client = by_anthropic(instructor.Mode.ANTHROPIC_TOOLS)
    model = os.environ["ANTHROPIC_MODEL"]
    assert client.messages.create(model=model, max_tokens=500, messages=ASKED, response_model=City).name


@check("Anthropic: by tools, streamed in part")
def _() -> None:
    client = by_anthropic(instructor.Mode.ANTHROPIC_TOOLS)
    model = os.environ["ANTHROPIC_MODEL"]
    parts = list(client.messages.create_partial(model=model, max_tokens=500, messages=ASKED, response_model=City))
    assert parts[-1].name


if __name__ == "__main__":
    run_checks()
