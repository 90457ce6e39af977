/** What was changed last, whoever changed it and in whichever tab, and the way back. */

import { useEffect, useState, useSyncExternalStore } from "react";
import { Code, RpcError, sentence } from "../api/errors";
import type { LastChange } from "../api/generated";
import { useCommand } from "../api/queries";
import { rpc } from "../api/transport";
import { announce } from "./announcer";

/** How long a change is offered for undo, in seconds, unless another one comes first. Settings keep all of them. */
const OFFERED_FOR = 24 * 3_600;

export function isOffered(madeAt: string, now: number): boolean {
  return now - Date.parse(madeAt) / 1000 < OFFERED_FOR;
}

export interface Undoing {
  last: LastChange | null;
  undo: () => Promise<void>;
  isBusy: boolean;
  problem: string | null;
  /** Whether the last change is itself what an undo here made; then what became of keys stands in `aboutKeys`. */
  isUndone: boolean;
  aboutKeys: readonly string[];
}

export function useLastChange(now: number): Undoing {
  const { data } = useCommand("get_last_change", {});
  const [isBusy, setBusy] = useState(false);
  const [failed, setFailed] = useState<{ revision: number; words: string } | null>(null);
  const [undone, setUndone] = useState<{ revision: number; aboutKeys: readonly string[] } | null>(null);
  const last = data && isOffered(data.made_at, now) ? data : null;

  const undo = async () => {
    if (!last || isBusy) return;
    setBusy(true);
    setFailed(null);
    try {
      const { revision, about_keys } = await rpc.restoreRevision({
        revision: last.undo_to,
        expect_revision: last.revision,
      });
      setUndone({ revision, aboutKeys: about_keys });
      announce(`Undone: ${last.summary}`);
    } catch (error) {
      // Another change came first: that one is shown next, and nothing was undone.
      const isStale = error instanceof RpcError && error.code === Code.conflict;
      if (!isStale) setFailed({ revision: last.revision, words: sentence(error) });
    } finally {
      setBusy(false);
    }
  };
  const isUndone = last !== null && undone?.revision === last.revision;
  return {
    last,
    undo,
    isBusy,
    problem: last && failed?.revision === last.revision ? failed.words : null,
    isUndone,
    aboutKeys: isUndone ? (undone?.aboutKeys ?? []) : [],
  };
}

let places = 0;
const watchers = new Set<() => void>();

function add(number: number): void {
  places += number;
  for (const watcher of watchers) watcher();
}

/** For a part that shows an Undo of its own: there is one on a page, not two. */
export function useOwnUndo(): void {
  useEffect(() => {
    add(1);
    return () => add(-1);
  }, []);
}

export function useHasOwnUndo(): boolean {
  return useSyncExternalStore(
    (watcher) => {
      watchers.add(watcher);
      return () => watchers.delete(watcher);
    },
    () => places > 0,
  );
}
