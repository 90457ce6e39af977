/** What the list of requests is narrowed down to. Pure. */

import type { FailureKind, ListRequestsParams, Outcome } from "../../api/generated";
import { KINDS } from "../../parts/words/words";
import { MONITOR } from "../../trace/place";

export interface Filter {
  client: string;
  strategy: string;
  provider: string;
  model: string;
  outcome: Outcome | "";
  kind: FailureKind | "";
}

export const EVERYTHING: Filter = { client: "", strategy: "", provider: "", model: "", outcome: "", kind: "" };

export const FILTER_PLACE = "monitor:filter";

export function isNarrowed(filter: Filter): boolean {
  return Object.values(filter).some(Boolean);
}

export function paramsOf({ client, strategy, provider, model, outcome, kind }: Filter): ListRequestsParams {
  return {
    ...(client && { client_id: client }),
    ...(strategy && { strategy_id: strategy }),
    ...(provider && { provider }),
    ...(model && { model }),
    ...(outcome && { outcome }),
    ...(kind && { kind }),
  };
}

const OUTCOMES: readonly Outcome[] = ["success", "failed", "denied", "cancelled"];

/** The filter that an address asks for, such as `?client=…&outcome=failed`; null where it asks for none. */
export function filterIn(search: string): Filter | null {
  const given = new URLSearchParams(search);
  const text = (name: string) => given.get(name) ?? "";
  const kind = text("kind");
  const filter: Filter = {
    client: text("client"),
    strategy: text("strategy"),
    provider: text("provider"),
    model: text("model"),
    outcome: OUTCOMES.find((other) => other === given.get("outcome")) ?? "",
    kind: Object.hasOwn(KINDS, kind) ? (kind as FailureKind) : "",
  };
  return isNarrowed(filter) ? filter : null;
}

/** The monitor with a filter, and with one request open: a link to it shows the same to whoever follows it. */
export function addressOf(filter: Filter, request: string | null): string {
  const chosen = Object.entries({ ...filter, request: request ?? "" }).filter(([, value]) => value !== "");
  return chosen.length > 0 ? `${MONITOR}?${new URLSearchParams(chosen)}` : MONITOR;
}

export function isSame(one: Filter, other: Filter): boolean {
  return (Object.keys(EVERYTHING) as (keyof Filter)[]).every((name) => one[name] === other[name]);
}
