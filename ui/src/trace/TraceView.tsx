import { Check, CircleDashed, CircleDot, CircleSlash, Minus, X } from "lucide-react";
import type { ReactNode } from "react";
import { Remark } from "../parts/forms/Field";
import { joined } from "../parts/words/classes";
import { duration, money, plural, UNKNOWN } from "../parts/words/format";
import { amount, HAPPENED, isStrict, LIMIT_TYPES, LIMIT_WINDOWS } from "../parts/words/words";
import { type Candidate, callingWords, skipWords, sumOf, type Trace, type TraceAttempt, uncalledWords } from "./trace";
import styles from "./trace.module.css";

interface TraceViewProps {
  trace: Trace;
  /** Of a request that still runs. */
  soFar?: boolean;
}

/** A routing decision, drawn: the candidates in order, each with what became of it, and the limits as sums. */
export function TraceView({ trace, soFar = false }: TraceViewProps) {
  return (
    <div className={styles.trace}>
      {trace.warnings.map((warning) => (
        <Remark key={warning} severity="warning">
          {warning}
        </Remark>
      ))}
      <ol className={styles.rows} aria-label="Candidates in order">
        {trace.candidates.map((candidate, index) => (
          <CandidateRows
            key={`${candidate.provider}/${candidate.model}`}
            candidate={candidate}
            place={index + 1}
            uncalled={uncalledWords(trace, soFar)}
          />
        ))}
      </ol>
      {trace.limits.length > 0 && <Sums trace={trace} />}
    </div>
  );
}

interface CandidateProps {
  candidate: Candidate;
  place: number;
  /** What is said of it where nobody called it. */
  uncalled: string;
}

function CandidateRows({ candidate, place, uncalled }: CandidateProps) {
  const name = `${candidate.provider}/${candidate.model}`;
  switch (candidate.state) {
    case "tried":
      return <AttemptRows candidate={candidate} place={place} />;
    case "calling": {
      const streams = typeof candidate.first_token_ms === "number";
      return (
        <>
          <AttemptRows candidate={candidate} place={place} />
          <Row
            state="calling"
            place={candidate.attempts?.length ? null : place}
            name={name}
            sign={streams ? <CircleDot aria-hidden /> : <CircleDashed aria-hidden />}
            numbers={streams ? duration(candidate.ms) : ""}
          >
            {callingWords(candidate)}
          </Row>
        </>
      );
    }
    case "first":
      return (
        <Row state="answered" place={place} name={name} sign={<Check aria-hidden />}>
          would be tried first
        </Row>
      );
    case "skipped":
      return (
        <Row state="passed" place={place} name={name} sign={<CircleSlash aria-hidden />}>
          skipped: {skipWords(candidate)}
        </Row>
      );
    case "not_needed":
      return (
        <Row state="unneeded" place={place} name={name} sign={<Minus aria-hidden />}>
          {uncalled}
        </Row>
      );
  }
}

function AttemptRows({ candidate: { provider, model, attempts = [] }, place }: Omit<CandidateProps, "uncalled">) {
  const name = `${provider}/${model}`;
  return attempts.map((attempt, index) => (
    // biome-ignore lint/suspicious/noArrayIndexKey: attempts are told in the order in which they were made
    <AttemptRow key={index} name={name} place={index === 0 ? place : null} attempt={attempt} />
  ));
}

function AttemptRow({ name, place, attempt }: { name: string; place: number | null; attempt: TraceAttempt }) {
  const { kind, status, message, ms, first_token_ms: first } = attempt;
  const tokens = attempt.input_tokens + attempt.output_tokens;
  const numbers = [
    duration(ms),
    ...(tokens ? [`${attempt.estimated ? "about " : ""}${plural(tokens, "token")}`] : []),
    ...(tokens ? [money(attempt.cost_usd)] : []),
    ...(attempt.counted ? [`limits count ${plural(attempt.counted.total_tokens, "token")}`] : []),
  ];
  const answered = first === null ? "answered" : `first token after ${duration(first)}`;
  return (
    <Row
      state={kind ? "failed" : "answered"}
      place={place}
      name={name}
      sign={kind ? <X aria-hidden /> : <Check aria-hidden />}
      numbers={numbers.join(" · ")}
    >
      <span>
        {kind ? `${HAPPENED[kind]}${status ? ` (${status})` : ""}` : answered}
        {kind && message && <span className="quiet">: {message}</span>}
      </span>
    </Row>
  );
}

interface RowProps {
  state: "answered" | "calling" | "failed" | "passed" | "unneeded";
  place: number | null;
  name: string;
  sign: ReactNode;
  numbers?: string;
  children: ReactNode;
}

function Row({ state, place, name, sign, numbers, children }: RowProps) {
  return (
    <li className={styles[state]}>
      <span className={styles.place}>{place}</span>
      <span className={joined(styles.name, "mono")}>{name}</span>
      <span className={styles.sign}>{sign}</span>
      <span>{children}</span>
      <span className={styles.numbers}>{numbers}</span>
    </li>
  );
}

/** "cost per day, strict  1.6193 used + 0.0012 held + 0.0009 at most ≤ 2.00" */
function Sums({ trace }: { trace: Trace }) {
  return (
    <dl className={styles.sums} aria-label="Limits">
      {trace.limits.map((limit) => {
        const { amount: added, word, fits, end } = sumOf(limit, trace);
        const shown = (value: number) => amount(limit.limit_type, value);
        return (
          <div key={`${limit.limit_type} ${limit.time_window}`}>
            <dt>
              {LIMIT_TYPES[limit.limit_type]} {LIMIT_WINDOWS[limit.time_window]}
              {isStrict(limit) && ", strict"}
            </dt>
            <dd>{shown(limit.used)} used</dd>
            <dd>+ {shown(limit.reserved)} held</dd>
            <dd>+ {added === null ? UNKNOWN : `${shown(added)} ${word}`}</dd>
            <dd className={fits ? undefined : styles.over}>
              {fits || added === null ? "≤" : ">"} {shown(limit.value)}
              {end}
            </dd>
          </div>
        );
      })}
    </dl>
  );
}
