/** The cells of the table of strategies. */

import { ArrowLeftRight } from "lucide-react";
import type { LimitUsage, StrategyView } from "../../api/generated";
import { Tooltip } from "../../parts/controls/Tooltip";
import { Badge } from "../../parts/display/Bits";
import { LimitMeter } from "../../parts/display/Meter";
import { joined } from "../../parts/words/classes";
import { listed, plural } from "../../parts/words/format";
import { isShared, names } from "../../parts/words/ownership";
import { amount, fullness, LIMIT_TYPES, limitWords } from "../../parts/words/words";
import styles from "./routing.module.css";

export function UsedBy({ strategy }: { strategy: StrategyView }) {
  const users = names(strategy);
  const only = users[0];
  if (only === undefined)
    return (
      <span className="quiet">
        –<span className="visually-hidden"> nobody</span>
      </span>
    );
  if (!isShared(strategy))
    return (
      <Tooltip text={only}>
        <span>{only}</span>
      </Tooltip>
    );
  return (
    <Tooltip text={listed(users, 12)}>
      <span className={styles.shared}>
        {plural(users.length, "client")} <ArrowLeftRight aria-label="shared" />
      </span>
    </Tooltip>
  );
}

export function Auto({ strategy }: { strategy: StrategyView }) {
  const auto = strategy.auto_config;
  if (!auto?.enabled)
    return (
      <span className="quiet">
        –<span className="visually-hidden"> off</span>
      </span>
    );
  const models = auto.prioritized_models.map(([provider, model]) => `${provider}/${model}`);
  if (models.length === 0) return <Badge mood="warn">no model</Badge>;
  const title = models.map((model, index) => `${index + 1}. ${model}`).join("\n");
  return (
    <Tooltip text={title}>
      <span>{plural(models.length, "model")}</span>
    </Tooltip>
  );
}

/** The fullest limit, and how many others there are. */
export function Limits({ strategy }: { strategy: StrategyView }) {
  const fullest = [...strategy.usage].sort((one, other) => fullness(other) - fullness(one));
  const [first, ...others] = fullest;
  if (!first)
    return (
      <span className="quiet">
        –<span className="visually-hidden"> none</span>
      </span>
    );
  return (
    <Tooltip text={fullest.map(line).join("; ")}>
      <span className={styles.limitCell}>
        <LimitMeter usage={first} />
        <span className={joined(styles.words, "quiet")}>
          / {amount(first.limit_type, first.value)} {unit(first)}
        </span>
        {others.length > 0 && <Badge>+{others.length}</Badge>}
      </span>
    </Tooltip>
  );
}

function unit(usage: LimitUsage): string {
  const noun = usage.limit_type === "cost" ? "" : `${LIMIT_TYPES[usage.limit_type]} `;
  return `${noun}a ${usage.time_window}`;
}

function line(usage: LimitUsage): string {
  return `${amount(usage.limit_type, usage.used + usage.reserved)} of ${limitWords(usage)}`;
}
