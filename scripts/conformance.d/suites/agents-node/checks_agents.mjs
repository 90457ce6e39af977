// The Agents SDK as it comes: its defaults, so by responses and with its own default model.
import { Agent, OpenAIChatCompletionsModel, run, setTracingDisabled, tool, handoff } from "@openai/agents";
import OpenAI from "openai";
import { z } from "zod";
import { check, end, holds, says } from "./checks.mjs";

setTracingDisabled(true); // it would call its maker

const model = process.env.OPENAI_MODEL;
const client = new OpenAI();
const Place = z.object({ city: z.string(), degrees: z.number() });
const WAYS = {
  "by default": {},
  "a named model": { model },
  "by chat": { model: new OpenAIChatCompletionsModel(client, model) },
};

function weather(cities) {
  return tool({
    name: "weather",
    description: "The weather of a city",
    parameters: z.object({ city: z.string() }),
    execute: async ({ city }) => {
      cities.push(city);
      return `sunny in ${city}`;
    },
  });
}

for (const [way, asked] of Object.entries(WAYS)) {
  const agent = (more) => new Agent({ name: "Clerk", instructions: "Be brief", ...asked, ...more });

  await check(`${way}: plain`, async () => {
    says((await run(agent(), "Say hello")).finalOutput);
  });

  await check(`${way}: streamed`, async () => {
    const result = await run(agent(), "Say hello", { stream: true });
    let text = "";
    for await (const piece of result.toTextStream()) text += piece;
    await result.completed;
    says(text);
  });

  for (const stream of [false, true]) {
    await check(`${way}: tools${stream ? ", streamed" : ""}`, async () => {
      const cities = [];
      const result = await run(agent({ tools: [weather(cities)] }), "The weather?", { stream });
      if (stream) {
        for await (const _ of result) continue;
        await result.completed;
      }
      holds(cities.length > 0 && cities.every((city) => typeof city === "string"), "the tool did not run");
      says(result.finalOutput);
    });
  }

  await check(`${way}: handed over to another agent`, async () => {
    const other = agent({ name: "Other" });
    const result = await run(agent({ handoffs: [handoff(other)] }), "Hand over");
    says(result.finalOutput);
    holds(result.lastAgent.name === "Other", `it ended with ${result.lastAgent.name}`);
  });

  await check(`${way}: an answer by a schema`, async () => {
    Place.parse((await run(agent({ outputType: Place }), "A place")).finalOutput);
  });

  await check(`${way}: three turns with a tool`, async () => {
    const clerk = agent({ tools: [weather([])] });
    const first = await run(clerk, "The weather?");
    const second = await run(clerk, [...first.history, { role: "user", content: "And now?" }]);
    const third = await run(clerk, [...second.history, { role: "user", content: "Thank you" }]);
    says(third.finalOutput);
  });
}

end();
