import { expect, test } from "vitest";
import type { ModelView } from "../api/generated";
import { abilitiesOf, filtered, isFiltered, NO_FILTER } from "./filter";

const model = (id: string, given: Partial<ModelView> = {}): ModelView => ({
  id,
  provider: id.slice(0, id.indexOf("/")),
  name: id.slice(id.indexOf("/") + 1),
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
  ...given,
});
const all = [
  model("openai/gpt-4o", { context_window: 128_000, input_per_million: 2.5, confirmed: ["tools", "images"] }),
  model("groq/openai/gpt-oss", { context_window: 131_072, input_per_million: 0.1, reasons: true }),
  model("ollama/llama3.2", { local: true, input_per_million: 0 }),
  model("groq/unknown", { capabilities: ["tools"] }),
];
const ids = (models: readonly ModelView[]) => models.map(({ id }) => id);

test("every word of the filter must occur in the model's id", () => {
  expect(ids(filtered(all, { ...NO_FILTER, text: "groq  GPT" }))).toEqual(["groq/openai/gpt-oss"]);
  expect(ids(filtered(all, { ...NO_FILTER, provider: "openai" }))).toEqual(["openai/gpt-4o"]);
  expect(ids(filtered(all, { ...NO_FILTER, place: "local" }))).toEqual(["ollama/llama3.2"]);
  expect(filtered(all, NO_FILTER)).toEqual(all);
});

test("a capability must be named by a source", () => {
  expect(ids(filtered(all, { ...NO_FILTER, ability: "tools" }))).toEqual(["openai/gpt-4o"]);
  expect(ids(filtered(all, { ...NO_FILTER, ability: "reasons" }))).toEqual(["groq/openai/gpt-oss"]);
  expect(abilitiesOf(all[0] as ModelView)).toEqual(["tools", "images"]);
});

test("a blank text filters nothing", () => expect(isFiltered({ ...NO_FILTER, text: " " })).toBe(false));
