// aimock with a scripted model behind all its wires: chat, responses, embeddings, messages and Gemini. Prints its address,
// and serves until it is ended.
//
// The script is a function of the request, so that requests beside the task (titles, counts, retries) disturb nothing:
// a coding agent's tools are called in turn to write a file and to read it; other tools once, with arguments made from
// their schemas; a schema for the answer is answered with JSON that fits it.
import { AsyncLocalStorage } from "node:async_hooks";
import { createServer } from "@copilotkit/aimock";

const KEY = "sk-test"; // what callers have to send

/** What a coding agent is told to do, step by step, by the names of its tools. */
const AGENTS = [
  {
    has: ["exec_command"], // Codex
    steps: (file) => [
      ["exec_command", { cmd: `printf routed > ${file}` }],
      ["exec_command", { cmd: `cat ${file}` }],
    ],
  },
  {
    has: ["Write", "Read"], // Claude Code
    steps: (file) => [
      ["Write", { file_path: file, content: "routed" }],
      ["Read", { file_path: file }],
    ],
  },
  {
    has: ["write", "read"], // opencode
    steps: (file) => [
      ["write", { filePath: file, content: "routed" }],
      ["read", { filePath: file }],
    ],
  },
  {
    has: ["apply_patch", "read"], // opencode with models of OpenAI's
    steps: (file) => [
      ["apply_patch", { patchText: `*** Begin Patch\n*** Add File: ${file}\n+routed\n*** End Patch` }],
      ["read", { filePath: file }],
    ],
  },
];

const textOf = (content) =>
  typeof content === "string" ? content : (content ?? []).map((part) => part.text ?? "").join("");

/** A value that fits a JSON schema. */
function fitting(schema, root = schema) {
  if (schema.$ref) {
    const path = schema.$ref.replace(/^#\//, "").split("/");
    return fitting(path.reduce((at, name) => at[name], root), root);
  }
  if (schema.const !== undefined) return schema.const;
  if (schema.enum) return schema.enum[0];
  const choice = schema.anyOf ?? schema.oneOf ?? schema.allOf;
  if (choice) return fitting(choice[0], root);
  const type = Array.isArray(schema.type) ? schema.type[0] : schema.type;
  switch (type ?? (schema.properties ? "object" : "string")) {
    case "object": {
      const names = Object.entries(schema.properties ?? {});
      return Object.fromEntries(names.map(([name, each]) => [name, fitting(each, root)]));
    }
    case "array":
      return schema.items ? [fitting(schema.items, root)] : [];
    case "integer":
    case "number":
      return Math.max(20, schema.minimum ?? 20);
    case "boolean":
      return true;
    case "null":
      return null;
    default:
      return "Rome";
  }
}

function agentStep(request, names) {
  const agent = AGENTS.find((each) => each.has.every((name) => names.includes(name)));
  const prompts = request.messages.filter((each) => each.role === "user").map((each) => textOf(each.content));
  const file = prompts.join("\n").match(/\/\S+\/made\.txt/)?.[0];
  if (!agent || !file) return undefined;
  const results = request.messages.filter((each) => each.role === "tool");
  const step = agent.steps(file)[results.length];
  if (step) return { toolCalls: [{ name: step[0], arguments: JSON.stringify(step[1]) }] };
  return { content: `The file says: ${textOf(results.at(-1).content)}` };
}

function reply(request) {
  const tools = (request.tools ?? []).map((tool) => tool.function).filter(Boolean);
  const agents = agentStep(request, tools.map((tool) => tool.name));
  if (agents) return agents;
  const last = request.messages.at(-1);
  const results = request.messages.slice(request.messages.findLastIndex((each) => each.role === "assistant") + 1);
  const result = results.findLast((each) => each.role === "tool");
  if (result) return { content: `Result was ${textOf(result.content)}` };
  const raw = sent.getStore().body();
  const schema = schemaOf(raw);
  if (schema) return { content: JSON.stringify(fitting(schema)) };
  if (tools.length && mayCall(raw)) {
    const called = textOf(last.content).includes("both") ? tools.slice(0, 2) : tools.slice(0, 1);
    const calls = called.map((tool) => ({
      name: tool.name,
      arguments: JSON.stringify(fitting(tool.parameters ?? geminisSchema(raw, tool.name) ?? {})),
    }));
    return { toolCalls: calls };
  }
  return { content: "Hello there" };
}

/** The schema that the answer has to fit, wherever a wire puts it. */
function schemaOf(raw) {
  const format = raw.response_format?.json_schema ?? raw.text?.format ?? raw.output_config?.format ?? raw.output_format;
  return format?.schema ?? raw.generationConfig?.responseJsonSchema ?? raw.generationConfig?.responseSchema;
}

/** The schema of a tool under the name that only newer programs give it. */
function geminisSchema(raw, name) {
  const declared = (raw.tools ?? []).flatMap((tool) => tool.functionDeclarations ?? []);
  return declared.find((each) => each.name === name)?.parametersJsonSchema;
}

/** Whether the request asks for thoughts. */
function thinks(raw) {
  const asked = raw.thinking?.type ?? raw.reasoning_effort ?? raw.reasoning?.effort ?? raw.generationConfig?.thinkingConfig;
  return ![undefined, null, "disabled", "none"].includes(asked);
}

function mayCall(raw) {
  const choice = raw.tool_choice?.type ?? raw.tool_choice ?? raw.toolConfig?.functionCallingConfig?.mode ?? "auto";
  return choice.toLowerCase() !== "none";
}

const USAGE = {
  ...{ prompt_tokens: 11, completion_tokens: 7, input_tokens: 11, output_tokens: 7 },
  ...{ promptTokenCount: 11, candidatesTokenCount: 7, totalTokenCount: 18 },
};

function respond(request) {
  return { ...reply(request), usage: USAGE, ...(thinks(sent.getStore().body()) && { reasoning: "Thinking it over" }) };
}

// Any name but one of nobody's, which is how programs try what an unknown model is.
const fixtures = [{ match: { model: /^(?!nobody)/, endpoint: "chat" }, response: respond, chunkSize: 4 }];
const options = { port: 0, logLevel: "silent", auth: { apiKeys: [KEY] } };
const { server, url } = await createServer(fixtures, options);

// A fixture sees a request as chat, without the fields that aimock itself has no use for: here is what was sent.
const sent = new AsyncLocalStorage();
server.prependListener("request", (request) => {
  const pieces = [];
  request.on("data", (piece) => pieces.push(piece));
  sent.enterWith({ body: () => JSON.parse(Buffer.concat(pieces).toString()) });
});

console.log(url);
process.on("SIGTERM", () => process.exit(0));
