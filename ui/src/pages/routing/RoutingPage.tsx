import { ArrowLeftRight } from "lucide-react";
import { useState } from "react";
import { sentence } from "../../api/errors";
import type { StrategyView } from "../../api/generated";
import { useCommand } from "../../api/queries";
import { Button } from "../../parts/controls/Button";
import { EmptyState, Notice, Skeleton } from "../../parts/display/Bits";
import { Page } from "../../parts/display/Page";
import { Table } from "../../parts/display/Table";
import { Search } from "../../parts/forms/Field";
import { money } from "../../parts/words/format";
import { isShared, names } from "../../parts/words/ownership";
import { address } from "../../state/match";
import { useRemembered } from "../../state/remembered";
import { navigate, useSearch } from "../../state/router";
import { startOfDay, useNow } from "../../state/time";
import { CreateStrategy, DeleteStrategy, duplicate, RenameStrategy } from "./actions";
import { Auto, Limits, UsedBy } from "./cells";
import "./routing.css";

/** All strategies: who uses each, how it routes, how full its limits are and what it cost today. */
export default function RoutingPage() {
  const strategies = useCommand("list_strategies", {});
  const [filter, setFilter] = useRemembered("routing:filter", "");
  const isCreating = useSearch("create") !== null;
  const create = () => navigate(`${address("routing")}?create`);
  // Once one is created, its own page is already open.
  const closeCreate = () => {
    if (location.pathname === address("routing")) navigate(address("routing"), { replace: true });
  };
  return (
    <Page
      title="Routing"
      flush
      actions={
        <>
          <Search main label="Filter strategies" value={filter} onChange={setFilter} />
          <Button look="primary" onClick={create}>
            Create strategy
          </Button>
        </>
      }
    >
      {strategies.data ? (
        <Strategies all={strategies.data} filter={filter} />
      ) : strategies.error ? (
        <div className="padded">
          <Notice mood="bad">{sentence(strategies.error)}</Notice>
        </div>
      ) : (
        <Skeleton />
      )}
      {isCreating && <CreateStrategy onClose={closeCreate} />}
    </Page>
  );
}

type Doing = { what: "rename" | "delete"; strategy: StrategyView } | null;

function Strategies({ all, filter }: { all: readonly StrategyView[]; filter: string }) {
  const costs = useCostsToday();
  const [doing, setDoing] = useState<Doing>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const shown = all.filter((strategy) => fits(strategy, filter));
  const copy = (strategy: StrategyView) => {
    setProblem(null);
    const taken = all.map((other) => other.name);
    duplicate(strategy, taken).catch((error: unknown) => setProblem(sentence(error)));
  };
  const close = () => setDoing(null);

  return (
    <>
      {problem && (
        <div className="padded">
          <Notice mood="bad">{problem}</Notice>
        </div>
      )}
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
            cell: ({ id }) => (costs ? money(costs.has(id) ? costs.get(id) : 0) : ""),
          },
        ]}
        menu={(strategy) => [
          { verb: "Rename", run: () => setDoing({ what: "rename", strategy }) },
          { verb: "Duplicate", run: () => copy(strategy) },
          ...(strategy.is_default
            ? []
            : [{ verb: "Delete", danger: true, run: () => setDoing({ what: "delete", strategy }) }]),
        ]}
      />
      {shown.length === 0 && filter && (
        <div className="padded">
          <p className="quiet">No strategy and no client that uses one is called “{filter.trim()}”.</p>
        </div>
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
    <div className="routing-legend">
      {shown.some(isShared) && (
        <p className="meta">
          <ArrowLeftRight aria-hidden /> shared: a change reaches every client named
        </p>
      )}
      {isFirstVisit && (
        <EmptyState title="One strategy so far">
          A strategy says which models its clients may use, in which order they are tried and how much they may spend.
          Every new client gets one of its own; create others here to share them between clients.
        </EmptyState>
      )}
    </div>
  );
}

/** What each strategy cost since midnight; one without a request is not in it, one without known prices is null. */
function useCostsToday(): Map<string, number | null> | undefined {
  const since = startOfDay(useNow(60));
  const { data } = useCommand("get_usage_summary", { since }, { keepFormer: true });
  if (!data) return undefined;
  const prefix = "llm_strategy:";
  const own = data.scopes.filter(({ scope }) => scope.startsWith(prefix));
  return new Map(own.map(({ scope, totals }) => [scope.slice(prefix.length), totals.cost_usd]));
}

function fits(strategy: StrategyView, filter: string): boolean {
  const text = [strategy.name, ...names(strategy)].join(" ").toLowerCase();
  return filter
    .toLowerCase()
    .split(/\s+/)
    .every((word) => text.includes(word));
}
