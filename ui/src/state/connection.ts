/** Whether the router is there, for everything on the page that wants to know. */

import { useEffect, useSyncExternalStore } from "react";
import { type Connection, connection, onConnection } from "../api/connection";
import { followEvents, useCommand } from "../api/queries";

export function useConnection(): Connection {
  return useSyncExternalStore(onConnection, connection);
}

/** Follows the router's events for as long as the calling part is shown. */
export function useEvents(): void {
  useEffect(followEvents, []);
}

export function useServerStatus() {
  return useCommand("get_server_status", {}, { every: 30_000 });
}
