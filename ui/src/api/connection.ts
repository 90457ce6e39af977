/** Whether the router answers: one state, which everything that talks to it reports to and every page can show. */

export type Connection = "connecting" | "connected" | "lost";

let current: Connection = "connecting";
const listeners = new Set<() => void>();

export function connection(): Connection {
  return current;
}

export function onConnection(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** The router answered, whatever it said. */
export function noteAnswer(): void {
  change("connected");
}

/** Nobody answered, or the answer broke off. */
export function noteSilence(): void {
  change("lost");
}

/** Settles once the router answers; at once where it does already. */
export function whenConnected(): Promise<void> {
  if (current === "connected") return Promise.resolve();
  return new Promise((resolve) => {
    const stop = onConnection(() => {
      if (current !== "connected") return;
      stop();
      resolve();
    });
  });
}

function change(to: Connection): void {
  if (current === to) return;
  current = to;
  for (const listener of [...listeners]) listener();
}
