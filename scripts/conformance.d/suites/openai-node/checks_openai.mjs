// The `openai` package as it comes: chat, responses and embeddings, with its own helpers.
import OpenAI from "openai";
import { zodResponseFormat, zodTextFormat } from "openai/helpers/zod";
import { z } from "zod";
import { check, end, holds, refused, same, says } from "./checks.mjs";

const model = process.env.OPENAI_MODEL;
const client = new OpenAI({ maxRetries: 0 });
const hi = [{ role: "user", content: "Say hello" }];
const weather = {
  name: "weather",
  description: "The weather of a city",
  parameters: {
    type: "object",
    properties: { city: { type: "string" } },
    required: ["city"],
    additionalProperties: false,
  },
};
const time = { ...weather, name: "time", description: "The time in a city" };
const chatTools = [weather, time].map((each) => ({ type: "function", function: each }));
const tools = [weather, time].map((each) => ({ type: "function", strict: true, ...each }));
const Place = z.object({ city: z.string(), degrees: z.number() });

function calls(message) {
  const made = message.tool_calls ?? [];
  holds(made.length > 0, "the model called no tool");
  for (const each of made) says(JSON.parse(each.function.arguments).city, "the argument");
  return made;
}

await check("chat: whole", async () => {
  const answer = await client.chat.completions.create({ model, messages: hi });
  says(answer.choices[0].message.content);
  same(answer.choices[0].finish_reason, "stop", "the finish reason");
  holds(answer.usage.total_tokens === answer.usage.prompt_tokens + answer.usage.completion_tokens, "usage adds up");
  says(answer._request_id, "the request id");
});

await check("chat: streamed, with usage at the end", async () => {
  const stream = await client.chat.completions.create({
    model,
    messages: hi,
    stream: true,
    stream_options: { include_usage: true },
  });
  let [text, finish, usage] = ["", null, null];
  for await (const chunk of stream) {
    text += chunk.choices[0]?.delta?.content ?? "";
    finish = chunk.choices[0]?.finish_reason ?? finish;
    usage = chunk.usage ?? usage;
  }
  says(text);
  same(finish, "stop", "the finish reason");
  holds(usage?.total_tokens >= 0, "usage came");
});

await check("chat: no usage where none was asked for", async () => {
  const stream = await client.chat.completions.create({ model, messages: hi, stream: true });
  for await (const chunk of stream) holds(chunk.choices.length > 0 && !chunk.usage, "a chunk of usage came");
});

await check("chat: its stream helper", async () => {
  const seen = [];
  const stream = client.chat.completions.stream({ model, messages: hi });
  stream.on("content.delta", ({ delta }) => seen.push(delta));
  const answer = await stream.finalChatCompletion();
  same(seen.join(""), answer.choices[0].message.content, "the sum of the pieces");
});

await check("chat: parsed by a schema", async () => {
  const answer = await client.chat.completions.parse({
    model,
    messages: hi,
    response_format: zodResponseFormat(Place, "place"),
  });
  Place.parse(answer.choices[0].message.parsed);
});

await check("chat: parsed by a schema, streamed", async () => {
  const stream = client.chat.completions.stream({
    model,
    messages: hi,
    response_format: zodResponseFormat(Place, "place"),
  });
  Place.parse((await stream.finalChatCompletion()).choices[0].message.parsed);
});

await check("chat: tools, three turns", async () => {
  const messages = [{ role: "user", content: "The weather?" }];
  const first = await client.chat.completions.create({ model, messages, tools: chatTools });
  same(first.choices[0].finish_reason, "tool_calls", "the finish reason");
  const made = calls(first.choices[0].message);
  messages.push(first.choices[0].message);
  for (const each of made) messages.push({ role: "tool", tool_call_id: each.id, content: "sunny" });
  const second = await client.chat.completions.create({ model, messages, tools: chatTools });
  says(second.choices[0].message.content);
  messages.push(second.choices[0].message, { role: "user", content: "Thank you" });
  const third = await client.chat.completions.create({ model, messages });
  says(third.choices[0].message.content);
});

await check("chat: tool calls, streamed", async () => {
  const stream = client.chat.completions.stream({ model, messages: hi, tools: chatTools });
  calls((await stream.finalChatCompletion()).choices[0].message);
});

await check("chat: its tool runner", async () => {
  const asked = [];
  const runner = client.chat.completions.runTools({
    model,
    messages: [{ role: "user", content: "The weather?" }],
    tools: [
      {
        type: "function",
        function: {
          ...weather,
          parse: JSON.parse,
          function: ({ city }) => {
            asked.push(city);
            return `sunny in ${city}`;
          },
        },
      },
    ],
  });
  says(await runner.finalContent());
  holds(asked.length > 0 && asked.every((city) => typeof city === "string"), "the tool did not run");
});

await check("chat: its tool runner, streamed", async () => {
  let ran = 0;
  const runner = client.chat.completions.runTools({
    model,
    stream: true,
    messages: [{ role: "user", content: "The weather?" }],
    tools: [
      {
        type: "function",
        function: { ...weather, parse: JSON.parse, function: () => `sunny, time ${(ran += 1)}` },
      },
    ],
  });
  says(await runner.finalContent());
  holds(ran > 0, "the tool did not run");
});

