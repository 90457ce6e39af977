/** What is known of a model, at the end of its row. */

import type { ReactNode } from "react";
import { Tooltip } from "../../parts/controls/Tooltip";
import { Badge } from "../../parts/display/Bits";
import { isForChat } from "../../parts/words/chat";
import { prices, windowSize } from "../../parts/words/format";
import styles from "./models.module.css";
import type { Branch, ModelInfo } from "./tree";

export function RowFacts({ model: { facts } }: { model: ModelInfo }) {
  if (!facts) {
    return (
      <span className={styles.end}>
        <Badge hint="Not in this provider's list of models. It can be tried all the same.">not listed</Badge>
      </span>
    );
  }
  const window =
    facts.context_window === null
      ? "Context window unknown"
      : `Context window: ${facts.context_window.toLocaleString("en-US")} tokens`;
  return (
    <span className={styles.end}>
      {!isForChat(facts) && <Badge hint="Not a chat model.">not for chat</Badge>}
      {facts.local && <Badge hint="Runs on this computer or in your network.">local</Badge>}
      {facts.confirmed.includes("tools") && <Badge>tools</Badge>}
      {facts.confirmed.includes("images") && <Badge>images</Badge>}
      {facts.reasons && <Badge>reasons</Badge>}
      <Tooltip text={window}>
        <span className={styles.window} tabIndex={-1}>
          {windowSize(facts.context_window)}
        </span>
      </Tooltip>
      <Tooltip text="US dollars per million tokens, input / output">
        <span className={styles.price} tabIndex={-1}>
          {prices(facts.input_per_million, facts.output_per_million)}
        </span>
      </Tooltip>
    </span>
  );
}

interface ProviderFactsProps {
  branch: Branch;
  chosen: string;
  children?: ReactNode;
}

export function ProviderFacts({ branch, chosen, children }: ProviderFactsProps) {
  return (
    <span className={styles.end}>
      {!branch.exists && <Badge mood="warn">no such provider</Badge>}
      {branch.isLocal && <Badge>local</Badge>}
      {children}
      <span>{branch.models.length === 0 ? "no models listed yet" : chosen}</span>
    </span>
  );
}
