/** Listens to `GET /events` for as long as the page is open, and notes whether the router is there. */

import { connection, noteAnswer, noteSilence, onConnection } from "./connection";
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
  const stop = onConnection(() => {
    if (connection() === "lost") void lookAgain(ending.signal);
  });
  return () => {
    stop();
    ending.abort();
  };
}

/** Asks until the router answers: a command that got no answer may say that it is gone while its events still come. */
async function lookAgain(signal: AbortSignal): Promise<void> {
  for (let wait = FIRST_WAIT; !signal.aborted && connection() === "lost"; wait = Math.min(wait * 2, LONGEST_WAIT)) {
    await pause(wait, signal);
    if (await routerAnswers()) noteAnswer();
  }
}

export async function routerAnswers(): Promise<boolean> {
  try {
    return (await fetch("/health", { cache: "no-store" })).ok;
  } catch {
    return false;
  }
}

async function stayConnected(signal: AbortSignal, onEvent: OnEvent): Promise<void> {
  let wait = FIRST_WAIT;
  let hasBeenOpen = false;
  while (!signal.aborted) {
    const was = await read(signal, onEvent, () => {
      wait = FIRST_WAIT;
      noteAnswer();
      // Nobody knows what was missed.
      if (hasBeenOpen) onEvent({ event: "resync", data: null });
      hasBeenOpen = true;
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
