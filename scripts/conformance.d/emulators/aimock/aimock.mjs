// Starts aimock on a free port, and prints its address. Its model calls a tool that it is offered, once, with arguments
// that fit its schema; then it says something. Everything on the wire is aimock's own.
import { LLMock } from "@copilotkit/aimock";

const USAGE = { prompt_tokens: 12, completion_tokens: 8 }; // else its responses and messages say 0

function example(schema, root) {
  if (!schema || typeof schema !== "object") return {};
  if (schema.$ref) {
    const place = schema.$ref.replace(/^#\/?/, "").split("/").reduce((at, part) => (part ? at[part] : at), root);
    return example(place, root);
  }
  const choice = schema.anyOf ?? schema.oneOf ?? schema.allOf;
  if (choice) return example(choice[0], root);
  if ("const" in schema) return schema.const;
  if (schema.enum) return schema.enum[0];
  const type = Array.isArray(schema.type) ? schema.type[0] : (schema.type ?? (schema.properties ? "object" : "string"));
  const properties = schema.properties ?? {};
  const wanted = schema.required ?? Object.keys(properties);
  switch (type) {
    case "object":
      return Object.fromEntries(
        Object.entries(properties)
          .filter(([name]) => wanted.includes(name))
          .map(([name, part]) => [name, example(part, root)]),
      );
    case "array":
      return [example(schema.items ?? { type: "string" }, root)];
    case "integer":
      return 3;
    case "number":
      return 1.5;
    case "boolean":
      return true;
    case "null":
      return null;
    default:
      return "Paris";
  }
}

function answer(request) {
  const messages = request.messages ?? [];
  const last = messages[messages.length - 1];
  const tools = request.tools ?? [];
  const choice = request.tool_choice;
  const named = typeof choice === "object" ? (choice?.function?.name ?? choice?.name) : undefined;
  const answered = last?.role === "tool" && !named && choice !== "required";
  if (tools.length > 0 && choice !== "none" && !answered) {
    const tool = tools.find((each) => each.function?.name === named) ?? tools[0];
    const called = tool.function ?? tool;
    const parameters = called.parameters ?? {};
    return { toolCalls: [{ name: called.name, arguments: JSON.stringify(example(parameters, parameters)) }] };
  }
  const form = request.response_format;
  if (form?.type === "json_schema") {
    const schema = form.json_schema?.schema ?? form.schema ?? {};
    return { content: JSON.stringify(example(schema, schema)) };
  }
  if (form?.type === "json_object") return { content: '{"answer":"Paris"}' };
  return { content: answered ? `The result: ${last.content}` : "Hello! I am aimock, and I say the same to everybody." };
}

const mock = new LLMock({ port: 0, logLevel: "silent" });
mock.addFixture({ match: { endpoint: "chat" }, response: (request) => ({ ...answer(request), usage: USAGE }) });
await mock.start();
console.log(mock.url);
process.on("SIGTERM", () => process.exit(0));
