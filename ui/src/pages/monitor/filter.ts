/** What the list of requests is narrowed down to. Pure. */

import type { FailureKind, ListRequestsParams, Outcome } from "../../api/generated";

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
  const outcome = OUTCOMES.find((other) => other === given.get("outcome")) ?? "";
  const text = (name: string) => given.get(name) ?? "";
  const filter: Filter = {
    ...EVERYTHING,
    client: text("client"),
    strategy: text("strategy"),
    provider: text("provider"),
    model: text("model"),
    outcome,
  };
  return isNarrowed(filter) ? filter : null;
}
