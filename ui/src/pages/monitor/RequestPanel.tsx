import { type ReactNode, useEffect, useState } from "react";
import { sentence } from "../../api/errors";
import type { RequestDetails, RequestView, RunningRequest, UsageView } from "../../api/generated";
import { useCommand } from "../../api/queries";
import { Button } from "../../parts/controls/Button";
import { CopyButton, copyText } from "../../parts/controls/Copy";
import { Tooltip } from "../../parts/controls/Tooltip";
import { Notice, Skeleton } from "../../parts/display/Bits";
import { Row } from "../../parts/display/Layout";
import { Facts } from "../../parts/display/Section";
import { clock, count, duration } from "../../parts/words/format";
import { announce } from "../../state/announcer";
import { useServerStatus } from "../../state/connection";
import { address } from "../../state/match";
import { Link } from "../../state/router";
import { useSlow } from "../../state/time";
import { Outcome } from "../../trace/Outcome";
import { RouteWords } from "../../trace/RouteWords";
import { costOf, countedOf, outcomeWords, overheadOf, tokensOf, traceOf } from "../../trace/request";
import { Timeline } from "../../trace/Timeline";
import { TraceView } from "../../trace/TraceView";
import { curlOf } from "./curl";
import { Doing, Elapsed } from "./Doing";
import styles from "./monitor.module.css";
import { beforeWords, MOST, type Reading, routeOf, type Stage, soFarOf } from "./running";
import { type Running, useStage } from "./useRunning";

interface RequestPanelProps {
  id: string;
  running: Running;
  onClose: () => void;
}

/** One request: what was tried in which order, what was passed over and why, and what the limits said. */
export function RequestPanel({ id, running, onClose }: RequestPanelProps) {
  const { stage, hasRun, refetch } = useStage(id, running);
  const ended = stage.at === "recorded" && hasRun ? outcomeWords(stage.details.request) : null;
  useEffect(() => {
    if (ended) announce(`The request has ended: ${ended}`);
  }, [ended]);
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent) => {
      if (event.key !== "Escape" || document.querySelector("[role=dialog], [role=menu]")) return;
      if (event.target instanceof HTMLInputElement || event.target instanceof HTMLSelectElement) return;
      onClose();
    };
    addEventListener("keydown", onKeyDown);
    return () => removeEventListener("keydown", onKeyDown);
  }, [onClose]);

  return (
    <section className={styles.panel} aria-label="The chosen request">
      <Contents id={id} stage={stage} running={running} onClose={onClose} onRetry={() => void refetch()} />
    </section>
  );
}

interface ContentsProps extends RequestPanelProps {
  stage: Stage;
  onRetry: () => void;
}

function Contents({ id, stage, running, onClose, onRetry }: ContentsProps) {
  switch (stage.at) {
    case "running":
    case "ended":
      return (
        <Frame
          request={stage.request}
          route={<RouteWords request={routeOf(stage.request)} arrow="calling" />}
          onClose={onClose}
        >
          <SoFar request={stage.request} reading={stage.at === "running" ? running.now : null} />
        </Frame>
      );
    case "recorded":
      return (
        <Frame request={stage.details.request} route={<RouteWords request={stage.details.request} />} onClose={onClose}>
          <Record details={stage.details} />
        </Frame>
      );
    default:
      return <NoRecord id={id} stage={stage} running={running} onClose={onClose} onRetry={onRetry} />;
  }
}

interface FrameProps {
  request: Pick<RequestView, "started_at" | "endpoint" | "model_asked">;
  route: ReactNode;
  onClose: () => void;
  children: ReactNode;
}

/** The same for a request that runs and for its record: what is in it changes, and the focus and the place stay. */
function Frame({ request, route, onClose, children }: FrameProps) {
  const { data: status } = useServerStatus();
  return (
    <>
      <header>
        <h2>{clock(request.started_at)}</h2>
        {route}
        <div className={styles.actions}>
          <CopyCurl request={request} url={status?.url ?? location.origin} />
          <Tooltip text="Escape closes it as well">
            <Button look="plain" onClick={onClose}>
              Close
            </Button>
          </Tooltip>
        </div>
      </header>
      {/* In the order of the Tab key, so that it can be scrolled by keys. */}
      <div className={styles.content} tabIndex={0} role="group" aria-label="How it was routed">
        {children}
      </div>
    </>
  );
}

/** A request that runs. `reading` null: it has ended, and its record is not there yet. */
function SoFar({ request, reading }: { request: RunningRequest; reading: Reading | null }) {
  const trace = soFarOf(request);
  const isLate = useSlow(reading === null, 1_000);
  return (
    <>
      <p className={styles.facts}>
        {isLate ? <span>has ended, its record is being written</span> : <Doing request={request} />}
        {reading && (
          <span>
            for <Elapsed request={request} reading={reading} /> so far
          </span>
        )}
        {request.attempts > 0 && <span>{beforeWords(request)}</span>}
      </p>
      <TraceView trace={trace} soFar />
      {trace.candidates.length === 0 && <p className="quiet">No model was called yet.</p>}
      <More request={request} asked={askedAs(request)} />
    </>
  );
}

