/** Moving models between the two lists of auto-routing. Pure. */

import type { AutoModelConfig } from "../../api/generated";
import type { Pair } from "../draft/selection";

export type ListName = "prioritized" | "available";

export function keyOf([provider, model]: Pair): string {
  return `${provider}/${model}`;
}

/** Provider names hold no slash, so the first one ends them. */
export function pairOf(key: string): Pair {
  const slash = key.indexOf("/");
  return [key.slice(0, slash), key.slice(slash + 1)];
}

/** Puts a model at a place of the prioritized list, wherever it was. */
export function prioritize(auto: AutoModelConfig, pair: Pair, index: number): AutoModelConfig {
  const prioritized = without(auto.prioritized_models, pair);
  prioritized.splice(Math.max(0, Math.min(index, prioritized.length)), 0, pair);
  return { ...auto, prioritized_models: prioritized, available_models: without(auto.available_models, pair) };
}

/** Takes a model out of the prioritized list and parks it at the head of the available one. */
export function park(auto: AutoModelConfig, pair: Pair): AutoModelConfig {
  return {
    ...auto,
    prioritized_models: without(auto.prioritized_models, pair),
    available_models: [pair, ...without(auto.available_models, pair)],
  };
}

/** What the second list shows: what was parked, then every other allowed model that is not prioritized. */
export function availableModels(auto: AutoModelConfig, allowed: readonly Pair[]): Pair[] {
  const taken = new Set(auto.prioritized_models.map(keyOf));
  const parked = auto.available_models.filter((pair) => !taken.has(keyOf(pair)));
  for (const pair of parked) taken.add(keyOf(pair));
  return [...parked, ...allowed.filter((pair) => !taken.has(keyOf(pair)))];
}

function without(list: readonly Pair[], pair: Pair): Pair[] {
  return list.filter((other) => keyOf(other) !== keyOf(pair));
}
