/** Whether the router is there, for everything on the page that wants to know. */

import { useEffect, useSyncExternalStore } from "react";
import type { Connection } from "../api/events";
import { followEvents, useCommand } from "../api/queries";

let current: Connection = "connecting";
const listeners = new Set<() => void>();

export function useConnection(): Connection {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => current,
  );
}

/** Follows the router's events for as long as the calling part is shown. */
export function useEvents(): void {
  useEffect(
    () =>
      followEvents((connection) => {
        current = connection;
        for (const listener of listeners) listener();
      }),
    [],
  );
}

export function useServerStatus() {
  return useCommand("get_server_status", {}, { every: 30_000 });
}
