import { Ban, Check, CircleDollarSign, Minus, Redo2, X } from "lucide-react";
import type { ReactNode } from "react";
import type { RequestView } from "../api/generated";
import { useCommand } from "../api/queries";
import { Tooltip } from "../parts/controls/Tooltip";
import { Money } from "../parts/display/Money";
import type { Column } from "../parts/display/Table";
import { clock, duration, moneyDecimals } from "../parts/words/format";
import { timeWidth } from "./place";
import { costOf } from "./request";
import styles from "./requestColumns.module.css";
import { askedIfUnusual, type Sign, type Story, storyOf, tokensInColumn, usuallyAsked } from "./why";

const ICONS: Record<Sign, typeof Check> = {
  answered: Check,
  hopped: Redo2,
  limited: CircleDollarSign,
  refused: Ban,
  failed: X,
  left: Minus,
};

/** What happened, as a shape of its own and a word for who does not see it. */
function SignIcon({ story: { sign, word } }: { story: Story }) {
  const Icon = ICONS[sign];
  return (
    <span className={styles[sign]} data-sign={sign}>
      <Icon aria-hidden />
      <span className="visually-hidden">{word}</span>
    </span>
  );
}

interface ModelProps {
  model: string | null;
  /** What was asked for, where it is unusual. */
  asked: string | null;
  sign?: ReactNode;
}

/** The model that answers or is called, which has the room. */
export function ModelInRow({ model, asked, sign }: ModelProps) {
  return (
    <span className={styles.served}>
      {sign}
      <span className="mono truncate">{model ?? "–"}</span>
      {asked && <span className={`${styles.asked} truncate`}>for {asked}</span>}
    </span>
  );
}

/** The sign of what happened and the model that served. */
function ServedBy({ request, asked }: { request: RequestView; asked: string | null }) {
  const story = storyOf(request);
  return <ModelInRow model={story.model} asked={asked} sign={<SignIcon story={story} />} />;
}

/** Why it went where it went, in words; `otherwise` where there is nothing to explain. */
function Why({ request, otherwise }: { request: RequestView; otherwise: string }) {
  const { sign, why } = storyOf(request);
  if (!why) return otherwise && <span className="quiet">{otherwise}</span>;
  const words = <span className={sign === "failed" ? styles.failed : styles.why}>{why}</span>;
  return <Tooltip text={why}>{words}</Tooltip>;
}

export function timeColumn(requests: readonly RequestView[]) {
  return { title: "Time", name: (request: RequestView) => clock(request.started_at), width: timeWidth(requests) };
}

interface Wanted {
  /** Left out where all are of one client. */
  client?: boolean;
  tokens?: boolean;
  /** What it cost and how long it took. */
  amounts?: boolean;
}

/** A row of requests, the same in every list. */
export function useRequestColumns(
  requests: readonly RequestView[],
  { client = true, tokens = true, amounts = true }: Wanted = {},
): Column<RequestView>[] {
  const { data: clients = [] } = useCommand("list_clients", {}, { enabled: client });
  const names = new Map(clients.map(({ id, name }) => [id, name]));
  const usual = usuallyAsked(requests);
  const decimals = moneyDecimals(requests.map(({ usage }) => usage.cost_usd));
  const nameOf = ({ client_id }: RequestView) => names.get(client_id) ?? <span className="quiet">deleted client</span>;
  return [
    ...(client ? [{ key: "client", title: "Client", width: amounts ? "12%" : "15%", cell: nameOf }] : []),
    {
      key: "served",
      title: "Answered by",
      width: amounts ? "29%" : "42%",
      cell: (request) => <ServedBy request={request} asked={askedIfUnusual(request, usual)} />,
    },
    {
      key: "why",
      title: "Why",
      cell: (request) => (
        <Why request={request} otherwise={amounts ? "" : `${costOf(request)}, ${duration(request.duration_ms)}`} />
      ),
    },
    ...(tokens
      ? [{ key: "tokens", title: "Tokens", width: "76px", isNumber: true, isExtra: true, cell: tokenCell }]
      : []),
    ...(amounts ? amountColumns(decimals) : []),
  ];
}

function amountColumns(decimals: number): Column<RequestView>[] {
  return [
    {
      key: "cost",
      title: "Cost",
      width: "84px",
      isNumber: true,
      cell: (request) => <Cost request={request} decimals={decimals} />,
    },
    {
      key: "took",
      title: "Took",
      width: "68px",
      isNumber: true,
      isExtra: true,
      cell: (request) => (request.outcome === "denied" ? "–" : duration(request.duration_ms)),
    },
  ];
}

function Cost({ request: { outcome, usage }, decimals }: { request: RequestView; decimals: number }) {
  if (usage.unpriced) return "unpriced";
  return outcome === "denied" && usage.cost_usd === 0 ? "–" : <Money usd={usage.cost_usd} decimals={decimals} />;
}

/** A number cut short is another number, so the column has no room for the word "about". */
function tokenCell(request: RequestView) {
  const words = tokensInColumn(request);
  if (!request.usage.estimated) return words;
  return (
    <Tooltip text="The provider did not report all of its tokens">
      <span>
        <span aria-hidden>{words}</span>
        <span className="visually-hidden">{words.replace("~", "about ")}</span>
      </span>
    </Tooltip>
  );
}
