import { expect, test } from "vitest";
import type { AvailableModelsSelection } from "../../api/generated";
import {
  allowsFuture,
  allowsNothing,
  chosenWords,
  isAllowed,
  isComplete,
  type Known,
  setFuture,
  stateOfAll,
  stateOfProvider,
  toggleAll,
  toggleModel,
  toggleProvider,
} from "./selection";

const known: Known = new Map([
  ["openai", ["gpt-4o", "gpt-4o-mini", "o3"]],
  ["ollama", ["llama3.2"]],
]);
const all: AvailableModelsSelection = { selected_all: true, selected_providers: [], selected_models: [] };
const nothing: AvailableModelsSelection = { ...all, selected_all: false };

test("unticking everything allows nothing, ticking it again allows all", () => {
  expect(allowsNothing(toggleAll(all))).toBe(true);
  expect(toggleAll(toggleAll(all))).toEqual(all);
});

test("a partly ticked root is ticked whole", () => {
  expect(toggleAll({ ...nothing, selected_providers: ["openai"] })).toEqual(all);
});

test("unticking a provider of everything leaves the others", () => {
  expect(toggleProvider(all, "openai", known)).toEqual({ ...nothing, selected_providers: ["ollama"] });
});

test("unticking a model of everything leaves the rest of its provider one by one", () => {
  const selection = toggleModel(all, ["openai", "o3"], known);
  expect(selection.selected_providers).toEqual(["ollama"]);
  expect(selection.selected_models).toEqual([
    ["openai", "gpt-4o"],
    ["openai", "gpt-4o-mini"],
  ]);
  expect(stateOfProvider(selection, "openai")).toBe("mixed");
  expect(stateOfAll(selection)).toBe("mixed");
});

test("a partly ticked provider is ticked whole, and loses its single models", () => {
  const some = toggleModel(nothing, ["openai", "o3"], known);
  expect(toggleProvider(some, "openai", known)).toEqual({ ...nothing, selected_providers: ["openai"] });
});

test("a model ticked twice is as before", () => {
  const some = toggleModel(nothing, ["openai", "o3"], known);
  expect(isAllowed(some, "openai", "o3")).toBe(true);
  expect(toggleModel(some, ["openai", "o3"], known)).toEqual(nothing);
});

test("models that no list knows keep their tick when others change", () => {
  const some: AvailableModelsSelection = { ...nothing, selected_models: [["openai", "my-finetune"]] };
  expect(isAllowed(toggleModel(some, ["openai", "o3"], known), "openai", "my-finetune")).toBe(true);
});

test("how much of a provider is chosen is said in words", () => {
  expect(chosenWords(all, "openai", known)).toBe("all 3 and new ones");
  expect(chosenWords(nothing, "openai", known)).toBe("none of 3");
  expect(chosenWords(toggleModel(nothing, ["openai", "o3"], known), "openai", known)).toBe("1 of 3");
});

test("today's models of a provider are told from those it lists later", () => {
  const whole = toggleProvider(nothing, "openai", known);
  expect(allowsFuture(whole, "openai")).toBe(true);
  const today = setFuture(whole, "openai", known, false);
  expect(allowsFuture(today, "openai")).toBe(false);
  expect(isComplete(today, "openai", known)).toBe(true);
  expect(isAllowed(today, "openai", "gpt-6")).toBe(false);
  expect(chosenWords(today, "openai", known)).toBe("3 of 3");
  expect(setFuture(today, "openai", known, true)).toEqual(whole);
});

test("keeping only today's models of one provider leaves the others as they were", () => {
  const today = setFuture(all, "openai", known, false);
  expect(allowsFuture(today, "ollama")).toBe(true);
  expect(isComplete(nothing, "openai", known)).toBe(false);
});
