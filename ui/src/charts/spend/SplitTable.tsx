import type { ReactNode } from "react";
import type { Period, SpendRow, SpendView } from "../../api/generated";
import { Tooltip } from "../../parts/controls/Tooltip";
import { Money } from "../../parts/display/Money";
import { joined } from "../../parts/words/classes";
import { count, moneyDecimals, moneyIn, share } from "../../parts/words/format";
import { useRemembered } from "../../state/remembered";
import { Link } from "../../state/router";
import { RANGES } from "../measures";
import { colorOf, nameOf, nextSorting, placeOf, type Sorting, type SortKey, SPLITS, sorted, tokensOf } from "./split";
import styles from "./table.module.css";

interface Column {
  key: SortKey;
  title: string;
  /** What is counted, where the title does not say it. */
  hint?: (period: Period) => string;
  /** Stands below the name where the window is narrow. */
  isExtra?: boolean;
}

const COLUMNS: readonly Column[] = [
  { key: "cost", title: "Cost" },
  { key: "requests", title: "Requests" },
  { key: "tokens", title: "Tokens", isExtra: true },
  { key: "cached", title: "Cached", isExtra: true, hint: () => "Input tokens that came from a provider's cache" },
  { key: "saved", title: "Saved", isExtra: true, hint: () => "By free models and prompt caches, as below" },
  { key: "before", title: "Before", isExtra: true, hint: (period) => `Cost in ${RANGES[period].before}` },
];
const AT_FIRST: Sorting = { by: "cost", isDescending: true };

/** The parts of a split, one in a row. */
export function SplitTable({ spend }: { spend: SpendView }) {
  const [sorting, setSorting] = useRemembered<Sorting>("spend:sorting", AT_FIRST);
  const { by, rows } = spend;
  const decimals = {
    cost: moneyDecimals(rows.map(({ totals }) => totals.cost_usd)),
    saved: moneyDecimals(rows.map(({ saved_usd }) => saved_usd)),
    before: moneyDecimals(rows.map(({ previous_cost_usd }) => previous_cost_usd)),
  };
  const head = (key: SortKey, title: string, isExtra = false, hint: string | null = null) => (
    <th
      key={key}
      scope="col"
      className={joined(key !== "name" && styles.number, isExtra && styles.extra)}
      aria-sort={sorting.by === key ? (sorting.isDescending ? "descending" : "ascending") : undefined}
    >
      <Tooltip text={hint}>
        <button type="button" onClick={() => setSorting(nextSorting(sorting, key))}>
          {sorting.by === key && <span aria-hidden>{sorting.isDescending ? "↓" : "↑"}</span>}
          {title}
        </button>
      </Tooltip>
    </th>
  );
  return (
    <table className={styles.table} aria-label={`Spend by ${SPLITS[by].toLowerCase()}`}>
      <thead>
        <tr>
          {head("name", SPLITS[by])}
          {COLUMNS.map(({ key, title, isExtra, hint }) => head(key, title, isExtra, hint?.(spend.period)))}
        </tr>
      </thead>
      <tbody>
        {sorted(rows, by, sorting).map((row) => (
          <Part key={row.group} row={row} spend={spend} decimals={decimals} />
        ))}
      </tbody>
    </table>
  );
}

interface PartProps {
  row: SpendRow;
  spend: SpendView;
  decimals: { cost: number; saved: number; before: number };
}

function Part({ row, spend: { by, series }, decimals }: PartProps) {
  const { totals, saved_usd, previous_cost_usd } = row;
  const color = colorOf(series, row);
  const cells: Record<Exclude<SortKey, "name">, ReactNode> = {
    cost: (
      <span className={styles.cost}>
        {row.share !== null && totals.cost_usd !== null && totals.cost_usd > 0 && (
          <span className={styles.share}>
            <span className={styles.track} aria-hidden>
              <i style={{ width: `${row.share * 100}%` }} />
            </span>
            {share(row.share)}
          </span>
        )}
        <Money usd={totals.cost_usd} decimals={decimals.cost} />
      </span>
    ),
    requests: count(totals.requests),
    tokens: count(tokensOf(totals)),
    cached: count(totals.cached_tokens),
    saved: <Money usd={saved_usd} decimals={decimals.saved} />,
    before: <Money usd={previous_cost_usd} decimals={decimals.before} />,
  };
  const place = placeOf(by, row);
  const name = nameOf(by, row.group, row.name);
  return (
    <tr>
      <th scope="row">
        <span className={styles.name}>
          <i style={{ background: color ? `var(${color})` : "none" }} aria-hidden />
          {place === null ? <span>{name}</span> : <Link to={place}>{name}</Link>}
        </span>
        <span className={styles.folded}>
          {count(tokensOf(totals))} tokens
          {totals.cached_tokens > 0 && `, ${count(totals.cached_tokens)} cached`}
          {saved_usd > 0 && `, saved ${moneyIn(saved_usd, decimals.saved)}`}
        </span>
      </th>
      {COLUMNS.map(({ key, isExtra }) => (
        <td key={key} className={joined(styles.number, isExtra && styles.extra)}>
          {cells[key as Exclude<SortKey, "name">]}
        </td>
      ))}
    </tr>
  );
}
