/** Loads the code of pages. While the router is down it waits, and goes on by itself once the router answers. */

import { noteSilence, whenConnected } from "../api/connection";

type Load<T> = () => Promise<T>;

/** Rejects only where the router answers and the code is not to be had all the same: it was updated meanwhile. */
export async function loadPatiently<T>(load: Load<T>, answers: () => Promise<boolean> = routerAnswers): Promise<T> {
  for (;;) {
    try {
      return await load();
    } catch (error) {
      if (await answers()) throw error;
      noteSilence();
      await whenConnected();
    }
  }
}

async function routerAnswers(): Promise<boolean> {
  try {
    return (await fetch("/health", { cache: "no-store" })).ok;
  } catch {
    return false;
  }
}

/** Loads what was not visited yet when there is nothing else to do, so that it is there when the router is not. */
export function loadAhead(loads: readonly Load<unknown>[]): void {
  const whenIdle = window.requestIdleCallback ?? ((run: () => void) => setTimeout(run, 1_000));
  whenIdle(() => {
    for (const load of loads) load().catch(() => undefined);
  });
}
