/** Whose a strategy is, in words. Pure. */

import type { StrategyView } from "../../api/generated";
import { listed, plural } from "./format";
import { possessive } from "./names";

export function isShared(strategy: StrategyView): boolean {
  return strategy.clients.length > 1;
}

/** "shared by 3 clients", "aider's own", "default", "not in use". */
export function ownership(strategy: StrategyView): string {
  if (isShared(strategy)) return `shared by ${plural(strategy.clients.length, "client")}`;
  const only = strategy.clients[0];
  if (!only) return strategy.is_default ? "the default, not in use" : "not in use";
  if (strategy.parent === only.id) return `${possessive(only.name)} own`;
  return `used by ${only.name}`;
}

export function names(strategy: StrategyView): string[] {
  return strategy.clients.map((client) => client.name);
}

/** What is lost with a strategy, one line each. */
export function goesWith(strategy: StrategyView): string[] {
  const { allowed_models: allowed, auto_config: auto, rate_limits: limits, aliases } = strategy;
  const order = auto?.prioritized_models.length ?? 0;
  return [
    ...(allowed.selected_all ? [] : ["its choice of allowed models"]),
    ...(order ? [`its order of ${plural(order, "model")} for auto-routing`] : []),
    ...(limits.length ? [`${plural(limits.length, "limit")}, with what was used of them`] : []),
    ...(aliases.length
      ? [`${plural(aliases.length, "alias", "aliases")}: ${listed(aliases.map(([name]) => name))}`]
      : []),
  ];
}