function Record({ details }: { details: RequestDetails }) {
  const { request, attempts } = details;
  const trace = traceOf(details);
  return (
    <>
      <p className={styles.facts}>
        <Outcome request={request} />
        <span>{duration(request.duration_ms)}</span>
        {request.first_token_ms !== null && <span>first token after {duration(request.first_token_ms)}</span>}
        <span>{tokensOf(request)} tokens</span>
        <span>{costOf(request)}</span>
        <span>{overheadOf(request)} by the router itself</span>
      </p>
      {request.error && (
        <p>
          Its client was told: {request.error.message}
          {request.error.code && <span className="quiet"> ({request.error.code})</span>}
        </p>
      )}
      {(attempts.length > 1 || request.first_token_ms !== null) && <Timeline request={request} attempts={attempts} />}
      <TraceView trace={trace} />
      {trace.candidates.length === 0 && <p className="quiet">No model came into question, so none was tried.</p>}
      {details.trace === null && attempts.length > 0 && (
        <p className="quiet">The full explanation is no longer kept; these are the attempts alone.</p>
      )}
      <More request={request} asked={`${askedAs(request)}, answered ${request.status}`} usage={request.usage} />
    </>
  );
}

function NoRecord({ id, stage, running, onClose, onRetry }: ContentsProps) {
  const mayRun = running.now === null || running.now.frozenAt !== null || running.now.items.length >= MOST;
  return (
    <>
      <header>
        <h2>Request {id}</h2>
        <Button look="plain" onClick={onClose}>
          Close
        </Button>
      </header>
      {stage.at === "reading" && <Skeleton rows={3} />}
      {(stage.at === "missing" || stage.at === "failed") && (
        <div className={styles.content}>
          <Notice mood={stage.at === "missing" ? "warn" : "bad"}>
            <p>
              {stage.at === "missing"
                ? `This request is not on record: it ${mayRun ? "still runs, " : ""}was refused before it was routed, or is older than what is kept.`
                : sentence(stage.error)}
            </p>
            <Row>
              <Button onClick={onRetry}>Look again</Button>
            </Row>
          </Notice>
        </div>
      )}
    </>
  );
}

const SHOWN_FOR = 2_400;

function CopyCurl({ request, url }: { request: Pick<RequestView, "endpoint" | "model_asked">; url: string }) {
  const [isCopied, setCopied] = useState(false);
  useEffect(() => {
    if (!isCopied) return;
    const timer = setTimeout(() => setCopied(false), SHOWN_FOR);
    return () => clearTimeout(timer);
  }, [isCopied]);
  const copy = async () => {
    await copyText(curlOf(request, url));
    setCopied(true);
    announce("Copied as curl. Bodies are not stored: it sends the file body.json");
  };
  return (
    <Tooltip text="Bodies are not stored: it sends the file body.json">
      <Button look="plain" onClick={() => void copy()}>
        {isCopied ? "Copied, without the body" : "Copy as curl"}
      </Button>
    </Tooltip>
  );
}

function askedAs({ endpoint, streamed }: Pick<RequestView, "endpoint" | "streamed">): string {
  return `${endpoint}${streamed ? ", streamed" : ""}`;
}

interface MoreProps {
  request: Pick<RequestView, "request_id" | "client_id" | "strategy_id">;
  asked: string;
  usage?: UsageView;
}

function More({ request, asked, usage }: MoreProps) {
  const { data: clients = [] } = useCommand("list_clients", {});
  const { data: strategies = [] } = useCommand("list_strategies", {});
  const client = clients.find((other) => other.id === request.client_id);
  const strategy = strategies.find((other) => other.id === request.strategy_id);
  return (
    <Facts
      rows={[
        [
          "Client",
          client ? (
            <Link key="client" to={address("clients", client.id)}>
              {client.name}
            </Link>
          ) : (
            `${request.client_id}, deleted`
          ),
        ],
        [
          "Strategy",
          strategy ? (
            <Link key="strategy" to={address("routing", strategy.id, "explain")}>
              {strategy.name}
            </Link>
          ) : (
            `${request.strategy_id}, deleted`
          ),
        ],
        ["Asked as", asked],
        ["Tokens", usage && tokenWords(usage)],
        ["Counted by limits", usage && countedOf({ usage })],
        ["Cost", usage?.unpriced && "unpriced: no price is known for the model that served"],
        ["Request id", <CopyButton key="id" text={request.request_id} what="request's id" />],
      ]}
    />
  );
}

function tokenWords(usage: UsageView): string {
  const parts = [
    `${count(usage.input_tokens)} in`,
    `${count(usage.output_tokens)} out`,
    ...(usage.cached_tokens ? [`${count(usage.cached_tokens)} of them cached`] : []),
    ...(usage.reasoning_tokens ? [`${count(usage.reasoning_tokens)} for reasoning`] : []),
    ...(usage.estimated ? ["estimated: the provider told none, only a part, or what cannot be true"] : []),
  ];
  return parts.join(", ");
}
