/** What needs attention, each with its cause and its remedy, worst first. Pure. */

import type { CoolingView, NearLimit, ServerStatusView } from "../../api/generated";
import { clock } from "../../parts/words/format";
import { amount, fullness, HAPPENED, limitWords } from "../../parts/words/words";
import { address } from "../../state/match";

export interface Concern {
  key: string;
  mood: "bad" | "warn" | "plain";
  /** Nobody has to do anything: it passes by itself, or is only to be known. */
  passes?: boolean;
  says: string;
  /** What to do, or that nothing has to be done. */
  remedy: string | null;
  /** Where to do it. */
  go?: { to: string; verb: string };
  /** Usage that could not be read can be let go with one press. */
  isUsageLoss?: boolean;
}

const UNWELL: ReadonlySet<string> = new Set(["failing", "no_key", "key_out_of_reach", "key_elsewhere"]);

export function concerns(status: ServerStatusView): Concern[] {
  return [
    ...status.problems.map(problem),
    ...(status.usage_loss === null ? [] : [usageLoss(status.usage_loss)]),
    ...status.providers.filter(({ status: { state } }) => UNWELL.has(state)).map(unwell),
    ...status.near_limits
      .map(nearLimit)
      .sort((one, other) => (one.mood === other.mood ? 0 : one.mood === "bad" ? -1 : 1)),
    ...status.cooling.map(cooling),
    ...status.reports.map(report),
  ];
}

function usageLoss(says: string): Concern {
  return {
    key: "usage-loss",
    mood: "bad",
    says,
    remedy: "Or let them go on as if nothing else had been used before.",
    isUsageLoss: true,
  };
}

function problem(says: string): Concern {
  return {
    key: `problem:${says}`,
    mood: "bad",
    says,
    remedy: null,
    go: { to: address("settings", "diagnostics"), verb: "Diagnostics" },
  };
}

function report(says: string): Concern {
  return {
    key: `report:${says}`,
    mood: "plain",
    passes: true,
    says,
    remedy: null,
    go: { to: address("settings", "revisions"), verb: "Revisions" },
  };
}

function unwell({ name, status }: ServerStatusView["providers"][number]): Concern {
  return {
    key: `provider:${name}`,
    mood: "bad",
    says: `${name}: ${status.message}`,
    remedy: status.advice,
    go: { to: address("providers", name), verb: status.state === "no_key" ? "Set key" : "Open provider" },
  };
}

function cooling({ provider, model, endpoint, kind, until }: CoolingView): Concern {
  const name = model === null ? provider : `${provider}/${model}`;
  const isKey = kind === "auth";
  const isLasting = isKey || kind === "quota_exhausted";
  return {
    key: `cooling:${name}:${endpoint ?? ""}`,
    mood: isLasting ? "bad" : "warn",
    passes: !isLasting,
    says: `${name} ${HAPPENED[kind]} and is left alone until ${clock(until)}.`,
    remedy: REMEDIES[kind] ?? "Nothing to do: requests go to the next model of their strategy.",
    go: { to: address("providers", provider), verb: isKey ? "Set key" : "Open provider" },
  };
}

const REMEDIES: Partial<Record<CoolingView["kind"], string>> = {
  auth: "Set a key that the provider accepts.",
  quota_exhausted: "Add credit at the provider, or put another model before it.",
  not_found: "Take the model out of the strategies that name it, or refresh the models.",
  unreachable: "See that its server runs and that this computer reaches it.",
};

export function nearLimitKey(id: string, limit: Pick<NearLimit["limit"], "limit_type" | "time_window">): string {
  return `limit:${id}:${limit.limit_type}:${limit.time_window}`;
}

function nearLimit({ strategy, limit }: NearLimit): Concern {
  const share = fullness(limit);
  const taken = amount(limit.limit_type, limit.used + limit.reserved);
  const isFull = share >= 1;
  return {
    key: nearLimitKey(strategy.id, limit),
    mood: isFull ? "bad" : "warn",
    passes: true,
    says: `${strategy.name} ${isFull ? "is out of room" : "is near its limit"}: ${taken} of ${limitWords(limit)} used.`,
    remedy: remedyOf(limit.limit_type === "cost", isFull),
    go: { to: address("routing", strategy.id, "configuration"), verb: "Change limit" },
  };
}

function remedyOf(isCost: boolean, isFull: boolean): string {
  if (isCost) {
    const skipped = isFull
      ? "Models that cost are skipped until it drains, or the limit is raised"
      : "When it is full, models that cost are skipped until it drains";
    return `${skipped}; requests that no free model can serve are refused.`;
  }
  return isFull
    ? "Requests are refused until it drains, or the limit is raised."
    : "When it is full, requests are refused until it drains.";
}

/** "All 3 providers answer", "1 of 2 providers answers". */
export function providersWords(status: Pick<ServerStatusView, "providers">): string {
  const enabled = status.providers.filter(({ status: { state } }) => state !== "disabled");
  const ready = enabled.filter(({ status: { state } }) => state === "ready");
  if (enabled.length === 0) return "No provider is set up";
  if (ready.length < enabled.length) {
    return `${ready.length} of ${enabled.length} providers ${ready.length === 1 ? "answers" : "answer"}`;
  }
  return enabled.length === 1 ? `${enabled[0]?.name} answers` : `All ${enabled.length} providers answer`;
}
