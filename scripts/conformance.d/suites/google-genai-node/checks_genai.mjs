// The `@google/genai` package as it comes: answers, chats, functions, schemas, thoughts, counts and vectors.
import {
  ApiError,
  FunctionCallingConfigMode,
  GoogleGenAI,
  HarmBlockThreshold,
  HarmCategory,
  ThinkingLevel,
  Type,
} from "@google/genai";
import { check, end, holds, refused, same, says } from "./checks.mjs";

const model = process.env.GEMINI_MODEL;
const embedding = process.env.GEMINI_EMBEDDING_MODEL;
const ai = new GoogleGenAI({});
const question = "What is the weather in 'Paris'?";
const pixel = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";
const place = { type: "object", properties: { city: { type: "string" } }, required: ["city"] };
const functionDeclarations = [
  { name: "get_weather", description: "The weather of a city", parametersJsonSchema: place },
  {
    name: "get_time",
    description: "The time in a city",
    parameters: { type: Type.OBJECT, properties: { city: { type: Type.STRING } }, required: ["city"] },
  },
];
const tools = [{ functionDeclarations }];
const ownCity = {
  type: Type.OBJECT,
  properties: { name: { type: Type.STRING }, people: { type: Type.INTEGER } },
  required: ["name", "people"],
};

const ask = (contents, config) => ai.models.generateContent({ model, contents, config });
const user = (...parts) => ({ role: "user", parts });

async function streamed(contents, config) {
  const chunks = [];
  for await (const chunk of await ai.models.generateContentStream({ model, contents, config })) chunks.push(chunk);
  return chunks;
}

const partsOf = (...answers) => answers.flatMap((each) => each.candidates?.[0]?.content?.parts ?? []);
const textOf = (...answers) => {
  const parts = partsOf(...answers).filter((part) => part.text && !part.thought);
  return parts.map((part) => part.text).join("");
};

function theCall(...answers) {
  const calls = partsOf(...answers).filter((part) => part.functionCall);
  same(calls.length, 1, "the number of calls");
  says(calls[0].functionCall.args.city, "the argument");
  return calls[0].functionCall;
}

const resultOf = (call, response) => user({ functionResponse: { id: call.id, name: call.name, response } });

function isCity(text) {
  const city = JSON.parse(text);
  says(city.name, "the name");
  holds(Number.isInteger(city.people), "the number is whole");
}

await check("an answer, whole, with its usage", async () => {
  const answer = await ask("Hello");
  says(answer.text);
  same(answer.candidates[0].finishReason, "STOP", "the finish reason");
  const { promptTokenCount, candidatesTokenCount, thoughtsTokenCount = 0, totalTokenCount } = answer.usageMetadata;
  same(totalTokenCount, promptTokenCount + candidatesTokenCount + thoughtsTokenCount, "the total");
});

await check("an answer, streamed, with its usage", async () => {
  const chunks = await streamed("Hello");
  holds(chunks.length > 1, "it came in one chunk");
  says(textOf(...chunks));
  same(chunks.at(-1).candidates[0].finishReason, "STOP", "the finish reason");
  holds(chunks.at(-1).usageMetadata.candidatesTokenCount > 0, "usage came");
});

await check("several at once", async () => {
  for (const answer of await Promise.all([1, 2, 3, 4].map((each) => ask(`Hello ${each}`)))) says(answer.text);
});

await check("a chat of three turns, whole and streamed", async () => {
  const chat = ai.chats.create({ model });
  says((await chat.sendMessage({ message: "Hello" })).text);
  const chunks = [];
  for await (const chunk of await chat.sendMessageStream({ message: "And you?" })) chunks.push(chunk);
  says(textOf(...chunks));
  says((await chat.sendMessage({ message: "Goodbye" })).text);
  same(chat.getHistory(true).filter((each) => each.role === "user").length, 3, "the number of turns");
});

await check("instructions, temperature, stops, a seed, a cap and safety settings", async () => {
  const safety = { category: HarmCategory.HARM_CATEGORY_HARASSMENT, threshold: HarmBlockThreshold.BLOCK_ONLY_HIGH };
  const answer = await ask("Hello", {
    ...{ systemInstruction: "Be brief.", temperature: 0.5, topP: 0.9, topK: 20, seed: 7, stopSequences: ["§"] },
    ...{ maxOutputTokens: 500, safetySettings: [safety] },
  });
  says(answer.text);
});

await check("a picture", async () => {
  const picture = { inlineData: { data: pixel, mimeType: "image/png" } };
  says((await ask([user({ text: "What is this?" }, picture)])).text);
});

await check("functions: three turns", async () => {
  const first = await ask(question, { tools });
  const call = theCall(first);
  same(call.name, "get_weather", "the function");
  same(first.functionCalls.length, 1, "the number of calls that the SDK sees");
  const turns = [user({ text: question }), first.candidates[0].content, resultOf(call, { result: "sunny" })];
  const second = await ask(turns, { tools });
  says(second.text);
  const third = await ask([...turns, second.candidates[0].content, user({ text: "Thank you!" })], { tools: undefined });
  says(third.text);
  same(third.candidates[0].finishReason, "STOP", "the finish reason");
});

await check("functions: a call, streamed, and its result", async () => {
  const chunks = await streamed(question, { tools });
  const call = theCall(...chunks);
  const said = { role: "model", parts: partsOf(...chunks) };
  says(textOf(...(await streamed([user({ text: question }), said, resultOf(call, { result: "sunny" })], { tools }))));
});

