/** The explanation of a routing decision as the router writes it: stored with requests, made by `explain_route`. */

import type { FailureKind, LimitMode, LimitType, RateLimitTimeWindow } from "../api/generated";
import { clock } from "../parts/format";
import { limitWords } from "../parts/words";

export interface TraceLimit {
  limit_type: LimitType;
  time_window: RateLimitTimeWindow;
  mode: LimitMode;
  value: number;
  used: number;
  reserved: number;
  estimate: number;
  remaining: number;
}

export interface TraceAttempt {
  provider: string;
  model: string;
  kind: FailureKind | null;
  status: number | null;
  message: string | null;
  ms: number;
  first_token_ms: number | null;
  input_tokens: number;
  output_tokens: number;
  cost_usd: number;
}

export type SkipReason = "provider" | "not_allowed" | "cooling" | "context" | "capability" | "limit";

export interface Candidate {
  provider: string;
  model: string;
  state: "tried" | "first" | "skipped" | "not_needed";
  reason?: SkipReason;
  until?: string;
  limit?: TraceLimit;
  attempts?: TraceAttempt[];
}

export interface Trace {
  candidates: Candidate[];
  limits: TraceLimit[];
  warnings: string[];
}

export interface Explanation extends Trace {
  decision: "try" | "wait" | "refuse";
  model: string | null;
  status?: number;
  code?: string;
  message?: string;
  retry_at?: string | null;
}

const REASONS: Record<Exclude<SkipReason, "limit" | "cooling">, string> = {
  provider: "its provider is missing or disabled",
  not_allowed: "it is not among the allowed models",
  context: "the prompt is longer than its context window",
  capability: "it lacks what the request needs",
};

/** Why a candidate is passed over: "no room in $2.00 per day until 14:05:10". */
export function skipWords({ reason, until, limit }: Pick<Candidate, "reason" | "until" | "limit">): string {
  const ends = until ? ` until ${clock(until)}` : "";
  switch (reason) {
    case undefined:
      return "skipped";
    case "cooling":
      return `cooling after a failure${ends}`;
    case "limit":
      return limit ? `no room in ${limitWords(limit)}${ends}` : `a limit leaves no room${ends}`;
    default:
      return REASONS[reason];
  }
}
