import { useState } from "react";
import { sentence } from "../../api/errors";
import type { Period, SpendView, Split } from "../../api/generated";
import { useCommand } from "../../api/queries";
import { Button, ButtonLink } from "../../parts/controls/Button";
import { EmptyState, Notice, Skeleton } from "../../parts/display/Bits";
import { Section } from "../../parts/display/Section";
import { address } from "../../state/match";
import { useRemembered } from "../../state/remembered";
import { MEASURES, type MeasureKey, RANGES } from "../measures";
import { OverTime, useSince } from "../OverTime";
import { Segments } from "../Segments";
import { Failures } from "./Failures";
import { Caveats, Figures } from "./Figures";
import { LimitsOverTime } from "./LimitsOverTime";
import { Savings } from "./Savings";
import { SplitChart } from "./SplitChart";
import { SplitTable } from "./SplitTable";
import styles from "./spend.module.css";
import { limitsIn, periodFor, SPEND_MEASURES, SPLITS, type SpendMeasure, splitsOf } from "./split";

interface SpendPanelProps {
  /** As in `llm_global`, `llm_strategy:default`. */
  scope: string;
  /** What would fill an empty page. */
  empty: string;
}

const REFRESH = { "15m": 10_000, "1h": 30_000, "24h": 60_000, "7d": 300_000, "30d": 300_000 } as const;

/** Where money, tokens and time went in a scope. */
export function SpendPanel(props: SpendPanelProps) {
  const [chosen, setChosen] = useRemembered<Period | null>("spend:period", null);
  const [first, setFirst] = useState<Period | null>(null);
  const begin = { scope: props.scope, by: "strategy", measure: "requests" } as const;
  const enabled = chosen === null && first === null;
  const { data: day, error } = useCommand("get_spend", { ...begin, period: "24h" }, { enabled });
  const { data: hour } = useCommand("get_spend", { ...begin, period: "1h" }, { enabled });
  if (enabled && day && hour) setFirst(periodFor(day, hour, Date.now() / 1_000));
  const period = chosen ?? first;
  if (error && period === null) return <Notice mood="bad">{sentence(error)}</Notice>;
  if (period === null) return <Skeleton />;
  return <OfPeriod {...props} period={period} onPeriod={setChosen} />;
}

function OfPeriod(props: SpendPanelProps & { period: Period; onPeriod: (period: Period) => void }) {
  const { scope, empty, period, onPeriod } = props;
  const splits = splitsOf(scope);
  const [by, setBy] = useRemembered<Split>(`spend:by:${splits.join()}`, splits[0] ?? "model");
  const [measure, setMeasure] = useRemembered<SpendMeasure>("spend:measure", "cost_usd");
  const { data, error } = useCommand(
    "get_spend",
    { period, scope, by, measure },
    { keepFormer: true, every: REFRESH[period] },
  );
  const periods = (
    <Segments
      label="Period"
      options={{ "15m": "15 min", "1h": "1 h", "24h": "24 h", "7d": "7 d", "30d": "30 d" }}
      current={period}
      onChange={onPeriod}
    />
  );
  if (error && !data) return <Notice mood="bad">{sentence(error)}</Notice>;
  if (!data) return <Skeleton />;
  if (data.total.requests + data.total.denied_requests === 0) {
    return (
      <div className={styles.panel}>
        <div className={styles.top}>{periods}</div>
        <EmptyState
          title={`No requests in ${RANGES[period].words}`}
          action={
            period !== "30d" ? (
              <Button onClick={() => onPeriod("30d")}>Show the last 30 days</Button>
            ) : (
              scope === "llm_global" && <ButtonLink to={address("clients")}>Connect a client</ButtonLink>
            )
          }
        >
          {empty}
        </EmptyState>
      </div>
    );
  }
  return (
    <div className={styles.panel}>
      <div className={styles.top}>
        <Figures spend={data} />
        {periods}
        <Caveats total={data.total} />
      </div>
      <section className={styles.split} aria-label="Split">
        <div className={styles.choices}>
          <Segments label="Split by" options={only(SPLITS, splits)} current={by} onChange={setBy} />
          <Segments label="Measure" options={SPEND_MEASURES} current={measure} onChange={setMeasure} />
        </div>
        <SplitChart spend={data} />
        <SplitTable spend={data} />
      </section>
      <Details {...props} spend={data} />
    </div>
  );
}

function Details({ spend, scope, period }: SpendPanelProps & { period: Period; spend: SpendView }) {
  const range = RANGES[period];
  const limitsOf = limitsIn(scope);
  const [measure, setMeasure] = useRemembered<MeasureKey>("spend:over-time", "latency");
  const since = useSince(range);
  return (
    <>
      <Savings spend={spend} />
      {limitsOf && <LimitsOverTime of={limitsOf} period={period} />}
      <div className={styles.halves}>
        <div>
          <Section
            title={MEASURES[measure].title}
            actions={
              <Segments
                label="Latency or success"
                options={{ latency: MEASURES.latency.title, success: MEASURES.success.title }}
                current={measure}
                onChange={setMeasure}
              />
            }
          >
            <OverTime scope={scope} info={MEASURES[measure]} range={range} since={since} />
          </Section>
        </div>
        <div>
          <Failures spend={spend} />
        </div>
      </div>
    </>
  );
}

function only<Key extends string>(titles: Record<Key, string>, keys: readonly Key[]): Partial<Record<Key, string>> {
  return Object.fromEntries(keys.map((key) => [key, titles[key]])) as Partial<Record<Key, string>>;
}
