import { CircleAlert, Info, TriangleAlert } from "lucide-react";
import { useState } from "react";
import { sentence } from "../../api/errors";
import type { ServerStatusView } from "../../api/generated";
import { queries, useCommand } from "../../api/queries";
import { rpc } from "../../api/transport";
import { Button } from "../../parts/controls/Button";
import { Section } from "../../parts/display/Section";
import { Remark } from "../../parts/forms/Field";
import { Link } from "../../state/router";
import { useNow } from "../../state/time";
import { type Concern, concerns, nearLimitKey } from "./concerns";
import styles from "./home.module.css";
import { freeAfter, fullAt, fullWords } from "./overview";

const SIGNS = { bad: CircleAlert, warn: TriangleAlert, plain: Info };
const SPOKEN = { bad: "Problem:", warn: "Warning:", plain: "Note:" };

/** What somebody has to see to. Nothing at all where all is well. */
export function Attention({ status }: { status: ServerStatusView }) {
  const found = concerns(status).filter((concern) => !concern.passes);
  if (found.length === 0) return null;
  return (
    <Section title="Needs attention">
      <Concerns found={found} />
    </Section>
  );
}

/** What passes by itself: it has a place of its own, so that nothing moves when it comes and goes. */
export function RightNow({ status }: { status: ServerStatusView }) {
  const forecasts = useForecasts(status);
  const found = concerns(status)
    .filter((concern) => concern.passes)
    .map((concern) => ({ ...concern, remedy: forecasts.get(concern.key) ?? concern.remedy }));
  return (
    <Section title="Now">
      <div className={styles.rightNow}>
        {found.length > 0 ? (
          <Concerns found={found} />
        ) : (
          <p className="quiet">Nothing is cooling, and no limit is near its end.</p>
        )}
      </div>
    </Section>
  );
}

/** When limits that are near will be full, and what answers then, by the key of their concern. */
function useForecasts(status: ServerStatusView): ReadonlyMap<string, string> {
  const isWanted = status.near_limits.length > 0;
  const { data: histories = [] } = useCommand(
    "get_limit_history",
    { period: "15m" },
    { enabled: isWanted, every: 10_000 },
  );
  const { data: strategies = [] } = useCommand("list_strategies", {}, { enabled: isWanted });
  const { data: models = [] } = useCommand("list_models", {}, { enabled: isWanted });
  const now = useNow(5);
  const words = histories.map((history): [string, string] => {
    const strategy = strategies.find(({ id }) => id === history.strategy_id);
    const next = strategy && history.limit_type === "cost" ? freeAfter(strategy, models) : null;
    const full = fullWords(fullAt(history), now);
    const said = full && next ? `${full}; then ${next}` : full;
    return [nearLimitKey(history.strategy_id, history), said && `${said.charAt(0).toUpperCase()}${said.slice(1)}.`];
  });
  return new Map(words.filter(([, said]) => said !== ""));
}

function Concerns({ found }: { found: readonly Concern[] }) {
  return (
    <ul className={styles.concerns}>
      {found.map((concern) => (
        <Row key={concern.key} concern={concern} />
      ))}
    </ul>
  );
}

function Row({ concern }: { concern: Concern }) {
  const [problem, setProblem] = useState<string | null>(null);
  const Sign = SIGNS[concern.mood];
  const letGo = () =>
    rpc
      .acknowledgeUsageLoss()
      .then(() => queries.invalidateQueries({ queryKey: ["get_server_status"] }))
      .catch((error: unknown) => setProblem(sentence(error)));
  return (
    <li className={styles[concern.mood]}>
      <Sign aria-label={SPOKEN[concern.mood]} />
      <div>
        <p>
          {concern.says} {concern.remedy && <span className="quiet">{concern.remedy}</span>}
        </p>
        {problem && <Remark severity="error">{problem}</Remark>}
      </div>
      {concern.isUsageLoss && <Button onClick={() => void letGo()}>Let them go on</Button>}
      {concern.go && <Link to={concern.go.to}>{concern.go.verb}</Link>}
    </li>
  );
}
