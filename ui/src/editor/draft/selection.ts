/** What ticking a box of the allowed models means. Pure: a selection and the known models in, a selection out. */

import type { AvailableModelsSelection } from "../../api/generated";
import type { CheckState } from "../../parts/controls/Toggle";

export type Pair = [provider: string, model: string];

/** The known models of each provider, in the order in which they are shown. */
export type Known = ReadonlyMap<string, readonly string[]>;

export function isAllowed(selection: AvailableModelsSelection, provider: string, model: string): boolean {
  return (
    selection.selected_all || selection.selected_providers.includes(provider) || hasPair(selection, provider, model)
  );
}

export function allowsNothing(selection: AvailableModelsSelection): boolean {
  return !selection.selected_all && !selection.selected_providers.length && !selection.selected_models.length;
}

export function stateOfAll(selection: AvailableModelsSelection): CheckState {
  if (selection.selected_all) return true;
  return allowsNothing(selection) ? false : "mixed";
}

export function stateOfProvider(selection: AvailableModelsSelection, provider: string): CheckState {
  if (selection.selected_all || selection.selected_providers.includes(provider)) return true;
  return selection.selected_models.some(([name]) => name === provider) ? "mixed" : false;
}

/** On: everything, also what is added later. Off: nothing. */
export function toggleAll(selection: AvailableModelsSelection): AvailableModelsSelection {
  return { selected_all: !selection.selected_all, selected_providers: [], selected_models: [] };
}

/** A whole provider, with models that it gets later; a partly ticked one is ticked whole. */
export function toggleProvider(
  selection: AvailableModelsSelection,
  provider: string,
  known: Known,
): AvailableModelsSelection {
  const spread = withoutAll(selection, known);
  const others = spread.selected_providers.filter((name) => name !== provider);
  const isWhole = others.length < spread.selected_providers.length;
  return {
    selected_all: false,
    selected_providers: isWhole ? others : [...others, provider],
    selected_models: spread.selected_models.filter(([name]) => name !== provider),
  };
}

/** Whether models that a provider lists later are allowed as well. */
export function allowsFuture(selection: AvailableModelsSelection, provider: string): boolean {
  return selection.selected_all || selection.selected_providers.includes(provider);
}

/** A provider whose models are all ticked: with those that it lists later, or only with those of today. */
export function setFuture(
  selection: AvailableModelsSelection,
  provider: string,
  known: Known,
  isOn: boolean,
): AvailableModelsSelection {
  const spread = withoutAll(selection, known);
  if (!isOn) return withoutWhole(spread, provider, known);
  return {
    selected_all: false,
    selected_providers: [...spread.selected_providers.filter((name) => name !== provider), provider],
    selected_models: spread.selected_models.filter(([name]) => name !== provider),
  };
}

/** Whether every model that a provider lists today is ticked. */
export function isComplete(selection: AvailableModelsSelection, provider: string, known: Known): boolean {
  const models = known.get(provider) ?? [];
  return models.length > 0 && models.every((model) => isAllowed(selection, provider, model));
}

/** A single model. Unticking one of a whole provider leaves its other known models ticked one by one. */
export function toggleModel(
  selection: AvailableModelsSelection,
  [provider, model]: Pair,
  known: Known,
): AvailableModelsSelection {
  const spread = withoutWhole(withoutAll(selection, known), provider, known);
  const others = spread.selected_models.filter(([name, other]) => name !== provider || other !== model);
  const wasTicked = others.length < spread.selected_models.length;
  return { ...spread, selected_models: wasTicked ? others : [...others, [provider, model]] };
}

/** "2 of 41", "all 41 and new ones", "none of 41". */
export function chosenWords(selection: AvailableModelsSelection, provider: string, known: Known): string {
  const models = known.get(provider) ?? [];
  if (stateOfProvider(selection, provider) === true) return models.length ? `all ${models.length} and new ones` : "all";
  const chosen = selection.selected_models.filter(([name]) => name === provider).length;
  return `${chosen || "none"} of ${models.length}`;
}

function withoutAll(selection: AvailableModelsSelection, known: Known): AvailableModelsSelection {
  if (!selection.selected_all) return selection;
  return { selected_all: false, selected_providers: [...known.keys()], selected_models: [] };
}

function withoutWhole(selection: AvailableModelsSelection, provider: string, known: Known): AvailableModelsSelection {
  if (!selection.selected_providers.includes(provider)) return selection;
  const single = (known.get(provider) ?? []).map((model): Pair => [provider, model]);
  return {
    selected_all: false,
    selected_providers: selection.selected_providers.filter((name) => name !== provider),
    selected_models: [...selection.selected_models.filter(([name]) => name !== provider), ...single],
  };
}

function hasPair(selection: AvailableModelsSelection, provider: string, model: string): boolean {
  return selection.selected_models.some(([name, other]) => name === provider && other === model);
}
