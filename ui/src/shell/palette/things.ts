/** What the palette finds besides pages and commands, each with the place that it leads to. Pure. */

import type { ClientView, ModelView, ProviderView, RequestView, StrategyView } from "../../api/generated";
import { clock } from "../../parts/words/format";
import { limitWords } from "../../parts/words/words";
import { address } from "../../state/match";
import { requestAddress } from "../../trace/place";

export interface Thing {
  id: string;
  title: string;
  hint: string;
  to: string;
}

const REQUEST = /\breq_[0-9a-f]{24}\b/i;

export function strategyThings(strategies: readonly StrategyView[]): Thing[] {
  return strategies.map(({ id, name }) => ({
    id: `strategy:${id}`,
    title: name,
    hint: "strategy",
    to: address("routing", id),
  }));
}

export function limitThings(strategies: readonly StrategyView[]): Thing[] {
  return strategies.flatMap(({ id, name, rate_limits }) =>
    rate_limits.map((limit, index) => ({
      id: `limit:${id}:${index}`,
      title: `${name}: ${limitWords(limit)}`,
      hint: "limit",
      to: address("routing", id, "configuration"),
    })),
  );
}

export function clientThings(clients: readonly ClientView[]): Thing[] {
  return clients.map(({ id, name }) => ({
    id: `client:${id}`,
    title: name,
    hint: "client",
    to: address("clients", id),
  }));
}

export function providerThings(providers: readonly ProviderView[]): Thing[] {
  return providers.map(({ name }) => ({
    id: `provider:${name}`,
    title: name,
    hint: "provider",
    to: address("providers", name),
  }));
}

export function modelThings(models: readonly ModelView[]): Thing[] {
  return models.map(({ id }) => ({ id: `model:${id}`, title: id, hint: "model", to: address("models", id) }));
}

/** The request that is named anywhere in what was typed or pasted, such as an error's whole sentence. */
export function namedRequest(typed: string): Thing[] {
  const id = REQUEST.exec(typed)?.[0].toLowerCase();
  return id ? [{ id: `request:${id}`, title: `Trace of ${id}`, hint: "request", to: requestAddress(id) }] : [];
}

export function requestThings(requests: readonly RequestView[]): Thing[] {
  return requests.map(({ request_id, started_at }) => ({
    id: `request:${request_id}`,
    title: `Trace of ${request_id}`,
    hint: `request, ${clock(started_at)}`,
    to: requestAddress(request_id),
  }));
}
