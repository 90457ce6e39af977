import type { ReactNode } from "react";
import type { SpendTotals, SpendView } from "../../api/generated";
import { Tooltip } from "../../parts/controls/Tooltip";
import { count, exactMoney, money, plural } from "../../parts/words/format";
import styles from "./spend.module.css";
import { changeWords, tokensOf } from "./split";

/** The sums of a period, and what is to be known of them. */
export function Figures({ spend }: { spend: SpendView }) {
  const { total, previous, savings, period } = spend;
  const saved = savings.free_usd + savings.cached_usd;
  return (
    <dl className={styles.figures}>
      <Figure name="Spend" exact={total.cost_usd} remark={changeWords(total.cost_usd, previous.cost_usd, period)}>
        {money(total.cost_usd)}
      </Figure>
      <Figure name="Requests" remark={paidAndFree(total.paid_requests, total.free_requests)}>
        {count(total.requests)}
      </Figure>
      <Figure name="Tokens" remark={paidAndFree(total.paid_tokens, total.free_tokens)}>
        {count(tokensOf(total))}
      </Figure>
      <Figure
        name="Saved"
        exact={saved}
        remark={`free models ${money(savings.free_usd)}, cache ${money(savings.cached_usd)}`}
      >
        {money(saved)}
      </Figure>
    </dl>
  );
}

function paidAndFree(paid: number, free: number): string {
  return `${count(paid)} paid, ${count(free)} free`;
}

interface FigureProps {
  name: string;
  remark: string;
  /** USD with all digits. */
  exact?: number | null;
  children: ReactNode;
}

function Figure({ name, remark, exact, children }: FigureProps) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>
        <Tooltip text={exact ? exactMoney(exact) : null}>
          <b>{children}</b>
        </Tooltip>
        <span>{remark}</span>
      </dd>
    </div>
  );
}

/** What the sums do not say by themselves. */
export function Caveats({ total }: { total: SpendTotals }) {
  const { unpriced_requests, estimated_requests, estimated_cost_usd, denied_requests } = total;
  const remarks = [
    unpriced_requests > 0 &&
      `${plural(unpriced_requests, "request")} went to models without a known price and ${unpriced_requests === 1 ? "is" : "are"} not part of the spend.`,
    estimated_requests > 0 &&
      `Usage of ${plural(estimated_requests, "request")} is estimated, because the provider did not report it${estimated_cost_usd > 0 ? `: ${money(estimated_cost_usd)} of the spend` : ""}.`,
    denied_requests > 0 &&
      `${plural(denied_requests, "request")} ${denied_requests === 1 ? "was" : "were"} refused by the router and used nothing.`,
  ].filter((remark) => remark !== false);
  if (remarks.length === 0) return null;
  return <p className={styles.caveats}>{remarks.join(" ")}</p>;
}
