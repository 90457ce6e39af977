/** Commands as queries: read once, shared between pages, read again when an event says so. */

import { QueryClient, type UseQueryResult, useQuery } from "@tanstack/react-query";
import { connection, onConnection } from "./connection";
import { NoAccess, RpcError } from "./errors";
import { listen } from "./events";
import { isStale, touched } from "./freshness";
import type { Methods } from "./generated";
import type { ServerEvent } from "./sse";
import { call } from "./transport";

/** Bursts of events are gathered for so long before anything is read again. */
const GATHER_FOR = { config: 30, usage: 1_000 } as const;

/** What was read is taken as current for so long, unless an event says otherwise. */
const CURRENT_FOR = 30_000;

export const queries = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: CURRENT_FOR,
      gcTime: 5 * 60_000,
      refetchOnWindowFocus: true,
      retry: (count, error) => !(error instanceof RpcError || error instanceof NoAccess) && count < 2,
    },
  },
});

interface Options<Result> {
  enabled?: boolean;
  /** Keeps showing the former answer while the one to changed parameters is read. */
  keepFormer?: boolean;
  /** Reads again after so many milliseconds, for what changes with time alone; may depend on what was read last. */
  every?: number | ((last: Result | undefined) => number | undefined);
}

export function useCommand<M extends keyof Methods>(
  method: M,
  params: Methods[M]["params"],
  { enabled = true, keepFormer = false, every }: Options<Methods[M]["result"]> = {},
): UseQueryResult<Methods[M]["result"], Error> {
  const pace = (last: unknown) =>
    typeof every === "function" ? every(last as Methods[M]["result"] | undefined) : every;
  const result = useQuery<unknown, Error>({
    queryKey: [method, params],
    queryFn: () => call(method, params),
    enabled,
    ...(keepFormer && { placeholderData: (former: unknown) => former }),
    ...(every !== undefined && {
      refetchInterval: ({ state }) => pace(state.data) ?? false,
      staleTime: ({ state }) => pace(state.data) ?? CURRENT_FOR,
    }),
  });
  return result as UseQueryResult<Methods[M]["result"], Error>;
}

/** Keeps what is shown true to the router until the returned function is called. */
export function followEvents(): () => void {
  const gathered: ServerEvent[] = [];
  let timer: ReturnType<typeof setTimeout> | null = null;
  let due = Number.POSITIVE_INFINITY;
  const flush = () => {
    timer = null;
    due = Number.POSITIVE_INFINITY;
    refresh(gathered.splice(0));
  };
  const onEvent = (event: ServerEvent) => {
    if (!gathered.some((other) => JSON.stringify(other) === JSON.stringify(event))) gathered.push(event);
    const wait = event.event === "config.changed" ? GATHER_FOR.config : GATHER_FOR.usage;
    if (timer !== null && due <= Date.now() + wait) return;
    if (timer !== null) clearTimeout(timer);
    due = Date.now() + wait;
    timer = setTimeout(flush, wait);
  };
  let wasLost = connection() === "lost";
  const stopNoting = onConnection(() => {
    if (connection() === "connected" && wasLost) void queries.invalidateQueries();
    wasLost = connection() === "lost";
  });
  const stop = listen(onEvent);
  return () => {
    stop();
    stopNoting();
    if (timer !== null) clearTimeout(timer);
  };
}

function refresh(events: ServerEvent[]): void {
  const each = events.map(touched);
  const sources = each.includes(null) ? null : new Set(each.flatMap((found) => [...(found ?? [])]));
  void queries.invalidateQueries({ predicate: ({ queryKey }) => isStale(queryKey[0], sources) });
}
