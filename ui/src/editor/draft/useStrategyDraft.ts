/** One strategy under edit: read with its revision, saved by itself, kept true to the router. */

import { useQuery } from "@tanstack/react-query";
import { useCallback, useEffect, useReducer, useRef } from "react";
import { Code, NotConnected, RpcError, sentence } from "../../api/errors";
import type { StrategyView } from "../../api/generated";
import { queries } from "../../api/queries";
import { rpc } from "../../api/transport";
import { type Action, begin, type Draft, type Groups, groupsOf, isDirty, leftAfter, reduce, unsaved } from "./draft";

const SAVE_AFTER = 400;

export interface Editing {
  draft: Draft;
  dispatch: (action: Action) => void;
  /** The strategy as the router last told it, with its clients and remarks. */
  strategy: StrategyView;
}

interface Saved {
  groups: Groups;
  revision: number;
}

interface AtRevision {
  revision: number;
  strategy: StrategyView;
}

export function useStrategyAtRevision(strategyId: string) {
  return useQuery<AtRevision, Error>({
    queryKey: keyFor(strategyId),
    queryFn: async () => {
      const strategy = await rpc.getStrategy({ strategy_id: strategyId });
      return { revision: strategy.revision, strategy };
    },
  });
}

function keyFor(strategyId: string) {
  return ["get_strategy", { strategy_id: strategyId }, "at revision"];
}

/** Give the calling part the strategy's id as its `key`: a draft belongs to one strategy. */
export function useStrategyDraft({ revision, strategy }: AtRevision): Editing {
  const [draft, dispatch] = useReducer(reduce, null, () => begin(groupsOf(strategy), revision));

  useEffect(() => {
    dispatch({ type: "received", groups: groupsOf(strategy), revision });
  }, [strategy, revision]);
  useAutosave(strategy.id, draft, dispatch);
  useUndoKey(dispatch);
  return { draft, dispatch, strategy };
}

function useAutosave(strategyId: string, draft: Draft, dispatch: (action: Action) => void): void {
  const inFlight = useRef<Promise<Saved | null>>(Promise.resolve(null));
  const save = useCallback(
    async (groups: Partial<Groups>, revision: number): Promise<Saved | null> => {
      dispatch({ type: "sent", groups });
      try {
        const saved = await rpc.updateStrategy({ strategy_id: strategyId, expect_revision: revision, ...groups });
        queries.setQueryData<AtRevision>(keyFor(strategyId), saved);
        const result = { groups: groupsOf(saved.strategy), revision: saved.revision };
        dispatch({ type: "saved", ...result });
        return result;
      } catch (error) {
        if (error instanceof RpcError && error.code === Code.conflict) {
          await queries.invalidateQueries({ queryKey: keyFor(strategyId) });
          dispatch({ type: "stale" });
          return null;
        }
        dispatch({ type: "refused", message: sentence(error), findings: placesOf(error) });
        return null;
      }
    },
    [strategyId, dispatch],
  );

  useEffect(() => {
    const groups = unsaved(draft);
    if (draft.sent || Object.keys(groups).length === 0) return;
    const timer = setTimeout(() => {
      inFlight.current = save(groups, draft.revision);
    }, SAVE_AFTER);
    return () => clearTimeout(timer);
  }, [draft, save]);

  // What is still waiting when the page is left is saved on the way out, after what is on its way.
  const latest = useRef(draft);
  latest.current = draft;
  useEffect(
    () => () => {
      const left = latest.current;
      if (!left.sent) return saveRest(save, unsaved(left), left.revision);
      void inFlight.current.then((saved) => saved && saveRest(save, leftAfter(left, saved), saved.revision));
    },
    [save],
  );
  useEffect(() => {
    const warn = (event: BeforeUnloadEvent) => isDirty(latest.current) && event.preventDefault();
    addEventListener("beforeunload", warn);
    return () => removeEventListener("beforeunload", warn);
  }, []);
}

function saveRest(save: (groups: Partial<Groups>, revision: number) => unknown, groups: Partial<Groups>, at: number) {
  if (Object.keys(groups).length > 0) void save(groups, at);
}

function useUndoKey(dispatch: (action: Action) => void): void {
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent) => {
      if (!(event.metaKey || event.ctrlKey) || event.shiftKey || event.key.toLowerCase() !== "z") return;
      if (event.target instanceof HTMLTextAreaElement) return;
      if (event.target instanceof HTMLInputElement && event.target.type !== "checkbox") return;
      event.preventDefault();
      dispatch({ type: "undone" });
    };
    addEventListener("keydown", onKeyDown);
    return () => removeEventListener("keydown", onKeyDown);
  }, [dispatch]);
}

function placesOf(error: unknown): RpcError["findings"] {
  if (error instanceof NotConnected) return [];
  return error instanceof RpcError ? error.findings : [];
}
