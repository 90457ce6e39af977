import { useEffect, useState } from "react";
import { isMissing, sentence } from "../../api/errors";
import type { RequestDetails, RequestView } from "../../api/generated";
import { useCommand } from "../../api/queries";
import { Notice, Skeleton } from "../../parts/Bits";
import { Button } from "../../parts/Button";
import { CopyButton, copyText } from "../../parts/Copy";
import { clock, count, duration } from "../../parts/format";
import { Outcome } from "../../parts/Outcome";
import { RouteWords } from "../../parts/RouteWords";
import { Facts } from "../../parts/Section";
import { useServerStatus } from "../../shell/connection";
import { announce } from "../../state/announcer";
import { address } from "../../state/match";
import { Link } from "../../state/router";
import { costOf, overheadOf, tokensOf, traceOf } from "../../trace/request";
import { Timeline } from "../../trace/Timeline";
import { TraceView } from "../../trace/TraceView";
import { curlOf } from "./curl";

/** One request: what was tried in which order, what was passed over and why, and what the limits said. */
export function RequestPanel({ id, onClose }: { id: string; onClose: () => void }) {
  const { data, error, refetch } = useCommand("get_request", { request_id: id });
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
    <section className="request-panel" aria-label="The chosen request">
      {data ? (
        <Details details={data} onClose={onClose} />
      ) : (
        <header>
          <h2>Request {id}</h2>
          <Button look="plain" onClick={onClose}>
            Close
          </Button>
        </header>
      )}
      {!data && !error && <Skeleton rows={3} />}
      {error && (
        <div className="content">
          <Notice mood={isMissing(error) ? "warn" : "bad"}>
            <p>
              {isMissing(error)
                ? "This request is not on record: it still runs, was refused before it was routed, or is older than what is kept."
                : sentence(error)}
            </p>
            <div className="actions">
              <Button onClick={() => void refetch()}>Look again</Button>
            </div>
          </Notice>
        </div>
      )}
    </section>
  );
}

function Details({ details, onClose }: { details: RequestDetails; onClose: () => void }) {
  const { request, attempts } = details;
  const { data: status } = useServerStatus();
  const trace = traceOf(details);
  return (
    <>
      <header>
        <h2>{clock(request.started_at)}</h2>
        <RouteWords request={request} />
        <div className="actions">
          <CopyCurl request={request} url={status?.url ?? location.origin} />
          <Button look="plain" onClick={onClose} title="Close (Escape)">
            Close
          </Button>
        </div>
      </header>
      {/* In the order of the Tab key, so that it can be scrolled by keys. */}
      <div className="content" tabIndex={0} role="group" aria-label="How it was routed">
        <p className="sums-line">
          <Outcome request={request} />
          <span>{duration(request.duration_ms)}</span>
          {request.first_token_ms !== null && <span>first token after {duration(request.first_token_ms)}</span>}
          <span>{tokensOf(request)} tokens</span>
          <span>{costOf(request)}</span>
          <span>{overheadOf(request)} by the router itself</span>
        </p>
        {(attempts.length > 1 || request.first_token_ms !== null) && <Timeline request={request} attempts={attempts} />}
        <TraceView trace={trace} />
        {trace.candidates.length === 0 && <p className="quiet">No model came into question, so none was tried.</p>}
        {details.trace === null && attempts.length > 0 && (
          <p className="quiet">The full explanation is no longer kept; these are the attempts alone.</p>
        )}
        <More details={details} />
      </div>
    </>
  );
}

const SHOWN_FOR = 2_400;

function CopyCurl({ request, url }: { request: RequestView; url: string }) {
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
    <Button look="plain" onClick={() => void copy()} title="Bodies are not stored: it sends the file body.json">
      {isCopied ? "Copied, without the body" : "Copy as curl"}
    </Button>
  );
}

function More({ details: { request } }: { details: RequestDetails }) {
  const { data: clients = [] } = useCommand("list_clients", {});
  const { data: strategies = [] } = useCommand("list_strategies", {});
  const client = clients.find((other) => other.id === request.client_id);
  const strategy = strategies.find((other) => other.id === request.strategy_id);
  const { usage } = request;
  const parts = [
    `${count(usage.input_tokens)} in`,
    `${count(usage.output_tokens)} out`,
    ...(usage.cached_tokens ? [`${count(usage.cached_tokens)} of them cached`] : []),
    ...(usage.reasoning_tokens ? [`${count(usage.reasoning_tokens)} for reasoning`] : []),
    ...(usage.estimated ? ["estimated, as the provider told none"] : []),
  ];
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
        ["Asked as", `${request.endpoint}${request.streamed ? ", streamed" : ""}, answered ${request.status}`],
        ["Tokens", parts.join(", ")],
        ["Cost", usage.unpriced ? "unpriced: no price is known for the model that served" : null],
        ["Request id", <CopyButton key="id" text={request.request_id} what="request's id" />],
      ]}
    />
  );
}
