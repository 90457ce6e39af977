import { sentence } from "../../api/errors";
import { useCommand } from "../../api/queries";
import { Button } from "../../parts/controls/Button";
import { CopyButton } from "../../parts/controls/Copy";
import { Notice, StatusDot } from "../../parts/display/Bits";
import { Facts, Section } from "../../parts/display/Section";
import { Remark } from "../../parts/forms/Field";
import { clock, duration } from "../../parts/words/format";
import { Programs } from "../../setup/Programs";
import { AUTO } from "../../setup/snippets";
import { address as pageAddress } from "../../state/match";
import { Link } from "../../state/router";
import { Outcome } from "../../trace/Outcome";
import { requestAddress } from "../../trace/place";
import { RouteWords } from "../../trace/RouteWords";
import { costOf } from "../../trace/request";
import styles from "./home.module.css";
import type { Progress } from "./starting";

type Ready = Extract<Progress, { at: "waiting" }>;

/** The key, shown this once, what to do with it, and the first request as it comes. */
export function Waiting({ ready, address, onDone }: { ready: Ready; address: string; onDone: () => void }) {
  return (
    <div className={styles.firstRun}>
      <FirstRequest clientId={ready.clientId} onDone={onDone} />
      {ready.problem && (
        <Notice mood="bad">
          <p>
            {ready.clientName} has its key, but auto-routing could not be switched on: {ready.problem}
          </p>
          <p>
            <Link to={pageAddress("clients", ready.clientId, "strategy")}>Switch it on in its strategy</Link>
          </p>
        </Notice>
      )}
      <Section title={ready.clientName}>
        <Facts
          rows={[
            ["Address", <CopyButton key="address" text={address} what="address" />],
            [
              "Key",
              <span key="key">
                <CopyButton text={ready.key} what="key" />
                <Remark severity="warning">
                  Shown only now: only its digest is kept. What is lost can be replaced, but not shown again.
                </Remark>
              </span>,
            ],
            ["Model", <CopyButton key="model" text={AUTO} what="model" />],
            [
              "Tried in this order",
              ready.order.length > 0 && (
                <ol key="order" className="mono">
                  {ready.order.map((model, index) => (
                    <li key={model}>
                      {index + 1} {model}
                    </li>
                  ))}
                </ol>
              ),
            ],
          ]}
        />
      </Section>
      <Section title="Where to enter it">
        <Programs values={{ address, key: ready.key, model: AUTO }} />
      </Section>
    </div>
  );
}

function FirstRequest({ clientId, onDone }: { clientId: string; onDone: () => void }) {
  const { data, error } = useCommand("list_requests", { client_id: clientId, limit: 1 }, { every: 5_000 });
  const first = data?.items[0];
  const { data: clients } = useCommand("list_clients", {});
  const isGone = clients !== undefined && !clients.some((client) => client.id === clientId);
  return (
    <Section
      title={first ? "First request received" : "Waiting for the first request"}
      actions={
        <Button look={first ? "primary" : "plain"} onClick={onDone}>
          {first ? "Go to Home" : "I have the key, go to Home"}
        </Button>
      }
    >
      <div className={styles.firstRequest} role="status">
        {first ? (
          <>
            <Outcome request={first} />
            <span>{clock(first.started_at)}</span>
            <RouteWords request={first} />
            <span>{duration(first.duration_ms)}</span>
            <span>{costOf(first)}</span>
            <Link to={requestAddress(first.request_id)}>How it was routed</Link>
          </>
        ) : (
          <>
            <StatusDot mood="plain" />
            <span>
              {isGone
                ? "The client was deleted."
                : error
                  ? sentence(error)
                  : "Run the snippet below; the request is told here as it arrives."}
            </span>
            {!isGone && (
              <Link to={`${pageAddress("try")}?client=${encodeURIComponent(clientId)}`}>Send one from here</Link>
            )}
          </>
        )}
      </div>
    </Section>
  );
}
