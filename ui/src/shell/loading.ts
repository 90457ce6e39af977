/** Loads the code of pages. While the router is down it waits, and goes on by itself once the router answers. */

import { noteSilence, whenConnected } from "../api/connection";
import { routerAnswers } from "../api/events";

type Load<T> = () => Promise<T>;

interface Around {
  routerAnswers: () => Promise<boolean>;
  reload: () => void;
  /** Milliseconds since the page was last reloaded for such a reason; null where it never was. */
  sinceReload: () => number | null;
}

/** A page that was just reloaded and still lacks its code would reload for ever. */
const RELOAD_AT_MOST_EVERY = 60_000;

/**
 * Code that a router that answers does not have was updated meanwhile, or the browser remembers that it could not be
 * had: a reload mends both. Rejects only where that was tried just now.
 */
export async function loadPatiently<T>(load: Load<T>, around: Around = BROWSER): Promise<T> {
  for (;;) {
    try {
      return await load();
    } catch (error) {
      if (await around.routerAnswers()) {
        const since = around.sinceReload();
        if (since !== null && since < RELOAD_AT_MOST_EVERY) throw error;
        around.reload();
        return new Promise(() => undefined);
      }
      noteSilence();
      await whenConnected();
    }
  }
}

const KEY = "localrouter.reloaded";

const BROWSER: Around = {
  routerAnswers,
  reload: () => {
    sessionStorage.setItem(KEY, String(Date.now()));
    location.reload();
  },
  sinceReload: () => {
    const at = sessionStorage.getItem(KEY);
    return at === null ? null : Date.now() - Number(at);
  },
};

/** Loads what was not visited yet when there is nothing else to do, so that it is there when the router is not. */
export function loadAhead(loads: readonly Load<unknown>[]): void {
  const whenIdle = window.requestIdleCallback ?? ((run: () => void) => setTimeout(run, 1_000));
  whenIdle(() => {
    for (const load of loads) load().catch(() => undefined);
  });
}
