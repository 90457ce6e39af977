import { useEffect, useMemo, useRef, useState } from "react";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { clock, count, moment, money, moneyDecimals, moneyIn } from "../parts/words/format";
import styles from "./chart.module.css";
import { bucketWords, type ChartInfo, type ChartLine, type LimitLine } from "./measures";
import { stacked } from "./stack";

export interface ChartData {
  /** Unix seconds, one for each bucket. */
  times: readonly number[];
  /** For each line of the measure its value in every bucket; null where it is unknown. */
  values: readonly (readonly (number | null)[])[];
  /** Seconds of one bucket. */
  width: number;
}

interface ChartProps {
  info: ChartInfo;
  data: ChartData;
  limits?: readonly LimitLine[];
  /** Read aloud in place of the picture. */
  summary: string;
  /** Bars stand on each other, the first line at the bottom. */
  isStacked?: boolean;
  height?: number;
  /** Of each line over the whole chart; named where no bucket is pointed at. */
  totals?: readonly (number | null | undefined)[];
}

/** Between the lines of what is counted: there is no half request. */
const WHOLE_STEPS = Array.from({ length: 36 }, (_, step) => ([1, 2, 5][step % 3] ?? 1) * 10 ** Math.floor(step / 3));
export const CHART_HEIGHT = 220;
const LABEL = 11;
/** Lines of no more points than this have a dot at each. */
const DOTTED = 32;
const NO_LIMITS: readonly LimitLine[] = [];

export function Chart(props: ChartProps) {
  const { info, data, limits = NO_LIMITS, summary, isStacked = false, height = CHART_HEIGHT, totals = [] } = props;
  const place = useRef<HTMLDivElement>(null);
  const [at, setAt] = useState<number | null>(null);
  const [theme, setTheme] = useState(0);
  const shapes = useMemo(() => (isStacked ? stacked(data.values) : data.values), [isStacked, data]);

  useEffect(() => {
    const onTheme = () => setTheme((count) => count + 1);
    addEventListener("themechange", onTheme);
    return () => removeEventListener("themechange", onTheme);
  }, []);

  // biome-ignore lint/correctness/useExhaustiveDependencies: another theme draws everything anew
  useEffect(() => {
    const parent = place.current;
    if (!parent) return;
    const order = info.lines.map((line, index) => ({ line, values: shapes[index] ?? [] }));
    if (isStacked) order.reverse(); // the highest first: the others are drawn over it
    const options = optionsFor(
      { ...info, lines: order.map(({ line }) => line) },
      limits,
      { width: parent.clientWidth, height },
      setAt,
    );
    const plot = new uPlot(options, [[...data.times], ...order.map(({ values }) => [...values])], parent);
    const observer = new ResizeObserver(() => plot.setSize({ width: parent.clientWidth, height }));
    observer.observe(parent);
    return () => {
      observer.disconnect();
      plot.destroy();
    };
  }, [info, data, limits, theme, height]);

  return (
    <figure className={styles.chart}>
      <figcaption className={styles.legend}>
        {info.lines.map((line, index) => (
          <span key={line.key}>
            <i
              className={line.look === "line" ? styles.line : undefined}
              style={{ background: `var(${line.color})` }}
            />
            {line.title}
            {at !== null && <b>{info.format(data.values[index]?.[at] ?? null)}</b>}
            {at === null && totals[index] !== undefined && <b>{info.format(totals[index])}</b>}
          </span>
        ))}
        {limits.map((limit) => (
          <span key={limit.label}>
            <i className={styles.limitLine} />
            {limit.label}
          </span>
        ))}
        <span className={styles.when}>
          {at === null
            ? `one ${info.lines[0]?.look === "bar" ? "bar" : "point"} per ${bucketWords(data.width)}`
            : spanWords(data, at)}
        </span>
      </figcaption>
      <div ref={place} role="img" aria-label={summary} className={styles.place} style={{ minHeight: height }} />
    </figure>
  );
}

function spanWords({ times, width }: ChartData, at: number): string {
  const start = times[at] ?? 0;
  return width < 60 ? clock(start) : `${moment(start)} to ${moment(start + width)}`;
}

