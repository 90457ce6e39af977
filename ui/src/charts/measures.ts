/** What a chart can show: its lines, its unit, and which limits can be drawn into it. Pure. */

import type { LimitType, Measure, Period, StrategyRateLimit, TotalsView } from "../api/generated";
import { count, duration, money, share } from "../parts/words/format";
import { LIMIT_WINDOWS, limitWords, WINDOW_SECONDS } from "../parts/words/words";

export type MeasureKey = "requests" | "tokens" | "cost" | "latency" | "success";

export interface ChartLine {
  key: string;
  title: string;
  /** Bars for sums, a line for what is no sum. */
  look: "bar" | "line";
  /** A role of colour. */
  color: `--${string}`;
}

export interface Line extends ChartLine {
  measure: Measure;
}

/** What a chart has to know of the values that it draws. */
export interface ChartInfo {
  title: string;
  lines: readonly ChartLine[];
  format: (value: number | null | undefined) => string;
  /** From 0 to 1. */
  isShare?: boolean;
}

export interface MeasureInfo extends ChartInfo {
  lines: readonly Line[];
  /** The number beside the title: the sum over the whole range. */
  sum: (totals: TotalsView) => string;
  limits: readonly LimitType[];
}

const lineOf =
  (look: Line["look"]) =>
  (measure: Measure, title: string, color: Line["color"]): Line => ({ key: measure, measure, title, look, color });
const bar = lineOf("bar");
const line = lineOf("line");

export const MEASURES: Record<MeasureKey, MeasureInfo> = {
  requests: {
    title: "Requests",
    lines: [bar("requests", "requests", "--series-1"), bar("failed_requests", "failed", "--series-3")],
    format: count,
    sum: (totals) => count(totals.requests),
    limits: ["requests"],
  },
  tokens: {
    title: "Tokens",
    lines: [bar("total_tokens", "all", "--series-1"), bar("output_tokens", "of which output", "--series-2")],
    format: count,
    sum: (totals) => count(totals.input_tokens + totals.output_tokens),
    limits: ["total_tokens", "input_tokens", "output_tokens"],
  },
  cost: {
    title: "Cost",
    lines: [bar("cost_usd", "cost", "--series-1")],
    format: money,
    sum: (totals) => money(totals.cost_usd),
    limits: ["cost"],
  },
  latency: {
    title: "Latency",
    lines: [line("p95_latency_ms", "95th percentile", "--series-2"), line("p50_latency_ms", "median", "--series-1")],
    format: duration,
    sum: (totals) => duration(totals.p50_latency_ms),
    limits: [],
  },
  success: {
    title: "Success",
    lines: [line("success_rate", "answered", "--series-1")],
    format: share,
    isShare: true,
    sum: (totals) => share(totals.success_rate),
    limits: [],
  },
};

export type RangeKey = Period;

export interface Range {
  title: string;
  words: string;
  /** The period of the same length right before. */
  before: string;
  seconds: number;
  buckets: number;
}

export const RANGES: Record<RangeKey, Range> = {
  "15m": {
    title: "15 min",
    words: "the last 15 minutes",
    before: "the 15 minutes before",
    seconds: 900,
    buckets: 15,
  },
  "1h": { title: "1 h", words: "the last hour", before: "the hour before", seconds: 3_600, buckets: 60 },
  "24h": { title: "24 h", words: "the last 24 hours", before: "the 24 hours before", seconds: 86_400, buckets: 96 },
  "7d": { title: "7 d", words: "the last 7 days", before: "the 7 days before", seconds: 7 * 86_400, buckets: 84 },
  "30d": { title: "30 d", words: "the last 30 days", before: "the 30 days before", seconds: 30 * 86_400, buckets: 60 },
};

export interface LimitLine {
  value: number;
  label: string;
}

/**
 * Limits in the chart's own unit, an amount per bucket. Where a window is longer than a bucket the line is the even
 * pace: a single bucket may pass it as long as the window's sum does not.
 */
export function limitLines(limits: readonly StrategyRateLimit[], info: MeasureInfo, width: number): LimitLine[] {
  return limits
    .filter((limit) => info.limits.includes(limit.limit_type))
    .map((limit) => {
      const value = (limit.value * width) / WINDOW_SECONDS[limit.time_window];
      const isSame = WINDOW_SECONDS[limit.time_window] === width;
      const pace = isSame ? "" : ` = ${info.format(value)} per ${bucketWords(width)}, evenly`;
      return { value, label: `limit ${limitWords(limit)}${pace}` };
    });
}

/** "15 min", "2 h": how long one bar stands for. */
export function bucketWords(width: number): string {
  const named = Object.keys(LIMIT_WINDOWS).find(
    (name) => WINDOW_SECONDS[name as keyof typeof WINDOW_SECONDS] === width,
  );
  return named ?? duration(width * 1_000);
}
