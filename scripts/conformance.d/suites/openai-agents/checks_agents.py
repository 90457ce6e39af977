"""OpenAI's Agents SDK as it comes: by responses; and with its chat completions model."""

from __future__ import annotations

import os
from typing import Any

from agents import Agent, OpenAIChatCompletionsModel, Runner, function_tool, set_tracing_disabled
from checks import check, run_checks
from openai import AsyncOpenAI
from pydantic import BaseModel

ASKED = "What is the weather in 'Paris'?"
# The SDK reads `provider/` in a model's name itself; LocalRouter's own names stand behind one of its prefixes.
NAMED = f"openai/{os.environ['OPENAI_MODEL']}" if "LOCALROUTER_URL" in os.environ else os.environ["OPENAI_MODEL"]
set_tracing_disabled(True)


class City(BaseModel):
    name: str
    people: int


@function_tool
def get_weather(city: str) -> str:
    """The weather of a city."""
    return f"sunny in {city}"


def agent(**more: Any) -> Agent[Any]:
    return Agent(**{"name": "A", "instructions": "Be brief.", "model": NAMED} | more)


def chat_model() -> OpenAIChatCompletionsModel:
    return OpenAIChatCompletionsModel(os.environ["OPENAI_MODEL"], AsyncOpenAI(max_retries=0))


@check("the default model")
async def _() -> None:
    assert (await Runner.run(Agent(name="A", instructions="Be brief."), "Hello")).final_output


@check("a named model")
async def _() -> None:
    assert (await Runner.run(agent(), "Hello")).final_output


@check("a stream, its events")
async def _() -> None:
    result = Runner.run_streamed(agent(), "Hello")
    kinds = {event.type async for event in result.stream_events()}
    assert {"raw_response_event", "run_item_stream_event"} <= kinds
    assert result.final_output


@check("a tool")
async def _() -> None:
    result = await Runner.run(agent(tools=[get_weather]), ASKED)
    assert "tool_call_output_item" in {item.type for item in result.new_items}
    assert result.final_output


@check("a tool, streamed")
async def _() -> None:
    result = Runner.run_streamed(agent(tools=[get_weather]), ASKED)
    kinds = [event.item.type async for event in result.stream_events() if event.type == "run_item_stream_event"]
    assert "tool_call_output_item" in kinds
    assert result.final_output


@check("three turns with the history")
async def _() -> None:
    first = await Runner.run(agent(tools=[get_weather]), ASKED)
    turns = [*first.to_input_list(), {"role": "user", "content": "And tomorrow?"}]
    assert (await Runner.run(agent(tools=[get_weather]), turns)).final_output


@check("a handoff")
async def _() -> None:
    result = await Runner.run(agent(handoffs=[agent(name="B")]), "Hello")
    assert result.last_agent.name == "B"
    assert result.final_output


@check("an answer of a type")
async def _() -> None:
    assert isinstance((await Runner.run(agent(output_type=City), "Hello")).final_output, City)


@check("chat completions: plain and streamed")
async def _() -> None:
    own = agent(model=chat_model())
    assert (await Runner.run(own, "Hello")).final_output
    result = Runner.run_streamed(own, "Hello")
    assert [event async for event in result.stream_events()]
    assert result.final_output


@check("chat completions: a tool")
async def _() -> None:
    own = agent(model=chat_model(), tools=[get_weather])
    assert (await Runner.run(own, ASKED)).final_output


if __name__ == "__main__":
    run_checks()
