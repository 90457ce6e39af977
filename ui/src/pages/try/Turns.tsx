import { useLayoutEffect, useRef } from "react";
import { Badge } from "../../parts/display/Bits";
import { Remark } from "../../parts/forms/Field";
import { joined } from "../../parts/words/classes";
import { clock, duration } from "../../parts/words/format";
import { HAPPENED } from "../../parts/words/words";
import { Link } from "../../state/router";
import { requestAddress } from "../../trace/place";
import { costOf, overheadOf, servedBy, tokensOf } from "../../trace/request";
import { skipWords } from "../../trace/trace";
import type { Turn } from "./conversation";
import type { Refusal } from "./refusal";
import styles from "./try.module.css";

/** How near the end one must be for it to be followed, in pixels. */
const NEAR_END = 80;

export function Turns({ turns, clientName }: { turns: readonly Turn[]; clientName: string }) {
  const list = useRef<HTMLDivElement>(null);
  const isFollowing = useRef(true);
  const count = turns.length;
  const former = useRef(count);
  // biome-ignore lint/correctness/useExhaustiveDependencies: whatever is told moves the end
  useLayoutEffect(() => {
    const isNew = count !== former.current;
    former.current = count;
    if (list.current && (isNew || isFollowing.current)) list.current.scrollTop = list.current.scrollHeight;
  }, [turns, count]);
  return (
    <div
      ref={list}
      className={styles.turns}
      tabIndex={0}
      role="log"
      aria-label="Conversation"
      aria-busy={turns.at(-1)?.state === "running"}
      onScroll={({ currentTarget: { scrollHeight, scrollTop, clientHeight } }) => {
        isFollowing.current = scrollHeight - scrollTop - clientHeight < NEAR_END;
      }}
    >
      {count === 0 && (
        <p className={styles.turnsEmpty}>
          What you ask goes the way that requests of {clientName} go: its strategy chooses the model, its limits count.
          Below each answer you see which model gave it, after how many attempts, and what it cost.
        </p>
      )}
      {turns.map((turn) => (
        <article key={turn.id} className={styles.turn}>
          <p className={styles.question}>{turn.question}</p>
          {turn.reasoning && (
            <details className={styles.reasoning} open={turn.state === "running" && !turn.answer}>
              <summary>Reasoning</summary>
              <p>{turn.reasoning}</p>
            </details>
          )}
          {turn.answer && <p className={styles.answer}>{turn.answer}</p>}
          {turn.state === "running" && !turn.answer && <p className="quiet">{waitingWords(turn)}</p>}
          {turn.refusal && <Refused refusal={turn.refusal} isCut={turn.answer !== ""} />}
          <Route turn={turn} />
        </article>
      ))}
    </div>
  );
}

function waitingWords({ model, head }: Turn): string {
  return head?.model ? `${head.model} answers…` : `Asking ${model}…`;
}

/** The router's own words, then what was tried and passed over. */
function Refused({ refusal, isCut }: { refusal: Refusal; isCut: boolean }) {
  const { message, code, attempts, skipped, retryAt } = refusal;
  return (
    <div className={styles.refused} role="alert">
      <Remark severity="error">
        {isCut && "The answer is incomplete. "}
        {message}
        {retryAt && ` It can be tried again from ${clock(retryAt)} on.`}
        {code && <span className="mono"> {code}</span>}
      </Remark>
      {attempts.length + skipped.length > 0 && (
        <ul>
          {attempts.map((attempt, index) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: attempts are told in the order in which they were made
            <li key={index}>
              <span className="mono">
                {attempt.provider}/{attempt.model}
              </span>{" "}
              {attempt.kind ? HAPPENED[attempt.kind] : "answered"}
              {attempt.status ? ` (${attempt.status})` : ""}, {duration(attempt.ms)}
            </li>
          ))}
          {skipped.map((skip) => (
            <li key={`${skip.provider}/${skip.model}`}>
              <span className="mono">
                {skip.provider}/{skip.model}
              </span>{" "}
              skipped: {skipWords(skip)}
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}

/** Who served, after how many attempts, in which time and for how much; the whole trace is one press away. */
function Route({ turn }: { turn: Turn }) {
  const { head, record, state } = turn;
  const requestId = head?.requestId ?? turn.refusal?.requestId ?? null;
  const served = (record && servedBy(record.request)) ?? head?.model ?? null;
  const attempts = record?.attempts.length ?? head?.attempts ?? null;
  const overhead = record?.request.overhead_ms ?? head?.overheadMs ?? null;
  if (state === "running" && !served) return null;
  return (
    <p className={styles.turnRoute}>
      {state === "stopped" && <Badge mood="warn">stopped</Badge>}
      {served && (
        <span className={joined(styles.model, "mono")}>
          <span className="quiet" aria-hidden>
            →{" "}
          </span>
          <span className="visually-hidden">answered by </span>
          {served}
        </span>
      )}
      {attempts !== null && <span>{attempts === 1 ? "1 attempt" : `${attempts} attempts`}</span>}
      {record && record.request.first_token_ms !== null && (
        <span>first token {duration(record.request.first_token_ms)}</span>
      )}
      {record && <span>{duration(record.request.duration_ms)} in all</span>}
      {overhead !== null && <span>router {overheadOf({ overhead_ms: overhead })}</span>}
      {record && <span>{tokensOf(record.request)} tokens</span>}
      {record && <span>{costOf(record.request)}</span>}
      {head?.warnings && <span className={styles.warned}>{head.warnings}</span>}
      {requestId && state !== "running" && (record || !turn.refusal) && (
        <Link to={requestAddress(requestId)}>How it was routed</Link>
      )}
    </p>
  );
}
