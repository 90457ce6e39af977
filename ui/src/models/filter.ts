/** Which models are shown, in which order. Pure. */

import type { Capability, ModelView } from "../api/generated";
import { holdsWords } from "../parts/words/search";

export type Ability = Capability | "reasons";
export type Place = "anywhere" | "local" | "cloud";
export type SortKey = "listed" | "name" | "provider" | "window" | "input" | "output";

export interface ModelFilter {
  text: string;
  provider: string | null;
  place: Place;
  ability: Ability | null;
}

export interface Sort {
  by: SortKey;
  isDown: boolean;
}

export const NO_FILTER: ModelFilter = { text: "", provider: null, place: "anywhere", ability: null };
export const AS_LISTED: Sort = { by: "listed", isDown: false };

export const ABILITIES: Record<Ability, string> = {
  tools: "tools",
  images: "images",
  json_schema: "JSON schema",
  reasons: "reasoning",
};

export function isFiltered(filter: ModelFilter): boolean {
  return (
    filter.text.trim() !== "" || filter.provider !== null || filter.place !== "anywhere" || filter.ability !== null
  );
}

export function filtered(models: readonly ModelView[], filter: ModelFilter): ModelView[] {
  return models.filter(
    (model) =>
      holdsWords(model.id, filter.text) &&
      (filter.provider === null || model.provider === filter.provider) &&
      (filter.place === "anywhere" || model.local === (filter.place === "local")) &&
      (filter.ability === null || can(model, filter.ability)),
  );
}

/** What a source names: what is only not known to be missing is not promised. */
export function can(model: ModelView, ability: Ability): boolean {
  return ability === "reasons" ? model.reasons === true : model.confirmed.includes(ability);
}

export function abilitiesOf(model: ModelView): Ability[] {
  return (Object.keys(ABILITIES) as Ability[]).filter((ability) => can(model, ability));
}

/** Unknown comes last, whichever way. */
export function sorted(models: readonly ModelView[], { by, isDown }: Sort): ModelView[] {
  if (by === "listed") return [...models];
  const sign = isDown ? -1 : 1;
  return [...models].sort((one, other) => {
    const a = sortValue(one, by);
    const b = sortValue(other, by);
    if (a === null || b === null) return a === b ? 0 : a === null ? 1 : -1;
    if (typeof a === "string" || typeof b === "string") return sign * String(a).localeCompare(String(b));
    return sign * (a - b);
  });
}

/** A press on a column's title: its way first, then the other way, then as listed. */
export function nextSort(sort: Sort, by: SortKey): Sort {
  const startsDown = by === "window";
  if (sort.by !== by) return { by, isDown: startsDown };
  return sort.isDown === startsDown ? { by, isDown: !startsDown } : AS_LISTED;
}

function sortValue(model: ModelView, by: Exclude<SortKey, "listed">): string | number | null {
  switch (by) {
    case "name":
      return model.name.toLowerCase();
    case "provider":
      return model.provider.toLowerCase();
    case "window":
      return model.context_window;
    case "input":
      return model.input_per_million;
    case "output":
      return model.output_per_million;
  }
}
