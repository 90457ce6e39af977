import { useQueries } from "@tanstack/react-query";
import { useMemo } from "react";
import { sentence } from "../api/errors";
import type { ChartView } from "../api/generated";
import { rpc } from "../api/transport";
import { Notice } from "../parts/display/Bits";
import { moment } from "../parts/words/format";
import { useNow } from "../state/time";
import { CHART_HEIGHT, Chart, type ChartData } from "./Chart";
import type { MeasureInfo, Range } from "./measures";

interface OverTimeProps {
  scope: string;
  info: MeasureInfo;
  range: Range;
  since: number;
}

/** One measure of a scope over a range. */
export function OverTime({ scope, info, range, since }: OverTimeProps) {
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

  if (charts.error) return <Notice mood="bad">{sentence(charts.error)}</Notice>;
  if (!data) return <div style={{ minHeight: CHART_HEIGHT }} />;
  return (
    <Chart
      info={info}
      data={data}
      // A line is no sum, so that its figure for the whole range is nowhere else.
      totals={charts.data.map((chart, index) => (info.lines[index]?.look === "line" ? chart?.total : undefined))}
      summary={summaryOf(info, range, data)}
    />
  );
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
