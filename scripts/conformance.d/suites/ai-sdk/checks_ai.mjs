// The AI SDK as it comes, with each of its providers that can be pointed at LocalRouter.
import { createAnthropic } from "@ai-sdk/anthropic";
import { createOpenAI } from "@ai-sdk/openai";
import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import { embedMany, generateText, Output, stepCountIs, streamText, tool } from "ai";
import { z } from "zod";
import { check, end, holds, same, says } from "./checks.mjs";

globalThis.AI_SDK_LOG_WARNINGS = false;
const { OPENAI_BASE_URL, OPENAI_API_KEY, OPENAI_MODEL, ANTHROPIC_BASE_URL, ANTHROPIC_MODEL, EMBEDDING_MODEL } = process.env;
const openai = createOpenAI(); // reads the variables by itself
const anthropic = createAnthropic({ baseURL: `${ANTHROPIC_BASE_URL}/v1` });
const compatible = createOpenAICompatible({
  name: "localrouter",
  baseURL: OPENAI_BASE_URL,
  apiKey: OPENAI_API_KEY,
  includeUsage: true,
  supportsStructuredOutputs: true,
});

const MODELS = {
  "openai, as it comes": { model: openai(OPENAI_MODEL) },
  "openai, nothing stored": { model: openai(OPENAI_MODEL), providerOptions: { openai: { store: false } } },
  "openai, chat": { model: openai.chat(OPENAI_MODEL) },
  "openai-compatible": { model: compatible(OPENAI_MODEL) },
  anthropic: { model: anthropic(ANTHROPIC_MODEL) },
};

const Place = z.object({ city: z.string(), degrees: z.number() });

function tools(cities) {
  const inputSchema = z.object({ city: z.string() });
  const execute = async ({ city }) => {
    cities.push(city);
    return `sunny in ${city}`;
  };
  return { weather: tool({ description: "The weather of a city", inputSchema, execute }) };
}

function loop(cities) {
  return { prompt: "The weather?", tools: tools(cities), stopWhen: stepCountIs(4) };
}

async function failing(stream) {
  for await (const part of stream.fullStream) if (part.type === "error") throw part.error;
}

for (const [name, asked] of Object.entries(MODELS)) {
  await check(`${name}: generateText`, async () => {
    const answer = await generateText({ ...asked, system: "Be brief", prompt: "Say hello" });
    says(answer.text);
    same(answer.finishReason, "stop", "the finish reason");
    holds(answer.usage.totalTokens >= 0, "usage came");
  });

  await check(`${name}: streamText`, async () => {
    const stream = streamText({ ...asked, prompt: "Say hello" });
    let text = "";
    for await (const part of stream.fullStream) {
      if (part.type === "error") throw part.error;
      if (part.type === "text-delta") text += part.text;
    }
    says(text);
    same(await stream.text, text, "the whole text");
    same(await stream.finishReason, "stop", "the finish reason");
  });

  await check(`${name}: tools, several steps`, async () => {
    const cities = [];
    const answer = await generateText({ ...asked, ...loop(cities) });
    holds(cities.length > 0 && cities.every((city) => typeof city === "string"), "the tool did not run");
    says(answer.text);
    holds(answer.steps.length > 1, "there was one step");
  });

  await check(`${name}: tools, several steps, streamed`, async () => {
    const cities = [];
    const stream = streamText({ ...asked, ...loop(cities) });
    await failing(stream);
    holds(cities.length > 0, "the tool did not run");
    says(await stream.text);
  });

  await check(`${name}: a conversation with a tool that goes on`, async () => {
    const messages = [{ role: "user", content: "The weather?" }];
    const first = await generateText({ ...asked, messages, tools: tools([]), stopWhen: stepCountIs(4) });
    messages.push(...first.response.messages, { role: "user", content: "Thank you" });
    says((await generateText({ ...asked, messages })).text);
  });

  await check(`${name}: an object by a schema`, async () => {
    const output = Output.object({ schema: Place });
    Place.parse((await generateText({ ...asked, prompt: "A place", output })).output);
  });

  await check(`${name}: an object by a schema, streamed`, async () => {
    const stream = streamText({ ...asked, prompt: "A place", output: Output.object({ schema: Place }) });
    await failing(stream);
    Place.parse(await stream.output);
  });
}

await check("openai, nothing stored: several steps with thoughts", async () => {
  const cities = [];
  const model = openai(OPENAI_MODEL.replace("gpt-4o-mini", "gpt-5-mini"));
  const providerOptions = { openai: { store: false, reasoningEffort: "low", reasoningSummary: "auto" } };
  const answer = await generateText({ model, providerOptions, ...loop(cities) });
  holds(cities.length > 0, "the tool did not run");
  says(answer.text);
});

await check("anthropic: several steps with thoughts", async () => {
  const cities = [];
  const model = anthropic(ANTHROPIC_MODEL.replace("gpt-4o-mini", "gpt-5-mini"));
  const providerOptions = { anthropic: { thinking: { type: "enabled", budgetTokens: 1024 } } };
  const answer = await generateText({ model, providerOptions, ...loop(cities) });
  holds(cities.length > 0, "the tool did not run");
  says(answer.text);
});

await check("openai, as it comes: several steps with thoughts", async () => {
  const model = openai(OPENAI_MODEL.replace("gpt-4o-mini", "gpt-5-mini"));
  const providerOptions = { openai: { reasoningEffort: "low", reasoningSummary: "auto" } };
  says((await generateText({ model, providerOptions, ...loop([]) })).text);
});

await check("openai: embeddings", async () => {
  const { embeddings } = await embedMany({ model: openai.embedding(EMBEDDING_MODEL), values: ["one", "two"] });
  same(embeddings.length, 2, "the number of vectors");
});

end();
