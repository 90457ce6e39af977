/** Requests that are being served: which of them are shown, what they do in words, and what becomes of an open one. Pure. */

import { isMissing } from "../../api/errors";
import type { RequestDetails, RequestView, RunningRequest } from "../../api/generated";
import { duration } from "../../parts/words/format";
import { traceOf } from "../../trace/request";
import type { Trace } from "../../trace/trace";
import type { Filter } from "./filter";

/** More are not asked for: their explanations would weigh more than they tell. */
export const MOST = 100;

/** What ran at a moment, in Unix seconds by the clock of this page; at `frozenAt` the page was paused. */
export interface Reading {
  items: readonly RunningRequest[];
  at: number;
  frozenAt: number | null;
}

/** Often while something runs, less often while nothing does. */
export function paceOf(last: readonly unknown[] | undefined): number {
  return last?.length ? 1_000 : 2_000;
}

/** For how long a request has run, in milliseconds. */
export function ageOf({ duration_ms }: Pick<RunningRequest, "duration_ms">, reading: Reading, now: number): number {
  return duration_ms + Math.max(0, (reading.frozenAt ?? now) - reading.at) * 1_000;
}

/** Whether a filter can say nothing of them: it asks what became of requests. */
export function isOfEnds({ outcome, kind }: Filter): boolean {
  return outcome !== "" || kind !== "";
}

/** Whether a filter lets it through, by whose it is and by the models that were asked for or called. */
export function fits(request: RunningRequest, filter: Filter): boolean {
  if (isOfEnds(filter)) return false;
  const models = modelsOf(request);
  return (
    (!filter.client || request.client_id === filter.client) &&
    (!filter.strategy || request.strategy_id === filter.strategy) &&
    (!filter.provider || models.some((name) => name.startsWith(`${filter.provider}/`))) &&
    (!filter.model || models.includes(filter.model))
  );
}

function modelsOf(request: RunningRequest): string[] {
  const called = soFarOf(request).candidates.filter(({ state }) => state === "tried" || state === "calling");
  return [request.model_asked, ...called.map(({ provider, model }) => `${provider}/${model}`)];
}

/** Its route so far, in the shape in which those of finished requests are drawn. */
export function soFarOf({ trace }: Pick<RunningRequest, "trace">): Trace {
  return traceOf({ trace, attempts: [] });
}

type Route = Pick<RequestView, "client_id" | "model_asked" | "provider_served" | "model_served">;

/** As the route of a finished request is written: the model that is being called stands for the one that served. */
export function routeOf({ client_id, model_asked, model }: RunningRequest): Route {
  return { client_id, model_asked, provider_served: null, model_served: model };
}

/** "waiting for room", "calling groq/llama-3.3-70b", "streaming, first token after 0.38 s". */
export function doingWords(request: Pick<RunningRequest, "doing" | "model" | "trace">): string {
  switch (request.doing) {
    case "waiting":
      return "waiting for room";
    case "pausing":
      return "pausing before a retry";
    case "calling":
      return request.model === null ? "choosing a model" : `calling ${request.model}`;
    case "streaming": {
      const first = soFarOf(request).candidates.find(({ state }) => state === "calling")?.first_token_ms;
      return typeof first === "number" ? `streaming, first token after ${duration(first)}` : "streaming";
    }
  }
}

/** "after 2 that failed": the calls before; empty where there was none. */
export function beforeWords({ attempts }: Pick<RunningRequest, "attempts">): string {
  return attempts === 0 ? "" : `after ${attempts} that failed`;
}

/** What stands in the place of the list where it is empty. */
export function nothingWords(reading: Reading, filter: Filter): string {
  const count = reading.items.length;
  const isPast = reading.frozenAt !== null;
  if (isOfEnds(filter)) return "Running requests have no outcome yet, so this filter shows none of them";
  if (count === 0) return isPast ? "Nothing was running" : "Nothing is running";
  if (count === 1) return `1 request ${isPast ? "was" : "is"} running, and does not fit these filters`;
  return `${count} requests ${isPast ? "were" : "are"} running, and none of them fits these filters`;
}

/** Whether something that ran no longer does. */
export function hasEnded(former: readonly RunningRequest[], now: readonly RunningRequest[]): boolean {
  const ids = new Set(now.map((request) => request.request_id));
  return former.some((request) => !ids.has(request.request_id));
}

/** What is known of the request that is open. */
export interface Known {
  /** As it runs now, or null. */
  now: RunningRequest | null;
  /** As it ran when that was last seen, or null. */
  former: RunningRequest | null;
  details: RequestDetails | undefined;
  error: unknown;
  /** Whether what runs was read after the record was found missing: before, nobody knows whether it still runs. */
  isSettled: boolean;
  /** Whether it ended so long ago that its record should be there. */
  isOverdue: boolean;
}

export type Stage =
  | { at: "recorded"; details: RequestDetails }
  | { at: "running" | "ended"; request: RunningRequest }
  | { at: "reading" }
  | { at: "missing" }
  | { at: "failed"; error: unknown };

/** From running over its end to its record, never back, and never through nothing. */
export function stageOf({ now, former, details, error, isSettled, isOverdue }: Known): Stage {
  if (details) return { at: "recorded", details };
  if (now) return { at: "running", request: now };
  if (former && !isOverdue) return { at: "ended", request: former };
  if (!error) return former ? { at: "ended", request: former } : { at: "reading" };
  if (!isMissing(error)) return { at: "failed", error };
  return isSettled ? { at: "missing" } : { at: "reading" };
}
