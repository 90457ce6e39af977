/** Reads the requests that fit a filter: live at the top, older ones when asked. */

import { useCallback, useEffect, useRef, useState } from "react";
import { sentence } from "../../api/errors";
import { useCommand } from "../../api/queries";
import { rpc } from "../../api/transport";
import { recall, remember } from "../../state/remembered";
import { type Known, NOTHING, withNewest, withOlder } from "./feed";
import { type Filter, paramsOf } from "./filter";

const PAGE = 100;

export interface Feed extends Known {
  loadOlder: () => void;
  problem: string | null;
}

/** Belongs to one filter for as long as it lives: `key` its user by the filter. */
export function useFeed(filter: Filter, pausedAt: number | null): Feed {
  const params = paramsOf(filter);
  const place = `monitor:feed:${JSON.stringify(params)}`;
  const [known, setKnown] = useState<Known>(() => recall<Known>(place) ?? NOTHING);
  const [problem, setProblem] = useState<string | null>(null);
  const isLoading = useRef(false);
  const isPaused = pausedAt !== null;
  // A filter that is chosen during a pause shows what it would have shown then.
  const until = isPaused ? { until: pausedAt } : {};
  const isWanted = !isPaused || known.cursor === undefined;
  const newest = useCommand("list_requests", { ...params, ...until, limit: PAGE }, { enabled: isWanted });

  useEffect(() => {
    if (newest.data) setKnown((former) => withNewest(former, newest.data));
  }, [newest.data]);
  useEffect(() => remember(place, known), [place, known]);

  const { cursor } = known;
  const loadOlder = useCallback(() => {
    if (!cursor || isLoading.current) return;
    isLoading.current = true;
    rpc
      .listRequests({ ...params, limit: PAGE, cursor })
      .then((page) => {
        setKnown((former) => withOlder(former, page));
        setProblem(null);
      })
      .catch((error: unknown) => setProblem(sentence(error)))
      .finally(() => {
        isLoading.current = false;
      });
  }, [cursor, params]);

  return { ...known, loadOlder, problem: newest.error ? sentence(newest.error) : problem };
}
