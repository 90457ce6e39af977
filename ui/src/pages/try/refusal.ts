/** An error of the OpenAI-compatible API, in the router's own words. Pure. */

import type { Candidate, TraceAttempt } from "../../trace/trace";

export type FailedAttempt = Pick<TraceAttempt, "provider" | "model" | "kind" | "status" | "message" | "ms">;

export type Skipped = Pick<Candidate, "provider" | "model" | "reason" | "until" | "limit" | "never" | "part">;

export interface Refusal {
  message: string;
  code: string | null;
  requestId: string | null;
  attempts: readonly FailedAttempt[];
  skipped: readonly Skipped[];
  retryAt: string | null;
}

/** The refusal in a body or an event; null where it is something else. */
export function asRefusal(body: unknown): Refusal | null {
  const error = isObject(body) && isObject(body.error) ? body.error : null;
  if (!error || typeof error.message !== "string") return null;
  const more = isObject(error.localrouter) ? error.localrouter : {};
  return {
    message: error.message,
    code: typeof error.code === "string" ? error.code : null,
    requestId: typeof more.request_id === "string" ? more.request_id : null,
    attempts: Array.isArray(more.attempts) ? (more.attempts as FailedAttempt[]) : [],
    skipped: Array.isArray(more.skipped) ? (more.skipped as Skipped[]) : [],
    retryAt: typeof more.retry_at === "string" ? more.retry_at : null,
  };
}

export function plainRefusal(message: string): Refusal {
  return { message, code: null, requestId: null, attempts: [], skipped: [], retryAt: null };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}
