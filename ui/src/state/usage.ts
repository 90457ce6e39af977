/** What clients did today, and when each was last heard of. */

import type { Tier, TotalsView } from "../api/generated";
import { useCommand } from "../api/queries";
import { startOfDay, useNow } from "./time";

const NEWEST = 200;

/** Today's sums by holder of a tier; a holder without a request is not in it. Undefined until known. */
export function useToday(tier: Tier): ReadonlyMap<string, TotalsView> | undefined {
  const since = startOfDay(useNow(60));
  const { data } = useCommand("get_usage_summary", { since }, { keepFormer: true });
  if (!data) return undefined;
  const prefix = `${tier}:`;
  const own = data.scopes.filter(({ scope }) => scope.startsWith(prefix));
  return new Map(own.map(({ scope, totals }) => [scope.slice(prefix.length), totals]));
}

export interface Newest {
  /** By client: when its newest request began. */
  seen: ReadonlyMap<string, number>;
  /** Whether these are all requests that are recorded. */
  isAll: boolean;
}

export function useNewest(): Newest | undefined {
  const { data } = useCommand("list_requests", { limit: NEWEST });
  if (!data) return undefined;
  const seen = new Map<string, number>();
  for (const { client_id, started_at } of data.items) {
    if (!seen.has(client_id)) seen.set(client_id, started_at);
  }
  return { seen, isAll: data.next_cursor === null };
}
