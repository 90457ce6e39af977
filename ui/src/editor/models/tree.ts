/** The rows of the tree of allowed models. Pure: what is known, chosen, filtered and open in, rows out. */

import type { AvailableModelsSelection, ModelView, ProviderView } from "../../api/generated";
import type { CheckState } from "../../parts/controls/Toggle";
import { holdsWords } from "../../parts/words/search";
import { isAllowed, type Known, stateOfAll, stateOfProvider } from "../draft/selection";
import { filterOf } from "./filter";

export interface ModelInfo {
  name: string;
  /** Null where no list names it. */
  facts: ModelView | null;
}

export interface Branch {
  provider: string;
  isLocal: boolean;
  /** False where the configuration no longer has the provider. */
  exists: boolean;
  models: ModelInfo[];
}

export type Row =
  | { kind: "all"; state: CheckState }
  | { kind: "provider"; state: CheckState; branch: Branch; isOpen: boolean }
  | { kind: "model"; state: CheckState; provider: string; model: ModelInfo };

/** Every provider with what is known of its models, and what was chosen although no list names it. */
export function branches(
  providers: readonly Pick<ProviderView, "name" | "local">[],
  models: readonly ModelView[],
  selection: AvailableModelsSelection,
): Branch[] {
  const found = new Map<string, Branch>();
  for (const { name, local } of providers)
    found.set(name, { provider: name, isLocal: local, exists: true, models: [] });
  for (const facts of models) branchOf(found, facts.provider).models.push({ name: facts.name, facts });
  for (const provider of selection.selected_providers) branchOf(found, provider);
  for (const [provider, name] of selection.selected_models) {
    const branch = branchOf(found, provider);
    if (!branch.models.some((model) => model.name === name)) branch.models.push({ name, facts: null });
  }
  return [...found.values()];
}

export function knownOf(all: readonly Branch[]): Known {
  return new Map(all.map((branch) => [branch.provider, branch.models.map((model) => model.name)]));
}

interface Shown {
  filter: string;
  open: ReadonlySet<string>;
}

export function rowsOf(all: readonly Branch[], selection: AvailableModelsSelection, { filter, open }: Shown): Row[] {
  const isFiltered = filter.trim() !== "";
  const fits = filterOf(filter);
  const rows: Row[] = isFiltered ? [] : [{ kind: "all", state: stateOfAll(selection) }];
  for (const branch of all) {
    const models = branch.models.filter((model) => fitsInfo(model, branch, filter, fits));
    if (isFiltered && models.length === 0) continue;
    const isOpen = isFiltered || open.has(branch.provider);
    rows.push({ kind: "provider", state: stateOfProvider(selection, branch.provider), branch, isOpen });
    if (!isOpen) continue;
    for (const model of models) {
      const state = isAllowed(selection, branch.provider, model.name);
      rows.push({ kind: "model", state, provider: branch.provider, model });
    }
  }
  return rows;
}

/** Short lists are open from the start, long ones only where a part of them is chosen. */
export function openAtFirst(all: readonly Branch[], selection: AvailableModelsSelection): Set<string> {
  const total = all.reduce((sum, branch) => sum + branch.models.length, 0);
  const isShort = total <= 12;
  return new Set(
    all
      .filter((branch) => isShort || stateOfProvider(selection, branch.provider) === "mixed")
      .map((branch) => branch.provider),
  );
}

function fitsInfo(model: ModelInfo, branch: Branch, filter: string, fits: ReturnType<typeof filterOf>): boolean {
  if (model.facts) return fits(model.facts);
  return holdsWords(`${branch.provider}/${model.name}`, filter);
}

function branchOf(found: Map<string, Branch>, provider: string): Branch {
  const known = found.get(provider);
  if (known) return known;
  const missing: Branch = { provider, isLocal: false, exists: false, models: [] };
  found.set(provider, missing);
  return missing;
}
