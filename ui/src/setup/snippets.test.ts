import { expect, test } from "vitest";
import type { ModelView, PresetView, StrategyView } from "../api/generated";
import { AUTO, modelFor, programs } from "./snippets";

const values = { address: "http://127.0.0.1:3625/v1", key: "lr-abc", model: "openai/gpt-4o-mini" };
const text = (key: string, given = values) =>
  programs(given)
    .find((program) => program.key === key)
    ?.snippets.map((snippet) => snippet.text)
    .join("\n") ?? "";

test("every program's snippets hold the address and the key", () => {
  for (const { key } of programs(values)) {
    expect(text(key), key).toContain(values.address);
    expect(text(key), key).toContain(values.key);
  }
});

test("a program that the router starts shows that first, then the same by hand", () => {
  const launched = {
    name: "aider",
    title: "aider",
    install: "pip install aider-chat",
    launch: "localrouter launch --model openai/gpt-4o-mini aider",
    environment: [{ name: "OPENAI_API_KEY", value: "YOUR_KEY" }],
    words: ["aider", "--model", `openai/it's`],
    note: null,
  };
  const [program] = programs(values, [launched]).filter(({ key }) => key === "aider");
  expect(program?.snippets[0]?.text).toBe(launched.launch);
  expect(program?.snippets[1]?.text).toBe(`export OPENAI_API_KEY=lr-abc\naider --model 'openai/it'\\''s'`);
  expect(programs(values, [{ ...launched, words: [] }]).find(({ key }) => key === "aider")?.snippets).toHaveLength(1);
});

test("a name with quotes cannot break out of a shell's or a program's string", () => {
  const odd = { ...values, model: `it's "odd"` };
  expect(text("curl", odd)).toContain(`"model":"it'\\''s \\"odd\\""`);
  expect(text("python", odd)).toContain(`model="it's \\"odd\\""`);
});

const model = (id: string): ModelView => {
  const [provider = "", name = ""] = id.split("/");
  return {
    id,
    provider,
    name,
    enabled: true,
    local: false,
    context_window: null,
    max_output_tokens: null,
    input_per_million: null,
    output_per_million: null,
    price_source: null,
    capabilities: null,
    confirmed: [],
    chats: null,
    reasons: null,
    table_date: null,
    list_age_seconds: null,
  };
};
const strategy = (selected_models: [string, string][], enabled = false): StrategyView => ({
  id: "s",
  name: "S",
  parent: null,
  is_default: false,
  allowed_models: { selected_all: false, selected_providers: [], selected_models },
  auto_config: enabled
    ? {
        enabled,
        prioritized_models: [],
        available_models: [],
        fallback_on: [],
        retry: { attempts: 1, max_wait: 2 },
        first_token_timeout: 12,
        hold_streams: false,
      }
    : null,
  rate_limits: [],
  aliases: [],
  clients: [],
  usage: [],
  findings: [],
});
const presets: PresetView[] = [
  {
    name: "openai",
    title: "OpenAI",
    base_url: null,
    local: false,
    needs_key: true,
    key_variable: null,
    key_in_environment: false,
    starter_model: "gpt-4o-mini",
    request_fields: { drop: [], output_cap: "max_completion_tokens" },
  },
];

test("snippets ask for auto-routing where it is on, else for a starter, else for a model that may be used", () => {
  const models = ["openai/dall-e", "openai/gpt-4o-mini", "groq/text-embedding", "groq/llama"].map(model);
  expect(modelFor(strategy([], true), models, presets)).toBe(AUTO);
  expect(
    modelFor(
      strategy([
        ["openai", "dall-e"],
        ["OpenAI", "gpt-4o-mini"],
      ]),
      models,
      presets,
    ),
  ).toBe("openai/gpt-4o-mini");
  expect(
    modelFor(
      strategy([
        ["groq", "text-embedding"],
        ["groq", "llama"],
      ]),
      models,
      presets,
    ),
  ).toBe("groq/llama");
  expect(modelFor(strategy([]), models, presets)).toBe("provider/model");
});
