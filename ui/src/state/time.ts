/** The time, for what is shown relative to it. */

import { useEffect, useState } from "react";

/** Unix seconds, renewed every so many seconds. */
export function useNow(everySeconds: number): number {
  const [now, setNow] = useState(() => Date.now() / 1000);
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now() / 1000), everySeconds * 1000);
    return () => clearInterval(timer);
  }, [everySeconds]);
  return now;
}

/** The start of the local day, in Unix seconds. Stays the same value all day, so that queries are shared. */
export function startOfDay(now: number): number {
  const day = new Date(now * 1000);
  day.setHours(0, 0, 0, 0);
  return day.getTime() / 1000;
}

/** True once `waiting` has lasted 150 ms: what is quicker shows nothing. */
export function useSlow(waiting: boolean): boolean {
  const [slow, setSlow] = useState(false);
  useEffect(() => {
    if (!waiting) {
      setSlow(false);
      return;
    }
    const timer = setTimeout(() => setSlow(true), 150);
    return () => clearTimeout(timer);
  }, [waiting]);
  return slow;
}
