import { useLayoutEffect, useRef } from "react";
import type { RunningRequest } from "../../api/generated";
import { useCommand } from "../../api/queries";
import { copyText } from "../../parts/controls/Copy";
import { Tooltip } from "../../parts/controls/Tooltip";
import { type Column, Table } from "../../parts/display/Table";
import { clock } from "../../parts/words/format";
import { announce } from "../../state/announcer";
import { useServerStatus } from "../../state/connection";
import { ModelInRow } from "../../trace/RequestColumns";
import { askedIfUnusual, usuallyAsked } from "../../trace/why";
import { curlOf } from "./curl";
import { Doing, Elapsed } from "./Doing";
import { addressOf, type Filter } from "./filter";
import styles from "./monitor.module.css";
import { beforeWords, MOST, nothingWords, routeOf } from "./running";
import type { Running } from "./useRunning";

interface RunningNowProps {
  /** Those that fit the filter. */
  rows: readonly RunningRequest[];
  running: Running;
  filter: Filter;
  /** The request whose trace is shown. */
  open: string | null;
}

/**
 * What is being served, those that run longest first. It has a line of its own even where nothing runs, so that what
 * lies below moves by rows alone.
 */
export function RunningNow({ rows, running: { listed, problem }, filter, open }: RunningNowProps) {
  const section = useRef<HTMLElement>(null);
  const columns = useColumns(listed?.items ?? NONE);
  const { data: status } = useServerStatus();
  // biome-ignore lint/correctness/useExhaustiveDependencies: it has less room beside an open request
  useLayoutEffect(() => {
    section.current?.querySelector("[data-row][aria-current]")?.scrollIntoView({ block: "nearest" });
  }, [open]);

  const copy = (request: RunningRequest) =>
    void copyText(curlOf(request, status?.url ?? location.origin)).then(() =>
      announce("Copied as curl, without the body"),
    );
  return (
    // It keeps the focus when the row that had it ends.
    <section ref={section} className={styles.running} aria-label="Running now" tabIndex={-1} data-scroll>
      {listed && !problem && rows.length > 0 ? (
        <Table
          label="Running requests"
          rows={rows}
          rowKey={(request) => request.request_id}
          nameOf={(request) => `the running request of ${clock(request.started_at)}`}
          to={(request) => addressOf(filter, request.request_id)}
          current={open}
          first={{
            title: <Title count={rows.length} isMost={listed.items.length >= MOST} isPast={listed.frozenAt !== null} />,
            name: (request) => (
              <>
                <span aria-hidden>
                  <Elapsed request={request} reading={listed} />
                </span>
                {/* The name of a link stays while it is read aloud. */}
                <span className="visually-hidden">Since {clock(request.started_at)}</span>
              </>
            ),
            width: "calc(var(--gutter) + 128px)",
          }}
          columns={columns}
          menu={(request) => [
            { verb: "Copy as curl", run: () => copy(request) },
            { verb: "Copy the request's id", run: () => void copyText(request.request_id) },
          ]}
        />
      ) : (
        <p>{problem ? "What is running now is not known" : listed && nothingWords(listed, filter)}</p>
      )}
    </section>
  );
}

function Title({ count, isMost, isPast }: { count: number; isMost: boolean; isPast: boolean }) {
  return (
    <Tooltip text={isMost && `More may run: only the ${MOST} that run longest are read`}>
      <span>
        {isPast ? "Running then" : "Running now"} <span className={styles.count}>{isMost ? `${count}+` : count}</span>
      </span>
    </Tooltip>
  );
}

const NONE: readonly RunningRequest[] = [];
/** What a client usually asks for is told by so many of the last requests. */
const LAST = 50;

function useColumns(running: readonly RunningRequest[]): Column<RunningRequest>[] {
  const { data: clients = [] } = useCommand("list_clients", {});
  const recorded = { enabled: running.length > 0, keepFormer: true };
  const { data: last } = useCommand("list_requests", { limit: LAST }, recorded);
  const names = new Map(clients.map((client) => [client.id, client.name]));
  const usual = usuallyAsked([...(last?.items ?? []), ...running]);
  return [
    {
      key: "client",
      title: "Client",
      width: "11%",
      cell: ({ client_id }) => names.get(client_id) ?? <span className="quiet">deleted client</span>,
    },
    {
      key: "model",
      title: "Model",
      cell: (request) => <ModelInRow model={request.model} asked={askedIfUnusual(routeOf(request), usual)} />,
    },
    { key: "doing", title: "What it does", width: "256px", cell: (request) => <Doing request={request} /> },
    { key: "before", title: "Before", width: "148px", isExtra: true, cell: beforeWords },
  ];
}
