import type { ProviderView } from "../../api/generated";
import { Tooltip } from "../../parts/controls/Tooltip";
import { StatusDot } from "../../parts/display/Bits";
import styles from "./providers.module.css";
import { statusOf } from "./words";

/** A dot, and the words that it stands for. */
export function Status({ provider }: { provider: ProviderView }) {
  const { mood, words } = statusOf(provider);
  const title = [provider.status.message, provider.status.advice].filter(Boolean).join(" ");
  return (
    <Tooltip text={title}>
      <span className={styles.providerStatus}>
        <StatusDot mood={mood} />
        <span className="truncate">{words}</span>
      </span>
    </Tooltip>
  );
}
