/** By which event which results are out of date: the commands say what they read, the events what has changed. */

import { CHANGES, type Methods, READS } from "./generated";
import type { ServerEvent } from "./sse";

/** The sources that an event says are no longer what they were; null for all of them. */
export function touched({ event, data }: ServerEvent): ReadonlySet<string> | null {
  const changed = CHANGES[event];
  return changed ? new Set([...changed, ...sections(data)]) : null;
}

export function isStale(method: unknown, sources: ReadonlySet<string> | null): boolean {
  if (sources === null) return true;
  return READS[method as keyof Methods]?.some((source) => sources.has(source)) ?? false;
}

function sections(data: unknown): string[] {
  if (typeof data !== "object" || data === null || !("changed" in data) || !Array.isArray(data.changed)) return [];
  return data.changed.map(String);
}
