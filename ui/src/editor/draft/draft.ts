/**
 * The state of an editor of one strategy: what the router holds, what stands on the screen, and what to do where both
 * changed. Pure. A strategy is saved in groups, so that two people who change different groups never meet.
 */

import type { Place } from "../../api/errors";
import type { AutoModelConfig, AvailableModelsSelection, StrategyRateLimit, StrategyView } from "../../api/generated";

export interface Groups {
  allowed_models: AvailableModelsSelection;
  auto_config: AutoModelConfig | null;
  rate_limits: StrategyRateLimit[];
  aliases: [string, string][];
}

export type GroupName = keyof Groups;
export const GROUPS: readonly GroupName[] = ["allowed_models", "auto_config", "rate_limits", "aliases"];

/** One step back: what a group held before. Edits with the same `merge` in a row are one step. */
interface Step {
  group: GroupName;
  value: Groups[GroupName];
  merge: string | null;
}

export interface Problem {
  message: string;
  findings: readonly Place[];
  /** What was refused: it is not sent again until it is changed or tried anew. */
  refused: Partial<Groups>;
}

export interface Draft {
  /** What the router holds, as of `revision`. */
  base: Groups;
  revision: number;
  /** What stands on the screen. */
  current: Groups;
  /** What the router holds of groups that were changed here and elsewhere. */
  theirs: Partial<Groups>;
  /** What is on its way. */
  sent: Partial<Groups> | null;
  undo: readonly Step[];
  problem: Problem | null;
  hasSaved: boolean;
}

export type Action =
  | { type: "edited"; group: GroupName; value: Groups[GroupName]; merge?: string }
  | { type: "undone" }
  | { type: "received"; groups: Groups; revision: number }
  | { type: "sent"; groups: Partial<Groups> }
  | { type: "saved"; groups: Groups; revision: number }
  | { type: "stale" }
  | { type: "refused"; message: string; findings: readonly Place[] }
  | { type: "tried_again" }
  | { type: "chose"; group: GroupName; side: "mine" | "theirs" };

const UNDO_AT_MOST = 100;

export function groupsOf(strategy: StrategyView): Groups {
  const { allowed_models, auto_config, rate_limits, aliases } = strategy;
  return { allowed_models, auto_config, rate_limits, aliases };
}

export function begin(groups: Groups, revision: number): Draft {
  return {
    base: groups,
    revision,
    current: groups,
    theirs: {},
    sent: null,
    undo: [],
    problem: null,
    hasSaved: false,
  };
}

export function reduce(draft: Draft, action: Action): Draft {
  switch (action.type) {
    case "edited":
      return edited(draft, action.group, action.value, action.merge ?? null);
    case "undone":
      return undone(draft);
    case "received":
      return received(draft, action.groups, action.revision);
    case "sent":
      return { ...draft, sent: action.groups, problem: null };
    case "saved":
      return { ...received(draft, action.groups, action.revision), sent: null, hasSaved: true };
    case "stale":
      return { ...draft, sent: null };
    case "refused": {
      const { message, findings } = action;
      return { ...draft, sent: null, problem: { message, findings, refused: draft.sent ?? {} } };
    }
    case "tried_again":
      return { ...draft, problem: null };
    case "chose":
      return chose(draft, action.group, action.side);
  }
}

/** What is to be saved: changed, complete, not in conflict, and not what was just refused. */
export function unsaved(draft: Draft): Partial<Groups> {
  const changed = GROUPS.filter((group) => isUnsaved(draft, group) && isComplete(draft.current, group));
  const isRefused = changed.every((group) => same(draft.problem?.refused[group], draft.current[group]));
  if (draft.problem && isRefused) return {};
  return Object.fromEntries(changed.map((group) => [group, draft.current[group]]));
}

/** What is still to be saved of a draft once the save that is on its way has come back: for a page that is left meanwhile. */
export function leftAfter(draft: Draft, saved: { groups: Groups; revision: number }): Partial<Groups> {
  return unsaved(reduce(draft, { type: "saved", ...saved }));
}

/** Whether anything on the screen is not what the router holds. */
export function isDirty(draft: Draft): boolean {
  return GROUPS.some((group) => !same(draft.current[group], draft.base[group]));
}

export function same(one: unknown, other: unknown): boolean {
  return one === other || JSON.stringify(sorted(one)) === JSON.stringify(sorted(other));
}

/** A limit without its number is still being typed. */
export function isComplete(groups: Groups, group: GroupName): boolean {
  return group !== "rate_limits" || groups.rate_limits.every((limit) => Number.isFinite(limit.value));
}

function edited(draft: Draft, group: GroupName, value: Groups[GroupName], merge: string | null): Draft {
  const last = draft.undo.at(-1);
  const continues = merge !== null && last?.group === group && last.merge === merge;
  const step: Step = { group, value: draft.current[group], merge };
  const undo = continues ? draft.undo : [...draft.undo, step].slice(-UNDO_AT_MOST);
  return { ...draft, undo, current: { ...draft.current, [group]: value } };
}

function undone(draft: Draft): Draft {
  const step = draft.undo.at(-1);
  if (!step) return draft;
  const current = { ...draft.current, [step.group]: step.value };
  return { ...draft, undo: draft.undo.slice(0, -1), current, problem: null };
}

/** The router's new state: taken over where nothing was changed here, kept apart where something was. */
function received(draft: Draft, groups: Groups, revision: number): Draft {
  if (revision < draft.revision) return draft;
  let next: Draft = { ...draft, revision };
  for (const group of GROUPS) next = receivedGroup(next, group, groups[group]);
  return next.problem && !isDirty(next) ? { ...next, problem: null } : next;
}

function receivedGroup(draft: Draft, group: GroupName, value: Groups[GroupName]): Draft {
  const { [group]: _, ...otherTheirs } = draft.theirs;
  const base = { ...draft.base, [group]: value };
  // A save whose answer was lost may have arrived all the same: then it is ours, and no change from elsewhere.
  const isOurs = [draft.sent, draft.problem?.refused].some((of) => of && group in of && same(value, of[group]));
  if (same(value, draft.current[group]) || isOurs) return { ...draft, base, theirs: otherTheirs };
  if (same(value, draft.base[group])) return { ...draft, theirs: otherTheirs };
  if (same(draft.current[group], draft.base[group])) {
    return { ...draft, base, current: { ...draft.current, [group]: value } };
  }
  return { ...draft, theirs: { ...draft.theirs, [group]: value } };
}

function chose(draft: Draft, group: GroupName, side: "mine" | "theirs"): Draft {
  const { [group]: theirs, ...otherTheirs } = draft.theirs;
  if (!(group in draft.theirs)) return draft;
  const settled = { ...draft, theirs: otherTheirs, base: { ...draft.base, [group]: theirs } };
  if (side === "mine") return settled;
  return edited(settled, group, theirs as Groups[GroupName], null);
}

function isUnsaved(draft: Draft, group: GroupName): boolean {
  return !(group in draft.theirs) && !same(draft.current[group], draft.base[group]);
}

/** The same value whatever the order of its keys. A number that is none is told from null. */
function sorted(value: unknown): unknown {
  if (typeof value === "number" && !Number.isFinite(value)) return String(value);
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([one], [other]) => (one < other ? -1 : 1))
      .map(([key, entry]) => [key, sorted(entry)]),
  );
}
