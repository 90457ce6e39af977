import { Plus, X } from "lucide-react";
import { useEffect, useId, useRef, useState } from "react";
import type { LimitMode, LimitType, LimitUsage, RateLimitTimeWindow, StrategyRateLimit } from "../api/generated";
import { useCommand } from "../api/queries";
import { Button, IconButton } from "../parts/controls/Button";
import { Tooltip } from "../parts/controls/Tooltip";
import { LimitMeter } from "../parts/display/Meter";
import { Input, Remark, Select } from "../parts/forms/Field";
import { joined } from "../parts/words/classes";
import { moment } from "../parts/words/format";
import { amount, isStrict, LIMIT_MODES, LIMIT_TYPES, LIMIT_WINDOWS } from "../parts/words/words";
import type { FindingsAt } from "./draft/findings";
import { Conflict, Remarks, Section } from "./draft/Section";
import type { Pair } from "./draft/selection";
import type { Editing } from "./draft/useStrategyDraft";
import { strictWords } from "./draft/wording";
import styles from "./editor.module.css";
import { Remedies } from "./Remedies";

const TYPES = Object.keys(LIMIT_TYPES) as LimitType[];
const WINDOWS = Object.keys(LIMIT_WINDOWS) as RateLimitTimeWindow[];
const MODES = Object.keys(LIMIT_MODES) as LimitMode[];
const MODES_MEAN =
  "Soft estimates requests from averages, so running requests can overshoot the limit a little. Strict reserves the most that each request can use: it is never exceeded as long as the provider respects the cap it is sent, but it refuses more requests.";
const COUNTED = "Requests are counted one by one, so soft and strict are the same.";

interface LimitsProps {
  editing: Editing;
  findings: FindingsAt;
  /** Providers of which a limit of cost refuses models, since their price is not known. */
  unpriced: readonly string[];
  /** Models of the order whose price is not known. */
  unpricedModels: readonly Pair[];
}

/** How much may be used in each window, and how much is. */
export function Limits({ editing, findings, unpriced, unpricedModels }: LimitsProps) {
  const { draft, dispatch, strategy } = editing;
  const limits = draft.current.rate_limits;
  const { data: usage = strategy.usage } = useCommand(
    "get_strategy_usage",
    { strategy_id: strategy.id },
    { every: 15_000 },
  );
  const change = (value: StrategyRateLimit[], merge?: string) =>
    dispatch({ type: "edited", group: "rate_limits", value, ...(merge && { merge }) });
  const put = (index: number, limit: StrategyRateLimit, merge?: string) =>
    change(
      limits.map((other, at) => (at === index ? limit : other)),
      merge,
    );
  const next = freeLimit(limits);
  const strict = strictWords(limits);
  const strictId = useId();

  return (
    <Section
      title="Limits"
      notes={findings("")}
      end={
        next && (
          <Button look="plain" onClick={() => change([...limits, next])}>
            <Plus aria-hidden /> Add limit
          </Button>
        )
      }
    >
      <Conflict editing={editing} group="rate_limits" />
      {limits.length === 0 && (
        <p className="quiet">No limits: clients can use as much as they want. A first one could be $2.00 per day.</p>
      )}
      {limits.map((limit, index) => (
        <LimitRow
          // biome-ignore lint/suspicious/noArrayIndexKey: limits have no other identity, and rows keep no state of their own
          key={index}
          limit={limit}
          findings={(place) => findings(`[${index}]${place}`)}
          usage={usage.find((one) => one.limit_type === limit.limit_type && one.time_window === limit.time_window)}
          onChange={(changed, merge) => put(index, changed, merge && `${index}.${merge}`)}
          onRemove={() => change(limits.filter((_, at) => at !== index))}
          strictId={strictId}
        />
      ))}
      {limits.some(({ limit_type }) => limit_type === "cost") && unpriced.length > 0 && (
        <Remedies providers={unpriced} models={unpricedModels} />
      )}
      {limits.length > 0 && (
        <p className="quiet">
          Limits count the usage that providers report. If a provider reports none, for example because the client left
          early, they count at least what was reserved for the request. Charts show only reported usage.
        </p>
      )}
      {strict && (
        <div id={strictId}>
          <Remark>{strict}</Remark>
        </div>
      )}
    </Section>
  );
}

interface LimitRowProps {
  limit: StrategyRateLimit;
  usage: LimitUsage | undefined;
  findings: FindingsAt;
  onChange: (limit: StrategyRateLimit, merge?: string) => void;
  onRemove: () => void;
  /** Where it is said what strict means. */
  strictId: string;
}

