/** Where the attempts of a request lie between its arrival and its end, in percent. Pure. */

import type { AttemptView, RequestView } from "../api/generated";

export interface Bar {
  number: number;
  attempt: AttemptView;
  /** Milliseconds after the request's arrival. */
  offset: number;
  start: number;
  width: number;
  /** The part of the bar's own width before the first token; null where none is known. */
  waiting: number | null;
}

const THINNEST = 0.4;

export function bars(
  request: Pick<RequestView, "started_at" | "duration_ms">,
  attempts: readonly AttemptView[],
): Bar[] {
  const total = Math.max(
    request.duration_ms,
    ...attempts.map((attempt) => offsetOf(request, attempt) + attempt.duration_ms),
  );
  if (!(total > 0)) return [];
  return attempts.map((attempt, index) => {
    const offset = offsetOf(request, attempt);
    const width = Math.max(THINNEST, (attempt.duration_ms / total) * 100);
    const { first_token_ms: first, duration_ms: ms } = attempt;
    return {
      number: index + 1,
      attempt,
      offset,
      start: Math.min(100 - width, (offset / total) * 100),
      width,
      waiting: first !== null && ms > 0 && attempt.kind === null ? Math.min(100, (first / ms) * 100) : null,
    };
  });
}

function offsetOf(request: Pick<RequestView, "started_at">, attempt: AttemptView): number {
  return Math.max(0, (attempt.started_at - request.started_at) * 1_000);
}
