/** What a chart can show: its lines, its unit, and over which periods. Pure. */

import type { Measure, Period } from "../api/generated";
import { duration, share } from "../parts/words/format";
import { LIMIT_WINDOWS, WINDOW_SECONDS } from "../parts/words/words";

export type MeasureKey = "latency" | "success";

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
}

const line = (measure: Measure, title: string, color: Line["color"]): Line => ({
  key: measure,
  measure,
  title,
  look: "line",
  color,
});

export const MEASURES: Record<MeasureKey, MeasureInfo> = {
  latency: {
    title: "Latency",
    lines: [line("p95_latency_ms", "95th percentile", "--series-2"), line("p50_latency_ms", "median", "--series-1")],
    format: duration,
  },
  success: {
    title: "Success",
    lines: [line("success_rate", "answered", "--series-1")],
    format: share,
    isShare: true,
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

/** "15 min", "2 h": how long one bar stands for. */
export function bucketWords(width: number): string {
  const named = Object.keys(LIMIT_WINDOWS).find(
    (name) => WINDOW_SECONDS[name as keyof typeof WINDOW_SECONDS] === width,
  );
  return named ?? duration(width * 1_000);
}
