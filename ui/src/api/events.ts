/** Listens to `GET /events` for as long as the page is open, and notes whether the router is there. */

import { noteAnswer, noteSilence } from "./connection";
import { eventReader, type ServerEvent } from "./sse";
import { authorization, refuseAccess } from "./transport";

const FIRST_WAIT = 500;
const LONGEST_WAIT = 10_000;
/** The router gives a sign of life every 15 s: one that is silent for so long is not there, though its port may be. */
const LONGEST_SILENCE = 35_000;

type OnEvent = (event: ServerEvent) => void;

/** Reconnects by itself, each time a little later. Returns what ends it. */
export function listen(onEvent: OnEvent): () => void {
  const ending = new AbortController();
  void stayConnected(ending.signal, onEvent);
  return () => ending.abort();
}

async function stayConnected(signal: AbortSignal, onEvent: OnEvent): Promise<void> {
  let wait = FIRST_WAIT;
  while (!signal.aborted) {
    const was = await read(signal, onEvent, () => {
      wait = FIRST_WAIT;
      noteAnswer();
    });
    if (signal.aborted || was === "refused") return;
    noteSilence();
    await pause(wait, signal);
    wait = Math.min(wait * 2, LONGEST_WAIT);
  }
}

async function read(signal: AbortSignal, onEvent: OnEvent, onOpen: () => void): Promise<"ended" | "refused"> {
  const watch = watchdog(signal);
  try {
    const response = await fetch("/events", { headers: authorization(), signal: watch.signal, cache: "no-store" });
    if (response.status === 401) {
      refuseAccess();
      return "refused";
    }
    if (!response.ok || !response.body) return "ended";
    onOpen();
    const events = eventReader();
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    for (let piece = await reader.read(); !piece.done; piece = await reader.read()) {
      watch.seen();
      for (const event of events(piece.value)) onEvent(event);
    }
  } catch {
    // A broken connection ends like a closed one: the caller connects again.
  } finally {
    watch.end();
  }
  return "ended";
}

/** Aborts what waits for the router when it has been silent for too long. */
function watchdog(outer: AbortSignal) {
  const silent = new AbortController();
  const start = () => setTimeout(() => silent.abort(), LONGEST_SILENCE);
  let timer = start();
  return {
    signal: AbortSignal.any([outer, silent.signal]),
    seen: () => {
      clearTimeout(timer);
      timer = start();
    },
    end: () => clearTimeout(timer),
  };
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
