/** A recorded request in words: what became of it, who served it, what it took. Pure. */

import type { AttemptView, RequestDetails, RequestView } from "../api/generated";
import { count, money } from "../parts/words/format";
import { KINDS } from "../parts/words/words";
import type { Candidate, Trace, TraceAttempt } from "./trace";

type Ended = Pick<RequestView, "outcome" | "kind" | "status"> & Partial<Pick<RequestView, "recovered">>;

/** "answered", "failed: rate limit", "denied 429", "cancelled"; with a word where the router was killed before it had
 * written the record. */
export function outcomeWords(request: Ended): string {
  if (!request.recovered) return endWords(request);
  const isCut = request.outcome === "failed" && request.kind === "cancelled";
  return isCut ? "cut: router killed" : `${endWords(request)}, recovered`;
}

function endWords({ outcome, kind, status }: Ended): string {
  switch (outcome) {
    case "success":
      return "answered";
    case "cancelled":
      return "cancelled";
    case "failed":
      return kind ? `failed: ${KINDS[kind]}` : `failed ${status}`;
    case "denied":
      return `denied ${status}`;
  }
}

/** The model that answered, as `provider/name`; null where none did. */
export function servedBy(request: Pick<RequestView, "provider_served" | "model_served">): string | null {
  if (request.model_served === null) return null;
  return request.provider_served ? `${request.provider_served}/${request.model_served}` : request.model_served;
}

/** Tokens in and out together; "about" where the provider did not tell. */
export function tokensOf({ usage }: Pick<RequestView, "usage">): string {
  const tokens = count(usage.input_tokens + usage.output_tokens);
  return usage.estimated ? `about ${tokens}` : tokens;
}

/** What limits count where the provider did not tell what was used; null where they count what was used. */
export function countedOf({ usage }: Pick<RequestView, "usage">): string | null {
  const { counted } = usage;
  if (!counted) return null;
  const what = [`${count(counted.input_tokens)} in`, `${count(counted.output_tokens)} out`, money(counted.cost_usd)];
  return `${what.join(", ")}: at least what was held for it, as the provider did not tell what it used`;
}

export function costOf({ usage }: Pick<RequestView, "usage">): string {
  return usage.unpriced ? "unpriced" : money(usage.cost_usd);
}

/** What the router itself took: "0.4 ms". */
export function overheadOf({ overhead_ms: ms }: Pick<RequestView, "overhead_ms">): string {
  return ms < 10 ? `${ms.toFixed(1)} ms` : `${Math.round(ms)} ms`;
}

/** The stored explanation, or what the attempts alone still tell where it is no longer kept. */
export function traceOf({ trace, attempts }: Pick<RequestDetails, "trace" | "attempts">): Trace {
  if (isTrace(trace)) return trace;
  const candidates: Candidate[] = [];
  for (const attempt of attempts) {
    const { provider, model } = attempt;
    const same = candidates.find((other) => other.provider === provider && other.model === model);
    if (same) same.attempts = [...(same.attempts ?? []), traced(attempt)];
    else candidates.push({ provider, model, state: "tried", attempts: [traced(attempt)] });
  }
  return { candidates, limits: [], warnings: [] };
}

function traced({
  provider,
  model,
  kind,
  status,
  message,
  duration_ms,
  first_token_ms,
  usage,
}: AttemptView): TraceAttempt {
  const { input_tokens, output_tokens, cost_usd } = usage;
  return {
    provider,
    model,
    kind,
    status,
    message,
    ms: duration_ms,
    first_token_ms,
    input_tokens,
    output_tokens,
    cost_usd,
  };
}

function isTrace(value: unknown): value is Trace {
  if (typeof value !== "object" || value === null) return false;
  const { candidates, limits, warnings } = value as Record<string, unknown>;
  return Array.isArray(candidates) && Array.isArray(limits) && Array.isArray(warnings);
}
