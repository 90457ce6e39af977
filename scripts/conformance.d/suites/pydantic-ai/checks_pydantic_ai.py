"""pydantic-ai: its `openai:` as it comes (responses), its chat model, and its Anthropic model."""

from __future__ import annotations

import os
from collections.abc import Callable

from checks import check, run_checks
from pydantic import BaseModel
from pydantic_ai import Agent
from pydantic_ai.models import Model
from pydantic_ai.models.anthropic import AnthropicModel
from pydantic_ai.models.openai import OpenAIChatModel, OpenAIResponsesModel

MODELS: dict[str, Callable[[], Model]] = {
    "responses": lambda: OpenAIResponsesModel(os.environ["OPENAI_MODEL"]),
    "chat": lambda: OpenAIChatModel(os.environ["OPENAI_MODEL"]),
    "messages": lambda: AnthropicModel(os.environ["ANTHROPIC_MODEL"]),
}
ASKED = "What is the weather in 'Paris'?"


class City(BaseModel):
    name: str
    people: int


def with_tool(model: Model) -> Agent:
    agent = Agent(model, instructions="Be brief.")

    @agent.tool_plain
    def get_weather(city: str) -> str:
        """The weather of a city."""
        return f"sunny in {city}"

    return agent


def register(name: str, make: Callable[[], Model]) -> None:
    @check(f"{name}: plain")
    def _() -> None:
        result = Agent(make(), instructions="Be brief.").run_sync("Hello")
        assert result.output
        assert result.usage

    @check(f"{name}: streamed")
    async def _() -> None:
        async with Agent(make()).run_stream("Hello") as result:
            pieces = [piece async for piece in result.stream_text(delta=True)]
        assert "".join(pieces)

    @check(f"{name}: a tool")
    def _() -> None:
        result = with_tool(make()).run_sync(ASKED)
        assert "tool-return" in {part.part_kind for message in result.all_messages() for part in message.parts}
        assert result.output

    @check(f"{name}: a tool, streamed")
    async def _() -> None:
        async with with_tool(make()).run_stream(ASKED) as result:
            assert await result.get_output()

    @check(f"{name}: three turns with the history")
    def _() -> None:
        agent = with_tool(make())
        first = agent.run_sync(ASKED)
        assert agent.run_sync("And tomorrow?", message_history=first.all_messages()).output

    @check(f"{name}: an answer of a type")
    def _() -> None:
        assert isinstance(Agent(make(), output_type=City).run_sync("Hello").output, City)


for name, make in MODELS.items():
    register(name, make)


@check("the default `openai:` with a model of OpenAI's")
def _() -> None:
    assert Agent("openai:gpt-5").run_sync("Hello").output


@check("the default `anthropic:` with a model of Anthropic's")
def _() -> None:
    assert Agent("anthropic:claude-sonnet-4-5").run_sync("Hello").output


if __name__ == "__main__":
    run_checks()
