/** What a split of usage says: names, places, colours, order, and what changed. Pure. */

import type { Period, SpendRow, SpendTotals, SpendView, Split } from "../../api/generated";
import { count, money, share, UNKNOWN } from "../../parts/words/format";
import { address } from "../../state/match";
import type { Place } from "../../state/paths";
import { type ChartLine, RANGES } from "../measures";

export type SpendMeasure = SpendView["measure"];

export const SPLITS: Record<Split, string> = {
  model: "Model",
  provider: "Provider",
  client: "Client",
  strategy: "Strategy",
};

/** What a scope can be split by: never by itself. */
export function splitsOf(scope: string): readonly Split[] {
  const [tier] = scope.split(":", 1);
  switch (tier) {
    case "llm_strategy":
      return ["model", "provider", "client"];
    case "llm_key":
      return ["model", "provider"];
    case "llm_provider":
      return ["model", "client", "strategy"];
    case "llm_model":
      return ["client", "strategy"];
    default:
      return ["model", "provider", "client", "strategy"];
  }
}

/** Whose limits say something of a scope; null where none do. */
export function limitsIn(scope: string): "all" | { strategyId: string } | null {
  if (scope === "llm_global") return "all";
  return scope.startsWith("llm_strategy:") ? { strategyId: scope.slice("llm_strategy:".length) } : null;
}

export const SPEND_MEASURES: Record<SpendMeasure, string> = {
  cost_usd: "Cost",
  tokens: "Tokens",
  requests: "Requests",
};

export const formatOf = (measure: SpendMeasure) => (measure === "cost_usd" ? money : count);

const OTHERS = "--stack-others";

/** The colour that stands for a row in the chart; null where it is not drawn. Colours go by rank. */
export function colorOf(
  series: SpendView["series"],
  row: Pick<SpendRow, "group" | "totals">,
): ChartLine["color"] | null {
  const index = series.findIndex((one) => one.group === row.group);
  if (index >= 0) return `--stack-${index + 1}`;
  return series.some((one) => one.group === null) && row.totals.requests > 0 ? OTHERS : null;
}

export function linesOf({ series, by }: Pick<SpendView, "series" | "by">): ChartLine[] {
  return series.map(({ group, name }, index) => ({
    key: group ?? "others",
    title: group === null ? "all others" : nameOf(by, group, name),
    look: "bar",
    color: group === null ? OTHERS : `--stack-${index + 1}`,
  }));
}

/** Where something is no longer configured, its id or former name. */
export function nameOf(by: Split, key: string, name: string | null): string {
  if (key === "") return by === "model" || by === "provider" ? "no model called" : UNKNOWN;
  if (name !== null) return name;
  return by === "client" || by === "strategy" ? `deleted ${by} ${key.slice(0, 8)}` : key;
}

/** The page of what a row stands for; the requests of what has none. */
export function placeOf(by: Split, { group, name }: Pick<SpendRow, "group" | "name">): string | null {
  if (group === "") return null;
  if (name === null) return `${address("monitor")}?${new URLSearchParams({ [by]: group })}`;
  const pages = {
    model: ["models", group],
    provider: ["providers", group, "metrics"],
    client: ["clients", group, "metrics"],
    strategy: ["routing", group, "metrics"],
  } satisfies Record<string, Place>;
  return address(...(pages[by] as Place));
}

export type SortKey = "name" | "cost" | "requests" | "tokens" | "cached" | "saved" | "before";

export interface Sorting {
  by: SortKey;
  isDescending: boolean;
}

/** Names from A, numbers from the largest; the other way when pressed again. */
export function nextSorting(current: Sorting, by: SortKey): Sorting {
  if (current.by === by) return { by, isDescending: !current.isDescending };
  return { by, isDescending: by !== "name" };
}

/** The rows in order, without those that stand only for refused requests. */
export function sorted(rows: readonly SpendRow[], split: Split, { by, isDescending }: Sorting): SpendRow[] {
  const direction = isDescending ? -1 : 1;
  const words = (row: SpendRow) => nameOf(split, row.group, row.name);
  return rows
    .filter(({ totals }) => totals.requests > 0 || totals.calls > 0)
    .sort((one, other) =>
      by === "name"
        ? direction * words(one).localeCompare(words(other))
        : direction * (figure(one, by) - figure(other, by)) ||
          tokensOf(other.totals) - tokensOf(one.totals) ||
          words(one).localeCompare(words(other)),
    );
}

/** Unknown amounts stand below none at all. */
function figure({ totals, saved_usd, previous_cost_usd }: SpendRow, by: Exclude<SortKey, "name">): number {
  switch (by) {
    case "cost":
      return totals.cost_usd ?? -1;
    case "requests":
      return totals.requests;
    case "tokens":
      return tokensOf(totals);
    case "cached":
      return totals.cached_tokens;
    case "saved":
      return saved_usd;
    case "before":
      return previous_cost_usd ?? -1;
  }
}

export function tokensOf({ input_tokens, output_tokens }: Pick<SpendTotals, "input_tokens" | "output_tokens">): number {
  return input_tokens + output_tokens;
}

/** "+34 %, $1.21 in the 24 hours before". */
export function changeWords(now: number | null, before: number | null, period: Period): string {
  const when = RANGES[period].before;
  if (before === null) return `unknown in ${when}`;
  if (before === 0) return `nothing in ${when}`;
  if (now === null) return `${money(before)} in ${when}`;
  const change = now / before - 1;
  const sign = change > 0 ? "+" : "-";
  const size = Math.abs(change) >= 9.995 ? `×${count(now / before)}` : `${sign}${share(Math.abs(change))}`;
  return Math.abs(change) < 0.0005 ? `as in ${when}` : `${size}, ${money(before)} in ${when}`;
}

type Begun = Pick<SpendView, "timestamps" | "series" | "total" | "previous">;

/**
 * The period to begin with, by what the last day and the last hour hold of requests: the shortest that holds all there
 * is, so that a new home sees more than one bar.
 */
export function periodFor(day: Begun, hour: Begun, now: number): Period {
  if (day.total.requests + day.total.denied_requests === 0) return "30d";
  if (day.previous.requests > 0 || ageOf(day, now) > RANGES["1h"].seconds + RANGES["15m"].seconds) return "24h";
  if (hour.previous.requests > 0) return "24h";
  return ageOf(hour, now) > RANGES["15m"].seconds ? "1h" : "15m";
}

/** Seconds since the first bucket with anything in it began. */
function ageOf({ timestamps, series }: Begun, now: number): number {
  const first = timestamps.find((_, at) => series.some(({ values }) => (values[at] ?? 0) > 0));
  return first === undefined ? 0 : now - first;
}
