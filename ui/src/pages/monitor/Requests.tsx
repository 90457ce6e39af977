import { memo, useLayoutEffect, useRef } from "react";
import type { RequestView } from "../../api/generated";
import { Button, ButtonLink } from "../../parts/controls/Button";
import { copyText } from "../../parts/controls/Copy";
import { EmptyState, Notice, Skeleton } from "../../parts/display/Bits";
import { Padded } from "../../parts/display/Layout";
import { Table } from "../../parts/display/Table";
import { clock } from "../../parts/words/format";
import { announce } from "../../state/announcer";
import { useServerStatus } from "../../state/connection";
import { address } from "../../state/match";
import { recall, remember } from "../../state/remembered";
import { timeColumn, useRequestColumns } from "../../trace/RequestColumns";
import { curlOf } from "./curl";
import { addressOf, type Filter, isNarrowed } from "./filter";
import styles from "./monitor.module.css";
import { useFeed } from "./useFeed";

interface RequestsProps {
  filter: Filter;
  pausedAt: number | null;
  /** The request whose trace is shown. */
  open: string | null;
  /** How many rows of running ones there are above: where those move the list, what is read there holds still. */
  above: number;
  onClear: () => void;
}

const ROW = 32;
const SCROLL = "monitor:scroll";
/** Older requests are read when so few pixels are left below. */
const AHEAD = 800;

/** Drawn again when it changes itself, not with every look at what is running. */
export const Requests = memo(function Requests({ filter, pausedAt, open, above, onClear }: RequestsProps) {
  const { items, cursor, loadOlder, problem } = useFeed(filter, pausedAt);
  const scroll = useSteadyScroll(items, above);
  const columns = useRequestColumns(items);
  const { data: status } = useServerStatus();
  const url = status?.url ?? location.origin;

  if (problem && items.length === 0) {
    return (
      <Padded>
        <Notice mood="bad">{problem}</Notice>
      </Padded>
    );
  }
  if (cursor === undefined) return <Skeleton rows={8} />;
  if (items.length === 0) return <Nothing isFiltered={isNarrowed(filter)} onClear={onClear} />;

  const copy = (request: RequestView) =>
    void copyText(curlOf(request, url)).then(() => announce("Copied as curl, without the body"));
  return (
    <div
      ref={scroll}
      data-part="requests"
      className={styles.list}
      data-scroll
      onScroll={({ currentTarget: list }) => {
        remember(SCROLL, list.scrollTop);
        if (list.scrollHeight - list.scrollTop - list.clientHeight < AHEAD) loadOlder();
      }}
    >
      <Table
        label="Requests"
        rows={items}
        rowKey={(request) => request.request_id}
        nameOf={(request) => `the request of ${clock(request.started_at)}`}
        to={(request) => addressOf(filter, request.request_id)}
        current={open}
        first={timeColumn(items)}
        columns={columns}
        menu={(request) => [
          { verb: "Copy as curl", run: () => copy(request) },
          { verb: "Copy the request's id", run: () => void copyText(request.request_id) },
        ]}
      />
      <footer className={styles.end}>
        {problem && <Notice mood="bad">{problem}</Notice>}
        {cursor ? (
          <Button look="plain" onClick={loadOlder}>
            Show older requests
          </Button>
        ) : (
          <p className="meta">These are all requests on record.</p>
        )}
      </footer>
    </div>
  );
});

/** Comes back where it was left, and holds still under the eye while newer requests arrive above, or begin and end. */
function useSteadyScroll(items: readonly RequestView[], above: number) {
  const scroll = useRef<HTMLDivElement>(null);
  const former = useRef<string | null>(null);
  const formerTop = useRef<number | null>(null);
  const first = items[0]?.request_id ?? null;
  const isShown = first !== null;
  useLayoutEffect(() => {
    if (scroll.current && isShown) scroll.current.scrollTop = recall<number>(SCROLL) ?? 0;
  }, [isShown]);
  useLayoutEffect(() => {
    const list = scroll.current;
    const added = items.findIndex((item) => item.request_id === former.current);
    if (list && added > 0 && list.scrollTop > 0) list.scrollTop += added * ROW;
    former.current = first;
  }, [first, items]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: what is above is what moves it
  useLayoutEffect(() => {
    const list = scroll.current;
    if (!list) return;
    if (formerTop.current !== null && list.scrollTop > 0) list.scrollTop += list.offsetTop - formerTop.current;
    formerTop.current = list.offsetTop;
  }, [above, isShown]);
  return scroll;
}

function Nothing({ isFiltered, onClear }: { isFiltered: boolean; onClear: () => void }) {
  if (isFiltered) {
    return (
      <Padded>
        <EmptyState title="No request fits these filters" action={<Button onClick={onClear}>Clear filters</Button>}>
          None on record does. New ones that fit appear here as they end.
        </EmptyState>
      </Padded>
    );
  }
  return (
    <Padded>
      <EmptyState title="No request yet" action={<ButtonLink to={address("try")}>Send one from Try it</ButtonLink>}>
        Every request appears here as it ends: who sent it, which models were tried, why the others were passed over,
        and what it cost. Prompts and answers are not stored.
      </EmptyState>
    </Padded>
  );
}
