// The `@anthropic-ai/sdk` package as it comes: messages, counting and its own helpers.
import Anthropic from "@anthropic-ai/sdk";
import { betaZodTool } from "@anthropic-ai/sdk/helpers/beta/zod";
import { zodOutputFormat } from "@anthropic-ai/sdk/helpers/zod";
import { z } from "zod";
import { check, end, holds, refused, same, says } from "./checks.mjs";

const model = process.env.ANTHROPIC_MODEL;
const thinker = model.replace("gpt-4o-mini", "gpt-5-mini"); // one that is known to think
const client = new Anthropic({ maxRetries: 0 });
const asked = { model, max_tokens: 2000, messages: [{ role: "user", content: "Say hello" }] };
const schema = { type: "object", properties: { city: { type: "string" } }, required: ["city"] };
const tools = [
  { name: "weather", description: "The weather of a city", input_schema: schema },
  { name: "time", description: "The time in a city", input_schema: schema },
];
const Place = z.object({ city: z.string(), degrees: z.number() });
const textOf = (message) => message.content.flatMap((each) => (each.type === "text" ? [each.text] : [])).join("");

await check("messages: whole", async () => {
  const answer = await client.messages.create({ ...asked, system: "Be brief" });
  says(textOf(answer));
  same(answer.stop_reason, "end_turn", "the stop reason");
  holds(answer.usage.input_tokens >= 0 && answer.usage.output_tokens >= 0, "usage came");
  says(answer._request_id, "the request id");
});

await check("messages: streamed, events in order", async () => {
  const types = [];
  let text = "";
  for await (const event of await client.messages.create({ ...asked, stream: true })) {
    types.push(event.type);
    if (event.type === "content_block_delta" && event.delta.type === "text_delta") text += event.delta.text;
  }
  says(text);
  same(types[0], "message_start", "the first event");
  same(types.slice(-3), ["content_block_stop", "message_delta", "message_stop"], "the end");
});

await check("messages: its stream helper", async () => {
  let text = "";
  const stream = client.messages.stream(asked).on("text", (piece) => {
    text += piece;
  });
  const answer = await stream.finalMessage();
  says(text);
  same(textOf(answer), text, "the whole text");
  same(answer.stop_reason, "end_turn", "the stop reason");
});

for (const streamed of [false, true]) {
  await check(`messages: tools, three turns${streamed ? ", streamed" : ""}`, async () => {
    const ask = (messages) => {
      const request = { ...asked, messages, tools };
      return streamed ? client.messages.stream(request).finalMessage() : client.messages.create(request);
    };
    const messages = [{ role: "user", content: "The weather, and the time: both" }];
    const first = await ask(messages);
    same(first.stop_reason, "tool_use", "the stop reason");
    const called = first.content.filter((each) => each.type === "tool_use");
    holds(called.length > 0, "the model called no tool");
    for (const each of called) says(each.input.city, "the argument");
    const results = called.map((each) => ({ type: "tool_result", tool_use_id: each.id, content: "sunny" }));
    messages.push({ role: "assistant", content: first.content }, { role: "user", content: results });
    const second = await ask(messages);
    says(textOf(second));
    messages.push({ role: "assistant", content: second.content }, { role: "user", content: "Thank you" });
    const third = await client.messages.create({ ...asked, messages, tools, tool_choice: { type: "none" } });
    says(textOf(third));
  });
}

await check("messages: a tool's result that failed, with a picture", async () => {
  const data = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";
  const content = [
    { type: "text", text: "broken" },
    { type: "image", source: { type: "base64", media_type: "image/png", data } },
  ];
  const messages = [
    ...asked.messages,
    { role: "assistant", content: [{ type: "tool_use", id: "toolu_1", name: "weather", input: { city: "Rome" } }] },
    { role: "user", content: [{ type: "tool_result", tool_use_id: "toolu_1", is_error: true, content }] },
  ];
  says(textOf(await client.messages.create({ ...asked, messages, tools })));
});

await check("messages: thoughts go back with their tool's result", async () => {
  const request = { ...asked, model: thinker, tools, thinking: { type: "enabled", budget_tokens: 1024 } };
  const messages = [{ role: "user", content: "The weather?" }];
  const { data: first, response } = await client.messages.create({ ...request, messages }).withResponse();
  const thought = first.content.find((each) => each.type === "thinking");
  if (!thought && response.headers.get("x-localrouter-warnings")?.includes("how much to think")) return;
  says(thought?.thinking, "the thought");
  says(thought.signature, "its signature");
  const called = first.content.filter((each) => each.type === "tool_use");
  const results = called.map((each) => ({ type: "tool_result", tool_use_id: each.id, content: "sunny" }));
  messages.push({ role: "assistant", content: first.content }, { role: "user", content: results });
  says(textOf(await client.messages.stream({ ...request, messages }).finalMessage()));
});

await check("messages: parsed by a schema", async () => {
  const answer = await client.messages.parse({ ...asked, output_config: { format: zodOutputFormat(Place) } });
  Place.parse(answer.parsed_output);
});

await check("messages: its tool runner", async () => {
  const cities = [];
  const run = async ({ city }) => {
    cities.push(city);
    return `sunny in ${city}`;
  };
  const tool = betaZodTool({ name: "weather", description: "w", inputSchema: z.object({ city: z.string() }), run });
  const answer = await client.beta.messages.toolRunner({ ...asked, tools: [tool] });
  says(textOf(answer));
  holds(cities.length > 0, "the tool did not run");
});

await check("messages: cache marks, stop words, sampling", async () => {
  const answer = await client.messages.create({
    ...asked,
    system: [{ type: "text", text: "Be brief", cache_control: { type: "ephemeral" } }],
    stop_sequences: ["END"],
    temperature: 0.5,
    metadata: { user_id: "someone" },
  });
  says(textOf(answer));
});

await check("count_tokens", async () => {
  const { max_tokens: _, ...counted } = asked;
  holds((await client.messages.countTokens({ ...counted, tools })).input_tokens > 0, "no tokens were counted");
});

await check("models: listed, and one looked up", async () => {
  const ids = [];
  for await (const each of client.models.list()) ids.push(each.id);
  holds(ids.includes(model), `${model} is not in the list`);
  same((await client.models.retrieve(model)).id, model, "the model's id");
});

await check("errors: an unknown key is an AuthenticationError", async () => {
  const stranger = new Anthropic({ apiKey: "wrong", maxRetries: 0 });
  await refused(() => stranger.messages.create(asked), Anthropic.AuthenticationError, 401);
});

await check("errors: an unknown model is named", async () => {
  const run = () => client.messages.create({ ...asked, model: "nobody/nothing" });
  const error = await refused(run, Anthropic.APIError);
  holds(error.message.includes("nobody/nothing"), `the message does not name it: ${error.message}`);
});

await check("errors: in the stream helper", async () => {
  const stream = client.messages.stream({ ...asked, model: "nobody/nothing" });
  await refused(() => stream.finalMessage(), Anthropic.APIError);
});

end();