function LimitRow({ limit, usage, findings, onChange, onRemove, strictId }: LimitRowProps) {
  const isTyped = Number.isFinite(limit.value);
  const wrong = [...findings(""), ...findings(".value"), ...findings(".time_window"), ...findings(".mode")];
  const shown = usage && isTyped ? { ...usage, value: limit.value } : null;
  const what = `${LIMIT_TYPES[limit.limit_type]} ${LIMIT_WINDOWS[limit.time_window]}`;
  return (
    <div className={styles.limit} role="group" aria-label={`Limit of ${what}`}>
      <Select
        small
        aria-label="What is limited"
        value={limit.limit_type}
        onChange={(event) => onChange({ ...limit, limit_type: event.target.value as LimitType })}
      >
        {TYPES.map((type) => (
          <option key={type} value={type}>
            {LIMIT_TYPES[type]}
          </option>
        ))}
      </Select>
      <Value limit={limit} isWrong={wrong.some((note) => note.severity === "error")} onChange={onChange} />
      <Select
        small
        aria-label="Window"
        value={limit.time_window}
        onChange={(event) => onChange({ ...limit, time_window: event.target.value as RateLimitTimeWindow })}
      >
        {WINDOWS.map((window) => (
          <option key={window} value={window}>
            {LIMIT_WINDOWS[window]}
          </option>
        ))}
      </Select>
      {limit.limit_type === "requests" ? (
        <Tooltip text={COUNTED}>
          <span className={joined(styles.mode, "quiet")}>exact</span>
        </Tooltip>
      ) : (
        <Tooltip text={MODES_MEAN}>
          <Select
            small
            tabIndex={0}
            aria-label="Mode"
            aria-describedby={isStrict(limit) ? strictId : undefined}
            value={limit.mode}
            onChange={(event) => onChange({ ...limit, mode: event.target.value as LimitMode })}
          >
            {MODES.map((mode) => (
              <option key={mode} value={mode}>
                {LIMIT_MODES[mode]}
              </option>
            ))}
          </Select>
        </Tooltip>
      )}
      <IconButton small label={`Remove the limit of ${what}`} onClick={onRemove}>
        <X />
      </IconButton>
      <span className={styles.full}>
        {shown ? (
          <>
            <LimitMeter wide usage={shown} /> <span className="quiet">used, {leftOf(shown)}</span>
          </>
        ) : (
          <span className="quiet">{isTyped ? "not active yet" : "enter a number to activate it"}</span>
        )}
      </span>
      <Remarks notes={wrong} />
    </div>
  );
}

interface ValueProps {
  limit: StrategyRateLimit;
  isWrong: boolean;
  onChange: LimitRowProps["onChange"];
}

/** Numbers are typed as text, so that "1,000", "0." and nothing at all can stand there for a moment. */
function Value({ limit, isWrong, onChange }: ValueProps) {
  const [text, setText] = useState(() => textOf(limit));
  const input = useRef<HTMLInputElement>(null);
  const isNew = useRef(!Number.isFinite(limit.value));
  const { value, limit_type } = limit;

  useEffect(() => {
    if (isNew.current) input.current?.focus();
    isNew.current = false;
  }, []);
  useEffect(() => {
    setText((shown) => (Object.is(parsed(shown), value) ? shown : textOf({ value, limit_type })));
  }, [value, limit_type]);

  return (
    <span className={styles.value}>
      {limit.limit_type === "cost" && <span className={styles.unit}>$</span>}
      <Input
        small
        ref={input}
        inputMode="decimal"
        aria-label={limit.limit_type === "cost" ? "US dollars" : "At most"}
        aria-invalid={isWrong}
        value={text}
        onChange={(event) => {
          setText(event.target.value);
          onChange({ ...limit, value: parsed(event.target.value) }, "value");
        }}
        onBlur={() => setText(textOf(limit))}
      />
    </span>
  );
}

function parsed(text: string): number {
  const plain = text.replace(/[\s,_$]/g, "");
  return plain === "" ? Number.NaN : Number(plain);
}

function textOf({ value, limit_type }: Pick<StrategyRateLimit, "value" | "limit_type">): string {
  if (!Number.isFinite(value)) return "";
  const digits = limit_type === "cost" && !Number.isInteger(value) ? 2 : 0;
  return value.toLocaleString("en-US", { minimumFractionDigits: digits, maximumFractionDigits: 9 });
}

function leftOf(usage: LimitUsage): string {
  const left = Math.max(0, usage.value - usage.used - usage.reserved);
  const rest = left > 0 ? `${amount(usage.limit_type, left)} left` : "nothing left for now";
  return usage.resets_at ? `${rest}, more from ${moment(usage.resets_at)}` : rest;
}

const FIRST_GUESSES: readonly [LimitType, RateLimitTimeWindow][] = [
  ["cost", "day"],
  ["requests", "hour"],
  ["total_tokens", "day"],
  ["cost", "month"],
];

/** A limit that none of the others is already, without a number: it is set once that is typed. */
function freeLimit(limits: readonly StrategyRateLimit[]): StrategyRateLimit | null {
  const all = [...FIRST_GUESSES, ...TYPES.flatMap((type) => WINDOWS.map((window) => [type, window] as const))];
  const free = all.find(
    ([type, window]) => !limits.some((one) => one.limit_type === type && one.time_window === window),
  );
  return free ? { limit_type: free[0], time_window: free[1], value: Number.NaN, mode: "soft" } : null;
}
