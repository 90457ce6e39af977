/** A client's own copy of a strategy that it shares. */

import type { ClientView, StrategyView } from "../../api/generated";
import { rpc } from "../../api/transport";
import { ownName } from "../../parts/words/names";

/** Creates it with the same settings, then assigns it. Answers its name. */
export async function makeOwnCopy(
  client: ClientView,
  from: StrategyView,
  all: readonly StrategyView[],
): Promise<string> {
  const name = ownName(
    client.name,
    all.map((strategy) => strategy.name),
  );
  const { strategy } = await rpc.createStrategy({ name, parent: client.id });
  try {
    const { allowed_models, auto_config, rate_limits, aliases } = from;
    await rpc.updateStrategy({ strategy_id: strategy.id, allowed_models, auto_config, rate_limits, aliases });
    await rpc.assignClientStrategy({ client_id: client.id, strategy_id: strategy.id });
  } catch (error) {
    await rpc.deleteStrategy({ strategy_id: strategy.id });
    throw error;
  }
  return strategy.name;
}
