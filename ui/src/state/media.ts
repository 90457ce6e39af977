/** What the window is like. */

import { useSyncExternalStore } from "react";

const NARROW = "(max-width: 900px)";

/** Whether only the sidebar's icons have room. The sheets name the same width. */
export function useNarrow(): boolean {
  return useSyncExternalStore(onChange, () => matchMedia(NARROW).matches);
}

function onChange(listener: () => void): () => void {
  const query = matchMedia(NARROW);
  query.addEventListener("change", listener);
  return () => query.removeEventListener("change", listener);
}
