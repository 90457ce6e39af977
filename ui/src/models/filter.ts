/** Which models are shown, in which order. Pure. */

import type { Capability, ModelView } from "../api/generated";
import { holdsWords } from "../parts/words/search";

export type Ability = Capability | "reasons";
export type Place = "anywhere" | "local" | "cloud";

export interface ModelFilter {
  text: string;
  provider: string | null;
  place: Place;
  ability: Ability | null;
}

export const NO_FILTER: ModelFilter = { text: "", provider: null, place: "anywhere", ability: null };

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
