/** The contents of a configuration, in words. Pure. */

import type { Config } from "../../api/generated";
import { listed, plural } from "../../parts/words/format";

/** "3 clients, 4 strategies and 2 providers" */
export function contentWords({ clients, strategies, providers }: Pick<Config, "clients" | "strategies" | "providers">) {
  return listed([
    plural(clients.length, "client"),
    plural(strategies.length, "strategy", "strategies"),
    plural(providers.length, "provider"),
  ]);
}

interface Held {
  clients: readonly { id: string; name: string }[];
  providers: readonly { name: string }[];
  strategies: readonly { id: string; name: string }[];
}

/** What the present document holds and another one does not, by name. What the other one lacks altogether is empty. */
export function lostWith(present: Held, next: Readonly<Record<string, unknown>>): string[] {
  const ids = (section: string, field: string) =>
    new Set(
      (Array.isArray(next[section]) ? next[section] : []).map((entry: unknown) =>
        typeof entry === "object" && entry !== null ? (entry as Record<string, unknown>)[field] : undefined,
      ),
    );
  const clients = ids("clients", "id");
  const strategies = ids("strategies", "id");
  const providers = ids("providers", "name");
  return [
    ...present.clients
      .filter(({ id }) => !clients.has(id))
      .map(({ name }) => `client ${name}, whose key stops working`),
    ...present.strategies
      .filter(({ id }) => id !== "default" && !strategies.has(id))
      .map(({ name }) => `strategy ${name}`),
    ...present.providers.filter(({ name }) => !providers.has(name)).map(({ name }) => `provider ${name}`),
  ];
}
