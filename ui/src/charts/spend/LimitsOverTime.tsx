import { useMemo, useState } from "react";
import { sentence } from "../../api/errors";
import type { LimitHistoryView, Period } from "../../api/generated";
import { useCommand } from "../../api/queries";
import { Button } from "../../parts/controls/Button";
import { Notice } from "../../parts/display/Bits";
import { Section } from "../../parts/display/Section";
import { count, money } from "../../parts/words/format";
import { amount, limitWords } from "../../parts/words/words";
import { address } from "../../state/match";
import { Link } from "../../state/router";
import { Chart } from "../Chart";
import { RANGES } from "../measures";
import styles from "./spend.module.css";

interface LimitsOverTimeProps {
  of: { strategyId: string } | "all";
  period: Period;
}

const AT_FIRST = 4;
const HEIGHT = 132;

/** How full each limit was, with the limit as a line. The fullest come first. */
export function LimitsOverTime({ of, period }: LimitsOverTimeProps) {
  const [showsAll, setShowsAll] = useState(false);
  const params = of === "all" ? { period } : { period, strategy_id: of.strategyId };
  const { data, error } = useCommand("get_limit_history", params, { keepFormer: true, every: 30_000 });
  if (error && !data) return <Notice mood="bad">{sentence(error)}</Notice>;
  if (!data || data.length === 0) return null;
  const ranked = [...data].sort((one, other) => peak(other) - peak(one));
  const shown = showsAll ? ranked : ranked.slice(0, AT_FIRST);
  return (
    <Section
      title="Limits"
      actions={
        ranked.length > AT_FIRST && (
          <Button look="plain" onClick={() => setShowsAll(!showsAll)}>
            {showsAll ? `Show the ${AT_FIRST} fullest` : `Show all ${ranked.length}`}
          </Button>
        )
      }
    >
      <div className={styles.limits}>
        {shown.map((limit) => (
          <OneLimit
            key={`${limit.strategy_id} ${limit.limit_type} ${limit.time_window}`}
            limit={limit}
            period={period}
            isOneOfMany={of === "all"}
          />
        ))}
      </div>
    </Section>
  );
}

function peak({ values, value }: LimitHistoryView): number {
  return Math.max(0, ...values) / value;
}

/** A limit can be overdrawn: 104 %. */
function percent(share: number): string {
  return `${share > 0 && share < 0.01 ? "under 1" : Math.floor(share * 100)} %`;
}

function OneLimit({ limit, period, isOneOfMany }: { limit: LimitHistoryView; period: Period; isOneOfMany: boolean }) {
  const { values, since, width, value, limit_type, time_window } = limit;
  const data = useMemo(
    () => ({ times: values.map((_, at) => since + at * width), values: [values], width }),
    [values, since, width],
  );
  const info = useMemo(
    () => ({
      title: "Limit",
      format: limit_type === "cost" ? money : count,
      lines: [{ key: "used", title: `used in the ${time_window} before`, look: "line", color: "--series-1" } as const],
    }),
    [limit_type, time_window],
  );
  const lines = useMemo(() => [{ value, label: "limit" }], [value]);
  const now = values.at(-1) ?? 0;
  const words = `${amount(limit_type, now)} of ${limitWords(limit)}, ${percent(now / value)}`;
  return (
    <div>
      <h3>
        {isOneOfMany && <Link to={address("routing", limit.strategy_id, "metrics")}>{limit.strategy}</Link>}
        <span>{words}</span>
      </h3>
      <Chart
        info={info}
        data={data}
        limits={lines}
        summary={`${limit.strategy}: now ${words}; at most ${amount(limit_type, Math.max(0, ...values))} in ${RANGES[period].words}.`}
        height={HEIGHT}
      />
    </div>
  );
}
