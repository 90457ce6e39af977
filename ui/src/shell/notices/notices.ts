/** What people are told without having asked: limits that fill, providers that need somebody. Pure. */

import type { CoolingView, NearLimit, ServerStatusView } from "../../api/generated";
import { moment } from "../../parts/words/format";
import { fullness, limitWords } from "../../parts/words/words";
import { address } from "../../state/match";

export interface Told {
  /** The same for as long as the same thing is told; a limit that fills further is told anew. */
  id: string;
  mood: "warn" | "bad";
  title: string;
  text: string;
  to: string;
  verb: string;
}

type Status = Pick<ServerStatusView, "is_demo" | "near_limits" | "notice_at" | "providers" | "cooling">;

/** States in which a provider does not come back by itself. */
const NEEDS_SOMEBODY: ReadonlySet<string> = new Set(["no_key", "key_out_of_reach", "key_elsewhere"]);
const KINDS_THAT_STAY: ReadonlySet<string> = new Set(["auth", "quota_exhausted"]);

/** All that there is to tell now. A demo fills its limits on purpose, and says so itself. */
export function toTell(status: Status): Told[] {
  if (status.is_demo) return [];
  return [
    ...status.providers.filter((each) => NEEDS_SOMEBODY.has(each.status.state)).map(provider),
    ...status.cooling.filter(({ kind, model }) => model === null && KINDS_THAT_STAY.has(kind)).map(refused),
    ...status.near_limits.flatMap((near) => limit(near, status.notice_at)),
  ];
}

function provider({ name, status }: Status["providers"][number]): Told {
  return {
    id: `provider:${name}:${status.state}`,
    mood: "bad",
    title: `${name} needs attention`,
    text: [status.message, status.advice].filter(Boolean).join(" "),
    to: address("providers", name),
    verb: status.state === "no_key" ? "Set key" : "Open provider",
  };
}

function refused({ provider: name, kind, message, remedy }: CoolingView): Told {
  return {
    id: `provider:${name}:${kind}`,
    mood: "bad",
    title: `${name} needs attention`,
    text: [message, remedy].filter(Boolean).join(" "),
    to: address("providers", name),
    verb: "Open provider",
  };
}

function limit({ strategy, limit: usage }: NearLimit, at: readonly number[]): Told[] {
  const full = fullness(usage);
  const level = Math.max(...at.filter((each) => full >= each));
  if (!Number.isFinite(level)) return [];
  const isFull = full >= 1;
  const again = usage.resets_at ? ` There is room again from ${moment(usage.resets_at)}.` : "";
  return [
    {
      id: `limit:${strategy.id}:${usage.limit_type}:${usage.time_window}:${level}`,
      mood: isFull ? "bad" : "warn",
      title: isFull
        ? `${strategy.name}: the limit of ${limitWords(usage)} is used up`
        : `${strategy.name}: ${Math.floor(full * 100)} % of ${limitWords(usage)} is used`,
      text: isFull
        ? `Requests that it covers move on to a model that still fits, or are refused.${again}`
        : `At 100 %, requests move on to a model that still fits, or are refused.`,
      to: address("routing", strategy.id),
      verb: "Open strategy",
    },
  ];
}

/** What was hidden and still holds. What has ended is forgotten, so that it is shown when it happens again. */
export function stillHidden(hidden: readonly string[], now: readonly Told[]): string[] {
  return hidden.filter((id) => now.some((each) => each.id === id));
}

/** The same is not sent to the desktop again for so long, although it ended in between: windows fill and empty. */
const QUIET_FOR = 3_600;

export type Sent = Readonly<Record<string, number>>;

/** What to send to the desktop now, and what is remembered of it, by when it was sent (Unix seconds). */
export function toSend(all: readonly Told[], sent: Sent, now: number): { fresh: Told[]; sent: Sent } {
  const kept = Object.fromEntries(Object.entries(sent).filter(([, at]) => now - at < QUIET_FOR));
  const fresh = all.filter(({ id }) => !(id in kept));
  const next = { ...kept, ...Object.fromEntries(all.map(({ id }) => [id, now])) };
  return { fresh, sent: next };
}
