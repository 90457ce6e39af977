/** Where the monitor is, and where it shows one request. */

import type { RequestView } from "../api/generated";
import { clock } from "../parts/words/format";
import { address } from "../state/match";

export const MONITOR = address("monitor");

export function requestAddress(id: string): string {
  return `${MONITOR}?request=${encodeURIComponent(id)}`;
}

/** Room for the longest time in a list, newest first: those of other days bear their date. */
export function timeWidth(items: readonly RequestView[]): string {
  const longest = Math.max(...[items[0], items.at(-1)].map((item) => clock(item?.started_at).length));
  return `calc(var(--gutter) + 20px + ${longest}ch)`;
}
