import { useCommand } from "../../api/queries";
import { MEASURES, type MeasureKey, RANGES } from "../../charts/measures";
import { OverTime, useSince } from "../../charts/OverTime";
import { Sums } from "../../charts/Sums";
import { Section } from "../../parts/display/Section";
import { plural } from "../../parts/words/format";
import { useRemembered } from "../../state/remembered";
import { startOfDay, useNow } from "../../state/time";
import "../../charts/charts.css";

const SHOWN: readonly MeasureKey[] = ["requests", "tokens", "cost", "success"];
const RANGE = RANGES["24h"];
const NO_LIMITS: readonly never[] = [];

/** Today's sums as one row; each shows itself over the last 24 hours when pressed. */
export function Today() {
  const [measure, setMeasure] = useRemembered<MeasureKey>("home:measure", "requests");
  const since = startOfDay(useNow(60));
  const { data } = useCommand("get_usage_summary", { since }, { keepFormer: true });
  const chartSince = useSince(RANGE);
  const totals = data?.total;
  const apart = totals
    ? [
        ...(totals.failed_requests ? [`${plural(totals.failed_requests, "failure")}`] : []),
        ...(totals.denied_requests ? [`${plural(totals.denied_requests, "denial")}, counted apart`] : []),
        ...(totals.unpriced_requests ? [`${plural(totals.unpriced_requests, "request")} without a known price`] : []),
      ]
    : [];
  return (
    <Section title="Today" actions={apart.length > 0 && <span className="quiet">{apart.join(" · ")}</span>}>
      <div className="metrics">
        <header>
          <Sums keys={SHOWN} totals={totals} current={measure} onChange={setMeasure} />
          <span className="range-words quiet">the last 24 hours</span>
        </header>
        <OverTime scope="llm_global" info={MEASURES[measure]} range={RANGE} since={chartSince} limits={NO_LIMITS} />
      </div>
    </Section>
  );
}