await check("chat: pictures, stop words, sampling, a cap", async () => {
  const pixel = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";
  const answer = await client.chat.completions.create({
    model,
    messages: [
      { role: "system", content: "Be brief" },
      {
        role: "user",
        content: [
          { type: "text", text: "What is it?" },
          { type: "image_url", image_url: { url: `data:image/png;base64,${pixel}` } },
        ],
      },
    ],
    max_completion_tokens: 200,
    stop: ["END"],
    temperature: 0.5,
    user: "someone",
    store: false,
  });
  says(answer.choices[0].message.content);
});

await check("chat: thoughts before the answer", async () => {
  let [text, thought] = ["", ""];
  const stream = await client.chat.completions.create({
    model,
    messages: hi,
    stream: true,
    reasoning_effort: "low",
  });
  for await (const chunk of stream) {
    const delta = chunk.choices[0]?.delta ?? {};
    text += delta.content ?? "";
    thought += delta.reasoning_content ?? delta.reasoning ?? "";
  }
  says(text);
  says(thought, "the thought");
});

await check("responses: whole", async () => {
  const answer = await client.responses.create({ model, input: "Say hello", instructions: "Be brief" });
  says(answer.output_text);
  same(answer.status, "completed", "the status");
  holds(answer.usage.total_tokens === answer.usage.input_tokens + answer.usage.output_tokens, "usage adds up");
});

await check("responses: streamed, events in order", async () => {
  const stream = await client.responses.create({ model, input: "Say hello", stream: true });
  const types = [];
  let text = "";
  for await (const event of stream) {
    types.push(event.type);
    if (event.type === "response.output_text.delta") text += event.delta;
    if (event.type === "response.output_text.done") same(event.text, text, "the whole text");
  }
  same(types[0], "response.created", "the first event");
  same(types.at(-1), "response.completed", "the last event");
  says(text);
});

await check("responses: its stream helper", async () => {
  const answer = await client.responses.stream({ model, input: "Say hello" }).finalResponse();
  says(answer.output_text);
});

await check("responses: parsed by a schema", async () => {
  const answer = await client.responses.parse({
    model,
    input: "A place",
    text: { format: zodTextFormat(Place, "place") },
  });
  Place.parse(answer.output_parsed);
});

await check("responses: parsed by a schema, streamed", async () => {
  const stream = client.responses.stream({ model, input: "A place", text: { format: zodTextFormat(Place, "place") } });
  Place.parse((await stream.finalResponse()).output_parsed);
});

for (const streamed of [false, true]) {
  await check(`responses: tools, three turns${streamed ? ", streamed" : ""}`, async () => {
    const ask = (input, offered) => {
      const asked = { model, input, tools: offered, store: false, include: ["reasoning.encrypted_content"], reasoning: { effort: "low" } };
      return streamed ? client.responses.stream(asked).finalResponse() : client.responses.create(asked);
    };
    const input = [{ role: "user", content: "The weather?" }];
    const first = await ask(input, tools);
    const made = first.output.filter((item) => item.type === "function_call");
    holds(made.length > 0, "the model called no tool");
    input.push(...first.output);
    for (const each of made) {
      says(JSON.parse(each.arguments).city, "the argument");
      input.push({ type: "function_call_output", call_id: each.call_id, output: "sunny" });
    }
    const second = await ask(input, tools);
    says(second.output_text);
    input.push(...second.output, { role: "user", content: "Thank you" });
    says((await ask(input, [])).output_text);
  });
}

await check("models: listed, and one looked up", async () => {
  const ids = [];
  for await (const each of client.models.list()) ids.push(each.id);
  holds(ids.includes(model), `${model} is not in the list`);
  same((await client.models.retrieve(model)).id, model, "the model's id");
});

await check("errors: an unknown key is an AuthenticationError", async () => {
  const stranger = new OpenAI({ apiKey: "wrong", maxRetries: 0 });
  await refused(() => stranger.chat.completions.create({ model, messages: hi }), OpenAI.AuthenticationError, 401);
});

await check("errors: an unknown model is a NotFoundError", async () => {
  const run = () => client.chat.completions.create({ model: "nobody/nothing", messages: hi });
  await refused(run, OpenAI.NotFoundError, 404);
  await refused(() => client.responses.create({ model: "nobody/nothing", input: "Hi" }), OpenAI.NotFoundError, 404);
});

await check("errors: a wrong type is a BadRequestError", async () => {
  await refused(() => client.chat.completions.create({ model, messages: 7 }), OpenAI.BadRequestError, 400);
  await refused(() => client.responses.create({ model, input: 7 }), OpenAI.BadRequestError, 400);
});

await check("a stream that is left ends its request", async () => {
  const stream = await client.chat.completions.create({ model, messages: hi, stream: true });
  for await (const _ of stream) break;
  says((await client.chat.completions.create({ model, messages: hi })).choices[0].message.content);
});

const embedded = { model: process.env.EMBEDDING_MODEL };

await check("embeddings: one, as the package asks for them", async () => {
  const answer = await client.embeddings.create({ ...embedded, input: "Hello" });
  holds(answer.data[0].embedding.length > 1, "the vector is empty");
  holds(answer.data[0].embedding.every(Number.isFinite), "the vector does not hold numbers");
});

await check("embeddings: several, in order, as numbers", async () => {
  const answer = await client.embeddings.create({ ...embedded, input: ["Hello", "you"], encoding_format: "float" });
  same(answer.data.map((each) => each.index), [0, 1], "the order");
});

end();
