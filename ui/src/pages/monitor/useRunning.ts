/** Reads what is being served, and follows the one that is open until its record is there. */

import { useEffect, useMemo, useRef, useState } from "react";
import type { RunningRequest } from "../../api/generated";
import { queries, useCommand } from "../../api/queries";
import { recall, remember } from "../../state/remembered";
import { useSlow } from "../../state/time";
import { hasEnded, MOST, paceOf, type Reading, type Stage, stageOf } from "./running";

const PLACE = "monitor:running";
/** So long a record may take after its request has ended. */
const PATIENCE = 5_000;
const ASK_AGAIN = 400;

export interface Running {
  /** As it was read last; null before the first time. */
  now: Reading | null;
  /** The same for a list above the finished ones: a request leaves it when it can be found among those. */
  listed: Reading | null;
  problem: Error | null;
}

/** Live, or as it was when the page was paused. */
export function useRunning(pausedAt: number | null): Running {
  const {
    data,
    dataUpdatedAt,
    error: problem,
  } = useCommand("list_running_requests", { limit: MOST }, { enabled: pausedAt === null, every: paceOf });
  const now = useMemo((): Reading | null => {
    if (data) return { items: data, at: dataUpdatedAt / 1_000, frozenAt: pausedAt };
    const kept = pausedAt === null ? undefined : recall<Reading>(PLACE);
    return kept ? { ...kept, frozenAt: pausedAt } : null;
  }, [data, dataUpdatedAt, pausedAt]);
  const [listed, setListed] = useState(now);
  const shown = useRef(now);

  useEffect(() => {
    if (!now) return;
    const show = () => {
      shown.current = now;
      setListed(now);
    };
    remember(PLACE, now);
    if (now.frozenAt !== null || !hasEnded(shown.current?.items ?? [], now.items)) return show();
    let isLeft = false;
    void queries
      .refetchQueries({ queryKey: ["list_requests"], type: "active" }, { cancelRefetch: false })
      .finally(() => !isLeft && show());
    return () => {
      isLeft = true;
    };
  }, [now]);

  return { now, listed, problem };
}

/** What is known of one request, whether it runs or is on record. */
export function useStage(id: string, { now: reading, problem }: Running) {
  const now = reading?.items.find((request) => request.request_id === id) ?? null;
  const former = useRef<RunningRequest | null>(null);
  useEffect(() => {
    if (now) former.current = now;
  }, [now]);
  const hasRun = former.current !== null && now === null;
  const isOverdue = useSlow(hasRun, PATIENCE);
  const {
    data: details,
    error,
    errorUpdatedAt,
    refetch,
  } = useCommand(
    "get_request",
    { request_id: id },
    { enabled: now === null, every: (found) => (hasRun && !isOverdue && !found ? ASK_AGAIN : undefined) },
  );
  const isFrozen = reading !== null && reading.frozenAt !== null;
  const isSettled = isFrozen || problem !== null || (reading !== null && reading.at * 1_000 >= errorUpdatedAt);
  useEffect(() => {
    if (error && !isSettled) void queries.invalidateQueries({ queryKey: ["list_running_requests"] });
  }, [error, isSettled]);
  const stage: Stage = stageOf({ now, former: former.current, details, error, isSettled, isOverdue });
  return { stage, hasRun: former.current !== null, refetch };
}
