import { useQueries } from "@tanstack/react-query";
import { useMemo } from "react";
import { sentence } from "../api/errors";
import type { ChartView, StrategyRateLimit } from "../api/generated";
import { useCommand } from "../api/queries";
import { rpc } from "../api/transport";
import { Button } from "../parts/controls/Button";
import { EmptyState, Notice, Skeleton } from "../parts/display/Bits";
import { moment } from "../parts/words/format";
import { useRemembered } from "../state/remembered";
import { useNow } from "../state/time";
import { Chart, type ChartData } from "./Chart";
import { limitLines, MEASURES, type MeasureInfo, type MeasureKey, RANGES, type Range, type RangeKey } from "./measures";
import { Sums } from "./Sums";
import "./charts.css";

interface MetricsPanelProps {
  /** As in `llm_global`, `llm_strategy:default`. */
  scope: string;
  limits?: readonly StrategyRateLimit[];
  /** What would fill an empty chart. */
  empty: string;
}

const NO_LIMITS: readonly StrategyRateLimit[] = [];

/** The sums of a scope over a range; each can be pressed to see it over time. */
export function MetricsPanel({ scope, limits = NO_LIMITS, empty }: MetricsPanelProps) {
  const [range, setRange] = useRemembered<RangeKey>("metrics:range", "24h");
  const [measure, setMeasure] = useRemembered<MeasureKey>("metrics:measure", "requests");
  const since = useSince(RANGES[range]);
  const { data, error } = useCommand("get_usage_summary", { since }, { keepFormer: true });
  const totals = scope === "llm_global" ? data?.total : data?.scopes.find((one) => one.scope === scope)?.totals;
  const info = MEASURES[measure];

  if (error) return <Notice mood="bad">{sentence(error)}</Notice>;
  if (!data) return <Skeleton />;
  return (
    <div className="metrics">
      <header>
        {totals && <Sums keys={keysOf(MEASURES)} totals={totals} current={measure} onChange={setMeasure} />}
        <Ranges current={range} onChange={setRange} />
      </header>
      {totals ? (
        <OverTime scope={scope} info={info} range={RANGES[range]} since={since} limits={limits} />
      ) : (
        <EmptyState
          title={`No requests in ${RANGES[range].words}`}
          action={range !== "30d" && <Button onClick={() => setRange("30d")}>Show the last 30 days</Button>}
        >
          {empty}
        </EmptyState>
      )}
    </div>
  );
}

function Ranges({ current, onChange }: { current: RangeKey; onChange: (range: RangeKey) => void }) {
  return (
    <fieldset className="ranges">
      <legend className="visually-hidden">Range</legend>
      {keysOf(RANGES).map((key) => (
        <button key={key} type="button" aria-pressed={key === current} onClick={() => onChange(key)}>
          {RANGES[key].title}
        </button>
      ))}
    </fieldset>
  );
}

interface OverTimeProps {
  scope: string;
  info: MeasureInfo;
  range: Range;
  since: number;
  limits: readonly StrategyRateLimit[];
}

/** One measure of a scope over a range. */
export function OverTime({ scope, info, range, since, limits }: OverTimeProps) {
  const charts = useQueries({
    queries: info.lines.map(({ measure }) => {
      const params = { scope, measure, since, buckets: range.buckets };
      return {
        queryKey: ["get_metrics", params],
        queryFn: () => rpc.getMetrics(params),
        placeholderData: (former: ChartView | undefined) => (former?.measure === measure ? former : undefined),
      };
    }),
    combine: (results) => ({
      data: results.map((result) => result.data),
      error: results.find((one) => one.error)?.error,
    }),
  });
  const data = useMemo(() => joined(charts.data), [charts.data]);
  const lines = useMemo(() => (data ? limitLines(limits, info, data.width) : []), [limits, info, data]);

  if (charts.error) return <Notice mood="bad">{sentence(charts.error)}</Notice>;
  if (!data) return <div className="chart-place" />;
  return <Chart info={info} data={data} limits={lines} summary={summaryOf(info, range, data)} />;
}

function joined(charts: readonly (ChartView | undefined)[]): ChartData | null {
  const first = charts[0];
  if (!first || charts.some((chart) => !chart)) return null;
  return {
    times: first.points.map((point) => point.timestamp),
    values: charts.map((chart) => chart?.points.map((point) => point.value) ?? []),
    width: first.width,
  };
}

/** "Requests over the last 24 hours: highest 90 at 14:00." */
function summaryOf(info: MeasureInfo, range: Range, data: ChartData): string {
  const values = data.values[0] ?? [];
  const highest = Math.max(...values.filter((value) => value !== null));
  const when = data.times[values.indexOf(highest)];
  const peak = Number.isFinite(highest) ? `highest ${info.format(highest)} at ${moment(when)}` : "nothing known";
  return `${info.title} over ${range.words}: ${peak}.`;
}

/** The start of a range, moving on with each bucket and not before, so that answers can be shared. */
export function useSince({ seconds, buckets }: Range): number {
  const step = seconds / buckets;
  const now = useNow(20);
  return Math.floor(now / step) * step + step - seconds;
}

function keysOf<K extends string>(record: Record<K, unknown>): K[] {
  return Object.keys(record) as K[];
}
