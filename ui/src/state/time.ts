/** The time, for what is shown relative to it. */

import { useEffect, useState, useSyncExternalStore } from "react";

/** Unix seconds, renewed every so many seconds. */
export function useNow(everySeconds: number): number {
  const [now, setNow] = useState(() => Date.now() / 1000);
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now() / 1000), everySeconds * 1000);
    return () => clearInterval(timer);
  }, [everySeconds]);
  return now;
}

const TICK = 250;
const tellers = new Set<() => void>();
let ticking: ReturnType<typeof setInterval> | undefined;

/** What `tell` says of the present, in Unix seconds: whoever tells it is drawn again only when the words change. */
export function useTold(tell: (now: number) => string): string {
  return useSyncExternalStore(onTick, () => tell(Date.now() / 1000));
}

function onTick(teller: () => void): () => void {
  tellers.add(teller);
  ticking ??= setInterval(() => {
    for (const each of tellers) each();
  }, TICK);
  return () => {
    tellers.delete(teller);
    if (tellers.size > 0) return;
    clearInterval(ticking);
    ticking = undefined;
  };
}

/** The start of the local day, in Unix seconds. Stays the same value all day, so that queries are shared. */
export function startOfDay(now: number): number {
  const day = new Date(now * 1000);
  day.setHours(0, 0, 0, 0);
  return day.getTime() / 1000;
}

/** True once `waiting` has lasted so many milliseconds. What is quicker than 150 ms shows nothing. */
export function useSlow(waiting: boolean, after = 150): boolean {
  const [slow, setSlow] = useState(false);
  useEffect(() => {
    if (!waiting) {
      setSlow(false);
      return;
    }
    const timer = setTimeout(() => setSlow(true), after);
    return () => clearTimeout(timer);
  }, [waiting, after]);
  return slow;
}
