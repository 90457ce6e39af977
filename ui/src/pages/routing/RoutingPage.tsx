import { ArrowLeftRight } from "lucide-react";
import { useState } from "react";
import type { StrategyView } from "../../api/generated";
import { useCommand } from "../../api/queries";
import { EmptyState } from "../../parts/display/Bits";
import { Padded } from "../../parts/display/Layout";
import { Money } from "../../parts/display/Money";
import { Table } from "../../parts/display/Table";
import { ListPage, Refused } from "../../parts/lists/ListPage";
import { useAttempts } from "../../parts/lists/useAttempts";
import { moneyDecimals } from "../../parts/words/format";
import { isShared, names } from "../../parts/words/ownership";
import { holdsWords } from "../../parts/words/search";
import { address } from "../../state/match";
import { useToday } from "../../state/usage";
import { CreateStrategy, DeleteStrategy, duplicate, RenameStrategy } from "./actions";
import { Auto, Limits, UsedBy } from "./cells";
import styles from "./routing.module.css";

/** All strategies: who uses each, how it routes, how full its limits are and what it cost today. */
export default function RoutingPage() {
  return (
    <ListPage
      title="Routing"
      path="routing"
      list={useCommand("list_strategies", {})}
      searchLabel="Filter strategies"
      create={{ verb: "Create strategy", word: "create", dialog: (close) => <CreateStrategy onClose={close} /> }}
    >
      {(all, filter) => <Strategies all={all} filter={filter} />}
    </ListPage>
  );
}

type Doing = { what: "rename" | "delete"; strategy: StrategyView } | null;

function Strategies({ all, filter }: { all: readonly StrategyView[]; filter: string }) {
  const today = useToday("llm_strategy");
  const decimals = moneyDecimals([...(today?.values() ?? [])].map((totals) => totals.cost_usd));
  const [doing, setDoing] = useState<Doing>(null);
  const { refusal, attempt } = useAttempts();
  const shown = all.filter((strategy) => fits(strategy, filter));
  const taken = all.map((strategy) => strategy.name);
  const close = () => setDoing(null);

  return (
    <>
      {refusal && <Refused>{refusal}</Refused>}
      <Table
        label="Strategies"
        rows={shown}
        rowKey={(strategy) => strategy.id}
        nameOf={(strategy) => strategy.name}
        to={(strategy) => address("routing", strategy.id)}
        first={{ title: "Strategy", name: (strategy) => strategy.name }}
        columns={[
          { key: "used", title: "Used by", width: "18%", cell: (strategy) => <UsedBy strategy={strategy} /> },
          { key: "auto", title: "Auto-routing", width: "13%", cell: (strategy) => <Auto strategy={strategy} /> },
          { key: "limits", title: "Limits", width: "31%", cell: (strategy) => <Limits strategy={strategy} /> },
          {
            key: "today",
            title: "Today",
            width: "88px",
            isNumber: true,
            cell: ({ id }) => today && <Money usd={today.has(id) ? today.get(id)?.cost_usd : 0} decimals={decimals} />,
          },
        ]}
        menu={(strategy) => [
          { verb: "Rename", run: () => setDoing({ what: "rename", strategy }) },
          { verb: "Duplicate", run: () => attempt(duplicate(strategy, taken)) },
          ...(strategy.is_default
            ? []
            : [{ verb: "Delete", danger: true, run: () => setDoing({ what: "delete", strategy }) }]),
        ]}
      />
      {shown.length === 0 && filter && (
        <Padded>
          <p className="quiet">No strategy or client matches “{filter.trim()}”.</p>
        </Padded>
      )}
      <Legend all={all} shown={shown} />
      {doing?.what === "rename" && <RenameStrategy strategy={doing.strategy} onClose={close} />}
      {doing?.what === "delete" && <DeleteStrategy strategy={doing.strategy} onClose={close} />}
    </>
  );
}

function Legend({ all, shown }: { all: readonly StrategyView[]; shown: readonly StrategyView[] }) {
  const isFirstVisit = all.length === 1;
  return (
    <div className={styles.routingLegend}>
      {shown.some(isShared) && (
        <p className="meta">
          <ArrowLeftRight aria-hidden /> shared: a change reaches every client named
        </p>
      )}
      {isFirstVisit && (
        <EmptyState title="Only the default strategy so far">
          A strategy says which models its clients may use, in which order LocalRouter tries them, and how much they may
          spend. Every new client gets one of its own; create others here to share them between clients.
        </EmptyState>
      )}
    </div>
  );
}

function fits(strategy: StrategyView, filter: string): boolean {
  const text = [strategy.name, ...names(strategy)].join(" ");
  return holdsWords(text, filter);
}
