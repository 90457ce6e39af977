/** The explanation of a routing decision as the router writes it: stored with requests, made by `explain_route`. */

import type { CountedView, FailureKind, LimitUsage } from "../api/generated";
import { clock, duration } from "../parts/words/format";
import { isStrict, limitWords } from "../parts/words/words";

export interface TraceLimit extends Omit<LimitUsage, "resets_at"> {
  estimate: number;
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
  /** The provider did not tell the tokens. */
  estimated?: boolean;
  /** What limits count of it, where that is more than its usage. */
  counted?: CountedView;
}

export type SkipReason = "provider" | "not_allowed" | "cooling" | "context" | "capability" | "limit" | "unpriced";

/** Why a limit has no room for a request, however long one waits. */
export type Never = "too_large" | "unbounded" | "unpriced";

export interface Candidate {
  provider: string;
  model: string;
  state: "tried" | "calling" | "first" | "skipped" | "not_needed";
  reason?: SkipReason;
  until?: string;
  limit?: TraceLimit;
  never?: Never;
  /** What of the request cannot be bounded: "a part of the type image_url". */
  part?: string;
  /** What it lacks of what the request needs, where the reason alone does not tell. */
  lacks?: string;
  /** What can be done where a price is missing. */
  advice?: string;
  /** The calls that ended; of one that is being called, the earlier ones. */
  attempts?: TraceAttempt[];
  /** Of one that is being called: for how long, and when its first token came. */
  ms?: number;
  first_token_ms?: number | null;
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

const REASONS: Record<Exclude<SkipReason, "limit" | "cooling" | "unpriced">, string> = {
  provider: "its provider is missing or disabled",
  not_allowed: "it is not among the allowed models",
  context: "the prompt is longer than its context window",
  capability: "it lacks what the request needs",
};

type Skip = Pick<Candidate, "reason" | "until" | "limit" | "never" | "part" | "lacks">;

/** Why a candidate is passed over: "no room in $2.00 per day until 14:05:10". */
export function skipWords({ reason, until, limit, never, part, lacks }: Skip): string {
  const ends = until ? ` until ${clock(until)}` : "";
  switch (reason) {
    case undefined:
      return "skipped";
    case "cooling":
      return `cooling after a failure${ends}`;
    case "limit":
      if (!limit) return `a limit leaves no room${ends}`;
      if (never) return neverWords(`a strict ${limitWords(limit)}`, never, part);
      return `no room in ${limitWords(limit)}${!until && isOnlyHeld(limit) ? " until running requests end" : ends}`;
    case "unpriced":
      return `its price is not known, so ${limit ? limitWords(limit) : "a limit of cost"} cannot hold`;
    default:
      return lacks ?? REASONS[reason];
  }
}

/** What a model does that is being called: "calling for 1.2 s", "streaming, first token after 0.38 s". */
export function callingWords({ ms, first_token_ms: first }: Pick<Candidate, "ms" | "first_token_ms">): string {
  if (typeof first === "number") return `streaming, first token after ${duration(first)}`;
  return ms === undefined ? "calling" : `calling for ${duration(ms)}`;
}

/** What is said of candidates that nobody called: they were not needed, or may be yet where the request still runs. */
export function uncalledWords({ candidates }: Pick<Trace, "candidates">, soFar: boolean): string {
  if (!soFar) return "not needed";
  return candidates.some(({ state }) => state === "calling") ? "not needed so far" : "not called yet";
}

function neverWords(limit: string, never: Never, part: string | undefined): string {
  switch (never) {
    case "too_large":
      return `it can use more than ${limit} ever allows`;
    case "unpriced":
      return `no price is known, so ${limit} cannot hold`;
    case "unbounded":
      return `what it uses cannot be known${part ? ` with ${part}` : ""}, so ${limit} cannot hold`;
  }
}

/** What a limit's sum comes to. `amount` null: nobody knows what the request would add. */
export interface Sum {
  amount: number | null;
  /** What the amount is: a guess, a bound, or a plain count. */
  word: "estimate" | "at most" | "needed" | "this one";
  fits: boolean;
  /** What follows "> $2.00"; empty where it fits. */
  end: string;
}

/** The limits of a trace are told for the model that is called, or for the first one where none is. */
export function sumOf(limit: TraceLimit, { candidates }: Pick<Trace, "candidates">): Sum {
  const goes = candidates.some(({ state }) => state === "first" || state === "tried" || state === "calling");
  if (!goes && isUnknown(limit, candidates[0]?.never)) {
    return { amount: null, word: isStrict(limit) ? "at most" : "estimate", fits: false, end: " cannot hold" };
  }
  const fits = limit.estimate <= limit.remaining && limit.used + limit.reserved <= limit.value;
  return { amount: limit.estimate, word: wordOf(limit, goes), fits, end: fits ? "" : `, ${lackWords(limit, goes)}` };
}

function isUnknown(limit: TraceLimit, never: Never | undefined): boolean {
  return never === "unpriced" ? limit.limit_type === "cost" : never === "unbounded" && isStrict(limit);
}

/** A request that is refused is told the least that a strict limit must have room for. */
function wordOf(limit: TraceLimit, goes: boolean): Sum["word"] {
  if (limit.limit_type === "requests") return "this one";
  if (!isStrict(limit)) return "estimate";
  return goes ? "at most" : "needed";
}

function lackWords(limit: TraceLimit, goes: boolean): string {
  if (goes && limit.limit_type === "cost") return "but this model is free";
  return isOnlyHeld(limit) ? "no room until running requests end" : "no room";
}

/** Whether nothing but what running requests hold stands in the way. */
function isOnlyHeld({ used, reserved, estimate, value }: TraceLimit): boolean {
  return reserved > 0 && used + estimate <= value;
}
