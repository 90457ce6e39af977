/** Listens to `GET /events` for as long as the page is open, and says whether the router is there. */

import { eventReader, type ServerEvent } from "./sse";
import { authorization, refuseAccess } from "./transport";

export type Connection = "connecting" | "connected" | "lost";

const FIRST_WAIT = 500;
const LONGEST_WAIT = 10_000;

interface Listening {
  onEvent: (event: ServerEvent) => void;
  onConnection: (connection: Connection) => void;
}

/** Reconnects by itself, each time a little later. Returns what ends it. */
export function listen({ onEvent, onConnection }: Listening): () => void {
  const ending = new AbortController();
  void stayConnected(ending.signal, onEvent, onConnection);
  return () => ending.abort();
}

async function stayConnected(
  signal: AbortSignal,
  onEvent: Listening["onEvent"],
  onConnection: Listening["onConnection"],
): Promise<void> {
  let wait = FIRST_WAIT;
  while (!signal.aborted) {
    const was = await read(signal, onEvent, () => {
      wait = FIRST_WAIT;
      onConnection("connected");
    });
    if (signal.aborted || was === "refused") return;
    onConnection("lost");
    await pause(wait, signal);
    wait = Math.min(wait * 2, LONGEST_WAIT);
  }
}

async function read(
  signal: AbortSignal,
  onEvent: Listening["onEvent"],
  onOpen: () => void,
): Promise<"ended" | "refused"> {
  try {
    const response = await fetch("/events", { headers: authorization(), signal, cache: "no-store" });
    if (response.status === 401) {
      refuseAccess();
      return "refused";
    }
    if (!response.ok || !response.body) return "ended";
    onOpen();
    const events = eventReader();
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    for (let piece = await reader.read(); !piece.done; piece = await reader.read()) {
      for (const event of events(piece.value)) onEvent(event);
    }
  } catch {
    // A broken connection ends like a closed one: the caller connects again.
  }
  return "ended";
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener("abort", () => {
      clearTimeout(timer);
      resolve();
    });
  });
}