await check("functions: in a chat", async () => {
  const chat = ai.chats.create({ model, config: { tools } });
  const { name } = theCall(await chat.sendMessage({ message: question }));
  const message = [{ functionResponse: { name, response: { result: "sunny" } } }];
  says((await chat.sendMessage({ message })).text);
});

await check("functions: one that has to be called, and none", async () => {
  const calling = (mode, ...names) => ({
    functionCallingConfig: { mode, ...(names.length > 0 && { allowedFunctionNames: names }) },
  });
  const { ANY, NONE } = FunctionCallingConfigMode;
  same(theCall(await ask("Hello", { tools, toolConfig: calling(ANY, "get_time") })).name, "get_time", "the function");
  theCall(await ask("Hello", { tools, toolConfig: calling(ANY) }));
  says((await ask(question, { tools, toolConfig: calling(NONE) })).text);
});

await check("functions: called by the SDK", async () => {
  const callable = {
    tool: async () => tools[0],
    callTool: async (calls) => calls.map(({ id, name }) => ({ functionResponse: { id, name, response: { it: "is" } } })),
  };
  const answer = await ask(question, { tools: [callable] });
  says(answer.text);
  holds(answer.automaticFunctionCallingHistory?.length > 0, "the SDK called nothing");
});

await check("functions: a result that failed", async () => {
  const first = await ask(question, { tools });
  const result = resultOf(theCall(first), { error: "no such city" });
  says((await ask([user({ text: question }), first.candidates[0].content, result], { tools })).text);
});

await check("a schema, in Google's words", async () => {
  isCity((await ask("Tell me of 'Rome'.", { responseMimeType: "application/json", responseSchema: ownCity })).text);
});

await check("a schema, as JSON schema, streamed", async () => {
  const responseJsonSchema = {
    ...{ type: "object", required: ["name", "people"], additionalProperties: false },
    properties: { name: { type: "string" }, people: { type: "integer" } },
  };
  const config = { responseMimeType: "application/json", responseJsonSchema };
  isCity(textOf(...(await streamed("Tell me of 'Rome'.", config))));
});

await check("JSON mode", async () => {
  const answer = await ask("Answer in JSON with the key 'city'.", { responseMimeType: "application/json" });
  same(typeof JSON.parse(answer.text), "object", "the type");
});

await check("thoughts: whole, and counted", async () => {
  const answer = await ask("Hello", { thinkingConfig: { includeThoughts: true, thinkingLevel: ThinkingLevel.LOW } });
  holds(partsOf(answer).some((part) => part.thought && part.text), "no thoughts came");
  says(answer.text);
  holds(answer.usageMetadata.thoughtsTokenCount > 0, "they are not counted");
});

await check("thoughts: streamed, before the answer", async () => {
  const chunks = await streamed("Hello", { thinkingConfig: { includeThoughts: true, thinkingBudget: 1024 } });
  const kinds = partsOf(...chunks)
    .filter((part) => part.text)
    .map((part) => Boolean(part.thought));
  same([kinds.at(0), kinds.at(-1)], [true, false], "what began and what ended it");
});

await check("thoughts: kept with their calls through three turns", async () => {
  const config = { tools, thinkingConfig: { includeThoughts: true } };
  const first = await ask(question, config);
  const turns = [user({ text: question }), first.candidates[0].content, resultOf(theCall(first), { result: "sunny" })];
  const second = await ask(turns, config);
  says(second.text);
  const toolConfig = { functionCallingConfig: { mode: FunctionCallingConfigMode.NONE } };
  const third = await ask([...turns, second.candidates[0].content, user({ text: "Thank you!" })], { ...config, toolConfig });
  says(third.text);
});

await check("counting tokens", async () => {
  holds((await ai.models.countTokens({ model, contents: question })).totalTokens > 0, "no tokens were counted");
});

await check("vectors: one and several", async () => {
  const one = await ai.models.embedContent({ model: embedding, contents: "Hello" });
  holds(one.embeddings[0].values.length > 0, "the vector is empty");
  const several = await ai.models.embedContent({ model: embedding, contents: ["Hello", "there"] });
  same(several.embeddings.length, 2, "the number of vectors");
});

await check("models: listed, and one looked up", async () => {
  const names = [];
  for await (const each of await ai.models.list()) names.push(each.name);
  holds(names.length > 0, "the list is empty");
  same((await ai.models.get({ model: names[0] })).name, names[0], "the model's name");
});

await check("errors: an unknown key", async () => {
  const stranger = new GoogleGenAI({ apiKey: "nobody's" });
  const error = await refused(() => stranger.models.generateContent({ model, contents: "Hello" }), ApiError);
  holds([400, 401, 403].includes(error.status), `the status is ${error.status}`);
});

await check("errors: an unknown model, whole and streamed", async () => {
  const asked = { model: "nobody/nothing", contents: "Hello" };
  const error = await refused(() => ai.models.generateContent(asked), ApiError, 404);
  holds(error.message.includes("nobody/nothing"), `the message does not name it: ${error.message}`);
  await refused(() => ai.models.generateContentStream(asked), ApiError, 404);
});

await check("errors: what no model takes", async () => {
  await refused(() => ask("Hello", { httpOptions: { extraBody: { contents: "text" } } }), ApiError, 400);
});

end();
