import { useMemo } from "react";
import type { SpendView } from "../../api/generated";
import { CHART_HEIGHT, Chart } from "../Chart";
import { RANGES } from "../measures";
import styles from "./spend.module.css";
import { formatOf, linesOf, nameOf, SPEND_MEASURES, SPLITS } from "./split";

/** A measure over time, its parts on top of each other. */
export function SplitChart({ spend, height = CHART_HEIGHT }: { spend: SpendView; height?: number }) {
  const { timestamps, series, width, measure, by } = spend;
  const data = useMemo(
    () => ({ times: timestamps, values: series.map(({ values }) => values), width }),
    [timestamps, series, width],
  );
  const info = useMemo(
    () => ({ title: SPEND_MEASURES[measure], lines: linesOf({ series, by }), format: formatOf(measure) }),
    [measure, series, by],
  );
  if (series.length === 0) {
    return (
      <p className={styles.nothing}>
        {measure === "cost_usd" ? "Nothing was paid for" : "Nothing was used"} in {RANGES[spend.period].words}.
      </p>
    );
  }
  return <Chart info={info} data={data} summary={summaryOf(spend)} isStacked height={height} />;
}

/** "Cost over the last hour by model: cloud/big $0.75, local/small $0." */
function summaryOf({ by, measure, period, series }: SpendView): string {
  const format = formatOf(measure);
  const parts = series.map(({ group, name, values }) => {
    const words = group === null ? "all others" : nameOf(by, group, name);
    return `${words} ${format(values.reduce((sum, value) => sum + value, 0))}`;
  });
  return `${SPEND_MEASURES[measure]} over ${RANGES[period].words} by ${SPLITS[by].toLowerCase()}: ${parts.join(", ")}.`;
}
