import { useState } from "react";
import { sentence } from "../../api/errors";
import type { Period, SpendRow, SpendView, Split } from "../../api/generated";
import { useCommand } from "../../api/queries";
import { Segments } from "../../charts/Segments";
import { SplitChart } from "../../charts/spend/SplitChart";
import { formatOf, nameOf, periodFor, SPEND_MEASURES, type SpendMeasure } from "../../charts/spend/split";
import { Notice } from "../../parts/display/Bits";
import { LimitMeter } from "../../parts/display/Meter";
import { count, money } from "../../parts/words/format";
import { useRemembered } from "../../state/remembered";
import { startOfDay, useNow } from "../../state/time";
import { budgetWords, paidAndFreeWords, tightestBudget } from "./overview";
import styles from "./spending.module.css";

const HEIGHT = 148;
const REFRESH = { "15m": 10_000, "1h": 30_000, "24h": 60_000, "7d": 300_000, "30d": 300_000 } as const;
const PERIODS: Record<Period, string> = { "15m": "15 min", "1h": "1 h", "24h": "24 h", "7d": "7 d", "30d": "30 d" };
const MEASURES = { cost_usd: SPEND_MEASURES.cost_usd, requests: SPEND_MEASURES.requests };

/** What was spent and used: today's figures, over time by model, and by client. The chart fits the age of what it shows. */
export function Spending({ isDemo }: { isDemo: boolean }) {
  const [chosen, setChosen] = useRemembered<Period | null>("home:period", null);
  const { data: day, error } = useCommand(
    "get_spend",
    { period: "24h", measure: "requests", by: "strategy" },
    { every: 60_000 },
  );
  const { data: hour } = useCommand(
    "get_spend",
    { period: "1h", measure: "requests", by: "strategy" },
    { enabled: chosen === null, every: 60_000 },
  );
  if (error && !day) return <Notice mood="bad">{sentence(error)}</Notice>;
  if (!day || (chosen === null && !hour)) return <div className={styles.place} />;
  if (day.total.requests + day.total.denied_requests === 0 && day.previous.requests === 0) return null;
  const period = chosen ?? (hour ? periodFor(day, hour, Date.now() / 1_000) : "24h");
  return <OfPeriod period={period} onPeriod={setChosen} isDemo={isDemo} />;
}

interface OfPeriodProps {
  period: Period;
  onPeriod: (period: Period) => void;
  isDemo: boolean;
}

function OfPeriod({ period, onPeriod, isDemo }: OfPeriodProps) {
  const [measure, setMeasure] = useRemembered<SpendMeasure | null>("home:spend", null);
  const [isFree, setFree] = useState(false);
  // The demo's story is which model answers; where nothing was paid for, requests say more than a line at zero.
  const shown = measure ?? (isDemo || isFree ? "requests" : "cost_usd");
  const { data } = useCommand(
    "get_spend",
    { period, by: "model", measure: shown },
    { keepFormer: true, every: REFRESH[period] },
  );
  if (data && !isFree && data.total.paid_requests === 0 && data.total.requests > 0) setFree(true);
  if (!data) return <div className={styles.place} />;
  return (
    <section className={styles.spending} aria-label="Spend and use">
      <header>
        <Figures spend={data} />
        <div className={styles.choices}>
          <Segments label="Measure" options={MEASURES} current={shown} onChange={setMeasure} />
          <Segments label="Period" options={PERIODS} current={period} onChange={onPeriod} />
        </div>
      </header>
      <SplitChart spend={data} height={HEIGHT} />
      <div className={styles.splits}>
        <Ranking title="By model" spend={data} />
        <ByClient period={period} measure={shown} />
      </div>
    </section>
  );
}

function Figures({ spend }: { spend: SpendView }) {
  const { data: strategies = [] } = useCommand("list_strategies", {});
  const since = startOfDay(useNow(60));
  const { data: today } = useCommand("get_usage_summary", { since }, { keepFormer: true });
  const budget = tightestBudget(strategies);
  return (
    <dl className={styles.figures}>
      <div>
        <dt>Spend today</dt>
        <dd>{today ? money(today.total.cost_usd) : "…"}</dd>
      </div>
      <div>
        <dt>Requests in {PERIODS[spend.period]}</dt>
        <dd>
          {count(spend.total.requests)} <small>{paidAndFreeWords(spend)}</small>
        </dd>
      </div>
      {budget && (
        <div>
          <dt>Tightest budget</dt>
          <dd>
            <LimitMeter usage={budget.usage} /> <small>{budgetWords(budget)}</small>
          </dd>
        </div>
      )}
    </dl>
  );
}

function ByClient({ period, measure }: { period: Period; measure: SpendMeasure }) {
  const { data } = useCommand(
    "get_spend",
    { period, by: "client", measure },
    { keepFormer: true, every: REFRESH[period] },
  );
  return data ? <Ranking title="By client" spend={data} /> : <div />;
}

const SHOWN = 4;

/** The first few rows of a split, each with its part of the largest. */
function Ranking({ title, spend: { rows, by, measure } }: { title: string; spend: SpendView }) {
  const figure = ({ totals }: SpendRow) => (measure === "cost_usd" ? (totals.cost_usd ?? 0) : totals.requests);
  const ranked = rows
    .filter((row) => row.totals.requests > 0)
    .sort((one, other) => figure(other) - figure(one))
    .slice(0, SHOWN);
  const most = Math.max(0, ...ranked.map(figure));
  return (
    <div>
      <h3>{title}</h3>
      <ol className={styles.ranking}>
        {ranked.map((row) => (
          <li key={row.group}>
            <span className="truncate">{nameIn(by, row)}</span>
            <span className={styles.bar} aria-hidden>
              <i style={{ width: `${most > 0 ? (figure(row) / most) * 100 : 0}%` }} />
            </span>
            <span className={styles.value}>
              {measure === "cost_usd" && row.totals.cost_usd === null ? "unpriced" : formatOf(measure)(figure(row))}
            </span>
          </li>
        ))}
      </ol>
    </div>
  );
}

function nameIn(by: Split, { group, name }: SpendRow): string {
  return nameOf(by, group, name);
}