function optionsFor(
  info: ChartInfo,
  limits: readonly LimitLine[],
  size: { width: number; height: number },
  onPoint: (at: number | null) => void,
): uPlot.Options {
  const axis = { stroke: color("--text-3"), font: `${LABEL}px ${font()}`, ticks: { show: false } };
  const top = Math.max(0, ...limits.map((limit) => limit.value));
  return {
    ...size,
    padding: [12, 8, 0, 0],
    legend: { show: false },
    cursor: { y: false, points: { show: false }, drag: { setScale: false, x: false, y: false } },
    scales: {
      // The newest bucket ends where the picture does, and does not begin there.
      x: { time: true, range: ({ data: [times] }, min, max) => [min, max + (times[1] ?? 0) - (times[0] ?? 0)] },
      y: { range: (_, min, max) => yRange(info, Math.min(min ?? 0, 0), Math.max(max ?? 0, top)) },
    },
    axes: [
      {
        ...axis,
        size: 28,
        grid: { show: false },
        space: 80,
        values: (_, ticks) => ticks.map((tick) => tickWords(tick, ticks)),
      },
      {
        ...axis,
        size: (plot, values) => labelWidth(plot, values),
        gap: 8,
        grid: { stroke: color("--line"), width: 1 },
        splits: info.isShare ? () => [0, 0.25, 0.5, 0.75, 1] : undefined,
        values: (_, ticks) => amounts(info, ticks),
        ...(info.format === count && { incrs: WHOLE_STEPS }),
      } as uPlot.Axis,
    ],
    series: [{}, ...info.lines.map((line) => seriesFor(line, hasGaps))],
    hooks: {
      setCursor: [(plot) => onPoint(plot.cursor.idx ?? null)],
      draw: [(plot) => drawLimits(plot, limits)],
    },
  };
}

/** Single points among gaps would be invisible without dots; in a dense line the dots would be all that is seen. */
function seriesFor(line: ChartLine, isSparse: (plot: uPlot, series: number) => boolean): uPlot.Series {
  const stroke = color(line.color);
  if (line.look === "line")
    return { stroke, width: 1.75, points: { show: isSparse, size: 4, fill: stroke }, spanGaps: false };
  const bars = uPlot.paths.bars?.({ size: [0.78, 24], align: 1 });
  return { stroke, fill: stroke, width: 0, points: { show: false }, ...(bars && { paths: bars }) };
}

function hasGaps({ data }: uPlot, series: number): boolean {
  const values = data[series] ?? [];
  return values.length <= DOTTED || values.some((value) => value === null);
}

function yRange(info: ChartInfo, min: number, max: number): [number, number] {
  if (info.isShare) return [0, 1];
  return [min, max > 0 ? max * 1.08 : 1];
}

/** Money has one count of decimals along the axis too, unless that would make different amounts look the same. */
function amounts({ format }: ChartInfo, ticks: readonly number[]): string[] {
  const isTiny = ticks.some((tick) => tick > 0 && tick < 0.0001);
  if (format !== money || isTiny) return ticks.map(format);
  const decimals = moneyDecimals(ticks);
  return ticks.map((tick) => (tick === 0 ? "$0" : moneyIn(tick, decimals)));
}

/** The chart begins where its longest label ends. */
function labelWidth({ ctx }: uPlot, values: readonly string[] | null): number {
  ctx.font = `${LABEL * devicePixelRatio}px ${font()}`;
  const widths = (values ?? []).map((value) => (value ? ctx.measureText(value).width : 0));
  return Math.ceil(Math.max(0, ...widths) / devicePixelRatio) + 10;
}

function drawLimits(plot: uPlot, limits: readonly LimitLine[]): void {
  const { ctx, bbox } = plot;
  ctx.save();
  ctx.strokeStyle = color("--warn");
  ctx.lineWidth = devicePixelRatio;
  ctx.setLineDash([6 * devicePixelRatio, 4 * devicePixelRatio]);
  for (const limit of limits) {
    const y = Math.round(plot.valToPos(limit.value, "y", true)) + 0.5;
    ctx.beginPath();
    ctx.moveTo(bbox.left, y);
    ctx.lineTo(bbox.left + bbox.width, y);
    ctx.stroke();
  }
  ctx.restore();
}

function tickWords(tick: number, ticks: readonly number[]): string {
  const isDays = (ticks.at(-1) ?? 0) - (ticks[0] ?? 0) > 2 * 86_400;
  const words = moment(tick, new Date(tick * 1_000));
  if (!isDays) return words;
  const date = moment(tick, new Date(0));
  return date.slice(0, date.lastIndexOf(" "));
}

function color(role: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(role).trim();
}

function font(): string {
  return getComputedStyle(document.body).fontFamily;
}
