import { expect, test } from "vitest";
import { type Filterable, filterOf } from "./filter";

const cloud: Filterable = {
  id: "openai/gpt-4o-mini",
  local: false,
  context_window: 128_000,
  input_per_million: 0.15,
  output_per_million: 0.6,
  capabilities: ["tools"],
  confirmed: ["tools"],
  reasons: false,
};
const local: Filterable = {
  ...cloud,
  id: "ollama/llama3.2",
  local: true,
  context_window: null,
  input_per_million: 0,
  output_per_million: 0,
  confirmed: [],
};
const found = (typed: string) => [cloud, local].filter(filterOf(typed)).map((model) => model.id.split("/")[0]);

test.each([
  ["", ["openai", "ollama"]],
  ["MINI", ["openai"]],
  ["local", ["ollama"]],
  ["free", ["ollama"]],
  ["tools", ["openai"]],
  ["<$1", ["openai", "ollama"]],
  [">$0.1", ["openai"]],
  [">100k", ["openai"]],
  ["<1m", ["openai"]],
  ["llama local", ["ollama"]],
  ["llama tools", []],
])("“%s” finds %s", (typed, providers) => expect(found(typed)).toEqual(providers));

test("a word of a filter finds names that hold it as well", () => {
  expect(filterOf("free")({ ...cloud, id: "openrouter/qwen:free" })).toBe(true);
});
