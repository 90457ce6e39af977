import type { TotalsView } from "../api/generated";
import { MEASURES, type MeasureKey } from "./measures";
import styles from "./sums.module.css";

interface SumsProps {
  keys: readonly MeasureKey[];
  /** Undefined until known. */
  totals: TotalsView | undefined;
  current: MeasureKey;
  onChange: (measure: MeasureKey) => void;
}

/** The sums side by side; the pressed one is shown over time. */
export function Sums({ keys, totals, current, onChange }: SumsProps) {
  return keys.map((key) => (
    <button
      key={key}
      type="button"
      className={styles.measure}
      aria-pressed={key === current}
      onClick={() => onChange(key)}
    >
      <span>{MEASURES[key].title}</span>
      <b>{totals ? MEASURES[key].sum(totals) : "…"}</b>
    </button>
  ));
}
