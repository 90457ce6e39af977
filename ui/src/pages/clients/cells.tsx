/** The cells of the table of clients. */

import { ArrowLeftRight } from "lucide-react";
import type { ClientView, StrategyView } from "../../api/generated";
import { useCommand } from "../../api/queries";
import { Tooltip } from "../../parts/controls/Tooltip";
import { ago, clock, listed } from "../../parts/words/format";
import { isShared } from "../../parts/words/ownership";
import { useNow } from "../../state/time";
import type { Newest } from "../../state/usage";
import styles from "./clients.module.css";

export function UsedStrategy({ client, strategy }: { client: ClientView; strategy: StrategyView | undefined }) {
  const others = (strategy?.clients ?? []).filter((other) => other.id !== client.id).map((other) => other.name);
  if (!strategy || !isShared(strategy))
    return (
      <Tooltip text={client.strategy_name}>
        <span>{client.strategy_name}</span>
      </Tooltip>
    );
  return (
    <Tooltip text={`${strategy.name}, shared with ${listed(others, 12)}`}>
      <span className={styles.shared}>
        {client.strategy_name} <ArrowLeftRight aria-label="shared" />
      </span>
    </Tooltip>
  );
}

export function LastSeen({ client, newest }: { client: ClientView; newest: Newest | undefined }) {
  const known = newest?.seen.get(client.id);
  if (!newest) return null;
  if (known !== undefined) return <Ago at={known} />;
  return newest.isAll ? <Never /> : <LongAgo id={client.id} />;
}

/** One whose last request is not among the newest of all clients: it is asked for by itself. */
function LongAgo({ id }: { id: string }) {
  const { data } = useCommand("list_requests", { client_id: id, limit: 1 });
  if (!data) return null;
  const last = data.items[0];
  return last ? <Ago at={last.started_at} /> : <Never />;
}

export function Ago({ at }: { at: number }) {
  const now = useNow(20);
  return (
    <Tooltip text={clock(at)}>
      <time>{ago(Math.max(0, now - at))}</time>
    </Tooltip>
  );
}

function Never() {
  return <span className="quiet">no requests yet</span>;
}
