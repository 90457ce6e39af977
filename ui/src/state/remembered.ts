/** What a list looked like when it was left: its filter, selection and scroll, for as long as the page is open. */

import { useCallback, useState } from "react";

const kept = new Map<string, unknown>();

export function useRemembered<T>(key: string, initial: T): [T, (value: T) => void] {
  const [value, setValue] = useState<T>(() => (kept.has(key) ? (kept.get(key) as T) : initial));
  const set = useCallback(
    (next: T) => {
      kept.set(key, next);
      setValue(next);
    },
    [key],
  );
  return [value, set];
}

export function remember(key: string, value: unknown): void {
  kept.set(key, value);
}

export function recall<T>(key: string): T | undefined {
  return kept.get(key) as T | undefined;
}
