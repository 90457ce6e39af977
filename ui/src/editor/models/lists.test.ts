import { expect, test } from "vitest";
import type { AutoModelConfig } from "../../api/generated";
import type { Pair } from "../draft/selection";
import { availableModels, keyOf, pairOf, park, prioritize } from "./lists";

const A: Pair = ["openai", "gpt-4o"];
const B: Pair = ["groq", "llama"];
const C: Pair = ["ollama", "llama3.2"];
const auto: AutoModelConfig = {
  enabled: true,
  prioritized_models: [A, B],
  available_models: [C],
  fallback_on: [],
  retry: { attempts: 1, max_wait: 2 },
  first_token_timeout: 12,
  hold_streams: false,
};

test("a model moves within its list", () => {
  expect(prioritize(auto, B, 0).prioritized_models).toEqual([B, A]);
  expect(prioritize(auto, A, 9).prioritized_models).toEqual([B, A]);
  expect(prioritize(auto, B, -1).prioritized_models).toEqual([B, A]);
});

test("a model never stands in both lists", () => {
  const moved = prioritize(auto, C, 1);
  expect(moved.prioritized_models).toEqual([A, C, B]);
  expect(moved.available_models).toEqual([]);
  const back = park(moved, A);
  expect(back.prioritized_models).toEqual([C, B]);
  expect(back.available_models).toEqual([A]);
});

test("available are the parked models, then the rest of the allowed ones, each once", () => {
  const rest: Pair = ["mistral", "small"];
  expect(availableModels(auto, [A, B, rest, C])).toEqual([C, rest]);
});

test("names of models may hold slashes", () => {
  const pair: Pair = ["openrouter", "meta/llama-3:free"];
  expect(pairOf(keyOf(pair))).toEqual(pair);
});
