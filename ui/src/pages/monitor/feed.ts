/** The list of requests as it grows at both of its ends: newer ones from the router, older ones page by page. Pure. */

import type { RequestPage, RequestView } from "../../api/generated";

export interface Known {
  items: readonly RequestView[];
  /** Leads to older ones; null where these are all, undefined where nothing was read yet. */
  cursor: string | null | undefined;
}

export const NOTHING: Known = { items: [], cursor: undefined };

/** More are not kept on the page: they can be read again. */
export const MOST = 5_000;

/** What is known after the newest page was read. Where it does not touch what was known, that is let go. */
export function withNewest(known: Known, page: RequestPage): Known {
  const seen = new Set(known.items.map((item) => item.request_id));
  const fresh = page.items.filter((item) => !seen.has(item.request_id));
  if (fresh.length === 0 && known.cursor !== undefined) return known;
  const hasGap = fresh.length === page.items.length && page.next_cursor !== null;
  if (known.cursor === undefined || hasGap) return { items: page.items, cursor: page.next_cursor };
  return { items: sorted([...fresh, ...known.items]).slice(0, MOST), cursor: known.cursor };
}

export function withOlder(known: Known, page: RequestPage): Known {
  const seen = new Set(known.items.map((item) => item.request_id));
  const older = page.items.filter((item) => !seen.has(item.request_id));
  return { items: [...known.items, ...older], cursor: page.next_cursor };
}

function sorted(items: readonly RequestView[]): RequestView[] {
  return [...items].sort((one, other) => other.started_at - one.started_at);
}
