import type { LimitUsage } from "../../api/generated";
import { Tooltip } from "../controls/Tooltip";
import { joined } from "../words/classes";
import { amount, fullness, limitWords } from "../words/words";
import styles from "./meter.module.css";

const NEAR = 0.8;

export function level(share: number): "room" | "near" | "full" {
  if (share >= 1) return "full";
  return share >= NEAR ? "near" : "room";
}

/** How full a limit is: a bar, and the numbers that it stands for. */
export function LimitMeter({ usage, wide = false }: { usage: LimitUsage; wide?: boolean }) {
  const { limit_type, used, reserved, value } = usage;
  const share = fullness(usage);
  const taken = amount(limit_type, used + reserved);
  const held = reserved > 0 ? `, of which ${amount(limit_type, reserved)} held by running requests` : "";
  const title = `${taken} of ${limitWords(usage)} used${held}`;
  return (
    <Tooltip text={title}>
      <span data-part="meter" className={joined(styles.meter, wide && styles.wide)} data-level={level(share)}>
        <span className={styles.track} aria-hidden>
          <span className={styles.held} style={{ width: percent(share) }} />
          <span className={styles.fill} style={{ width: percent(value > 0 ? used / value : 0) }} />
        </span>
        <span className={styles.amount}>
          {taken}
          <span className="visually-hidden"> used of {limitWords(usage)}</span>
          {share >= 1 && <span> full</span>}
        </span>
      </span>
    </Tooltip>
  );
}

function percent(share: number): string {
  return `${Math.min(100, Math.max(0, share * 100))}%`;
}
