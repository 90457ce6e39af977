/** Which commands read what: the one table by which an event makes the pages read again. */

import type { Methods } from "./generated";
import type { ServerEvent } from "./sse";

type Source = "strategies" | "clients" | "providers" | "pricing_overrides" | "config" | "usage" | "status";

export const READS: Partial<Record<keyof Methods, readonly Source[]>> = {
  list_strategies: ["strategies", "clients", "providers", "usage"],
  get_strategy: ["strategies", "clients", "providers"],
  get_strategy_usage: ["strategies", "usage"],
  get_clients_using_strategy: ["strategies", "clients"],
  explain_route: ["config", "usage", "status"],
  list_clients: ["clients", "strategies"],
  get_client: ["clients", "strategies"],
  list_provider_presets: ["providers"],
  list_providers: ["providers", "status"],
  list_models: ["providers", "pricing_overrides", "status"],
  get_metrics: ["usage"],
  get_usage_summary: ["usage"],
  list_metric_scopes: ["usage"],
  list_requests: ["usage"],
  list_running_requests: ["usage"],
  get_server_status: ["config", "status", "usage"],
  get_config: ["config"],
  list_revisions: ["config"],
  list_sessions: ["status"],
};

/** The sources that an event says are no longer what they were; null for all of them. */
export function touched({ event, data }: ServerEvent): ReadonlySet<string> | null {
  switch (event) {
    case "config.changed":
      return new Set(["config", ...sections(data)]);
    case "metrics.changed":
    case "request.finished":
      return new Set(["usage"]);
    case "server.status":
      return new Set(["status"]);
    default:
      return null;
  }
}

export function isStale(method: unknown, sources: ReadonlySet<string> | null): boolean {
  if (sources === null) return true;
  const reads = READS[method as keyof Methods];
  return reads?.some((source) => sources.has(source)) ?? false;
}

function sections(data: unknown): string[] {
  if (typeof data !== "object" || data === null || !("changed" in data) || !Array.isArray(data.changed)) return [];
  return data.changed.map(String);
}
