/** Which providers a limit of cost refuses models of, since nobody knows their price. Pure. */

import type { ModelView } from "../api/generated";
import type { Pair } from "./draft/selection";

type Priced = Pick<ModelView, "id" | "provider" | "price_source">;

/**
 * The providers of models without a price that are tried, and those of whose allowed models none has a price but by the
 * user's word. Lists that name prices are full of models that nobody asks for.
 */
export function unpricedProviders(
  models: readonly Priced[],
  allowed: readonly Pair[],
  tried: readonly Pair[],
): string[] {
  const known = new Map(models.map((model) => [model.id, model]));
  const hasNoPrice = ([provider, name]: Pair) => known.get(`${provider}/${name}`)?.price_source === null;
  const isListed = ({ price_source: source }: Priced) => source !== null && source !== "override";
  const priced = new Set(models.filter(isListed).map(({ provider }) => provider));
  const concerned = [
    ...tried.filter(hasNoPrice),
    ...allowed.filter((pair) => !priced.has(pair[0]) && hasNoPrice(pair)),
  ];
  return [...new Set(concerned.map(([provider]) => provider))];
}

/** The models to price first: those that are tried, then the allowed ones of the providers concerned. */
export function toPrice(models: readonly Priced[], allowed: readonly Pair[], tried: readonly Pair[]): Pair[] {
  const unknown = new Set(models.filter(({ price_source: source }) => source === null).map(({ id }) => id));
  const concerned = new Set(unpricedProviders(models, allowed, tried));
  const isTried = new Set(tried.map((pair) => pair.join("/")));
  const others = allowed.filter((pair) => concerned.has(pair[0]) && !isTried.has(pair.join("/")));
  return [...tried, ...others].filter((pair) => unknown.has(pair.join("/")));
}
