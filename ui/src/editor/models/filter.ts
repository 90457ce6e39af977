/** The filter of model lists: words of the name, `local`, `free`, `tools`, `<$1`, `>100k`. Pure. */

import type { ModelView } from "../../api/generated";

export type Filterable = Pick<
  ModelView,
  | "id"
  | "local"
  | "context_window"
  | "input_per_million"
  | "output_per_million"
  | "capabilities"
  | "confirmed"
  | "reasons"
>;

type Test = (model: Filterable) => boolean;

const WORDS: Record<string, Test> = {
  local: (model) => model.local,
  free: (model) => model.input_per_million === 0 && model.output_per_million === 0,
  priced: (model) => (model.input_per_million ?? 0) > 0,
  unpriced: (model) => model.input_per_million === null,
  tools: (model) => model.confirmed.includes("tools"),
  images: (model) => model.confirmed.includes("images"),
  reasoning: (model) => model.reasons === true,
};

/** Whether a model has everything that was typed. What is unknown of it has nothing. */
export function filterOf(typed: string): Test {
  const tests = typed.toLowerCase().split(/\s+/).filter(Boolean).map(testOf);
  return (model) => tests.every((test) => test(model));
}

function testOf(word: string): Test {
  const price = /^([<>])\$(\d+(?:\.\d+)?)$/.exec(word);
  if (price) return compared(price, (model) => model.input_per_million, 1);
  const size = /^([<>])(\d+(?:\.\d+)?)(k|m)$/.exec(word);
  if (size) return compared(size, (model) => model.context_window, size[3] === "k" ? 1_000 : 1_000_000);
  const byName: Test = (model) => model.id.toLowerCase().includes(word);
  const known = Object.hasOwn(WORDS, word) ? WORDS[word] : undefined;
  return known ? (model) => known(model) || byName(model) : byName;
}

function compared(found: RegExpExecArray, value: (model: Filterable) => number | null, factor: number): Test {
  const bound = Number(found[2]) * factor;
  return (model) => {
    const actual = value(model);
    if (actual === null) return false;
    return found[1] === "<" ? actual < bound : actual > bound;
  };
}
