/** The demo's story, told from what has happened so far. Pure. */

import type { RequestView } from "../../api/generated";
import { limitWords } from "../../parts/words/words";
import { type Sign, storyOf } from "../../trace/why";

export interface Beat {
  key: "hop" | "full" | "free";
  /** What to watch for. */
  wait: string;
  /** What it says once it has happened. */
  done: string;
  /** The newest request that shows it; null while none does. */
  seen: RequestView | null;
}

const isFree = ({ usage }: RequestView) => !usage.unpriced && usage.cost_usd === 0;
const isBySign =
  (...signs: readonly Sign[]) =>
  (request: RequestView) =>
    signs.includes(storyOf(request).sign);
const isPastLimit = ({ passed_over }: RequestView) => passed_over.some(({ reason }) => reason === "limit");

/** What the demo shows, in the order in which it comes. `requests`: newest first. */
export function beatsOf(requests: readonly RequestView[]): Beat[] {
  const newest = (fits: (request: RequestView) => boolean) => requests.find(fits) ?? null;
  return [
    {
      key: "hop",
      wait: "a provider fails, and the request hops to the next",
      done: "a request hopped",
      seen: newest(isBySign("hopped")),
    },
    { key: "full", wait: "the budget fills", done: "the budget was full", seen: newest(isPastLimit) },
    {
      key: "free",
      wait: "the free local model takes over",
      done: "the free model took over",
      seen: newest((request) => isPastLimit(request) && isFree(request) && request.outcome === "success"),
    },
  ];
}

/** What the newest request shows, in one sentence. */
export function nowWords(requests: readonly RequestView[]): string {
  const request = requests[0];
  if (!request) return "The first request comes in a moment.";
  const { sign, why, model } = storyOf(request);
  const name = model?.slice(model.indexOf("/") + 1) ?? "no model";
  switch (sign) {
    case "answered":
      return `${name} answered, the first in the list. Each answer fills the budget a little.`;
    case "hopped":
      return `${why}: ${name} answered instead.`;
    case "limited":
      return `${limitOf(request)} is full: ${name}${isFree(request) ? ", local and free," : ""} answered. Old spending drops out after a minute.`;
    case "refused":
      return `Refused: ${why}.`;
    case "failed":
      return `No model answered: ${why}.`;
    case "left":
      return `Its client left before an answer.`;
  }
}

function limitOf({ passed_over }: RequestView): string {
  const limit = passed_over.find((passed) => passed.limit !== null)?.limit;
  return limit ? `The budget of ${limitWords(limit)}` : "The budget";
}

const BROKEN = "/broken";

/** The address of a simulated provider that fails; the emulator serves both. */
export function brokenUrl(url: string): string {
  const { origin, pathname } = new URL(url);
  return `${origin}${BROKEN}${pathname}`;
}

export function isBroken(url: string): boolean {
  return new URL(url).pathname.startsWith(`${BROKEN}/`);
}

export function mendedUrl(url: string): string {
  const { origin, pathname } = new URL(url);
  return `${origin}${pathname.slice(BROKEN.length)}`;
}

/** What starts the router with a home of one's own: the demo's command without the demo's home. */
export function ownCommand(commandLine: string): string {
  return commandLine.split(" --home ", 1)[0] ?? commandLine;
}
