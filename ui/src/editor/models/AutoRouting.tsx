import { useEffect, useId, useMemo, useRef } from "react";
import type { AutoModelConfig, FailureKind, ModelView } from "../../api/generated";
import { CopyButton } from "../../parts/controls/Copy";
import { Checkbox, Switch } from "../../parts/controls/Toggle";
import { Input } from "../../parts/forms/Field";
import { KIND_HINTS, KINDS } from "../../parts/words/words";
import type { FindingsAt } from "../draft/findings";
import { Conflict, Remarks, Section } from "../draft/Section";
import type { Pair } from "../draft/selection";
import type { Editing } from "../draft/useStrategyDraft";
import { availableModels, keyOf } from "./lists";
import listStyles from "./lists.module.css";
import { ModelLists } from "./ModelLists";
import styles from "./models.module.css";

const AUTO_MODEL = "localrouter/auto";

/** What can lead to the next model, in the order in which people meet it. */
const CHOICES: readonly FailureKind[] = [
  "rate_limited",
  "quota_exhausted",
  "overloaded",
  "unreachable",
  "context_length_exceeded",
  "policy_violation",
  "server_error",
  "unsupported",
  "auth",
  "not_found",
  "invalid_request",
];

/** Auto-routing as it is before anybody set it. */
const FRESH: AutoModelConfig = {
  enabled: false,
  prioritized_models: [],
  available_models: [],
  fallback_on: CHOICES.filter((kind) => kind !== "invalid_request"),
  retry: { attempts: 1, max_wait: 2 },
  first_token_timeout: 12,
  hold_streams: false,
};

interface AutoRoutingProps {
  editing: Editing;
  findings: FindingsAt;
  /** Every listed model that the strategy allows, in the order of the lists. */
  allowed: readonly Pair[];
  facts: ReadonlyMap<string, ModelView>;
}

/** What `localrouter/auto` does: which models it tries, in which order, and when it goes on to the next. */
export function AutoRouting({ editing, findings, allowed, facts }: AutoRoutingProps) {
  const { draft, dispatch } = editing;
  const auto = draft.current.auto_config ?? FRESH;
  const available = useMemo(() => availableModels(auto, allowed), [auto, allowed]);
  const allowedKeys = useMemo(() => new Set(allowed.map(keyOf)), [allowed]);
  const change = (value: AutoModelConfig, merge?: string) =>
    dispatch({ type: "edited", group: "auto_config", value, ...(merge && { merge }) });

  return (
    <Section
      title="Auto-routing"
      notes={findings("")}
      beside={
        <>
          <Switch checked={auto.enabled} onChange={(enabled) => change({ ...auto, enabled })}>
            {auto.enabled ? "on" : "off"}
          </Switch>
          {auto.enabled && (
            <span className={styles.sentence}>
              programs ask for the model <CopyButton text={AUTO_MODEL} what="model's name" />
            </span>
          )}
        </>
      }
    >
      <Conflict editing={editing} group="auto_config" />
      {auto.enabled ? (
        <>
          <Remarks notes={findings(".prioritized_models")} />
          <ModelLists
            auto={auto}
            available={available}
            allowedKeys={allowedKeys}
            facts={facts}
            findings={findings}
            onChange={change}
          />
          <MovesOnAfter auto={auto} onChange={change} />
          <Patience auto={auto} findings={findings} onChange={change} />
          <HoldStreams auto={auto} onChange={change} />
        </>
      ) : (
        <p className="quiet">
          Programs choose a model by name. With auto-routing on, they can also ask for{" "}
          <span className="mono">{AUTO_MODEL}</span>, and LocalRouter tries the models of your list in order.
        </p>
      )}
    </Section>
  );
}

interface PartProps {
  auto: AutoModelConfig;
  onChange: (value: AutoModelConfig, merge?: string) => void;
}

/** What providers answer in each case, for those who want to know it exactly. */
const ANSWERS: Partial<Record<FailureKind, string>> = {
  rate_limited: "Status 429. The model then rests for as long as the provider says.",
  quota_exhausted: "Status 402, or 429 with a code such as insufficient_quota.",
  overloaded: "Status 503 or 529.",
  unreachable: "Connection refused, an unknown host, a TLS error, or a timeout.",
  context_length_exceeded:
    "Status 400 or 413 with a code such as context_length_exceeded. A model with a larger window can answer.",
  policy_violation:
    "Status 400 or 403 with a code such as content_filter. Another provider may judge the prompt differently.",
  server_error: "Status 500, 502 or 504, or an answer that cannot be read.",
  unsupported: "Status 400, 404 or 422 that names a field, a tool or a kind of content.",
  auth: "Status 401 or 403. The provider needs a new key, but other providers can still answer.",
  not_found: "Status 404 for the model: it was renamed, retired, or is not installed.",
  invalid_request: "Any other status 400 or 422. Off by default, since the next model usually gives the same answer.",
};

function MovesOnAfter({ auto, onChange }: PartProps) {
  const id = useId();
  const toggle = (kind: FailureKind, isOn: boolean) => {
    const chosen = new Set(auto.fallback_on);
    if (isOn) chosen.add(kind);
    else chosen.delete(kind);
    onChange({ ...auto, fallback_on: CHOICES.filter((each) => chosen.has(each)) });
  };
  return (
    <fieldset className={listStyles.list}>
      <legend className={styles.label}>Move on to the next model when one fails with</legend>
      <div className={styles.choices}>
        {CHOICES.map((kind) => (
          <div key={kind}>
            <Checkbox
              checked={auto.fallback_on.includes(kind)}
              aria-describedby={`${id}-${kind}`}
              onChange={(isOn) => toggle(kind, isOn)}
            >
              {KINDS[kind]}
            </Checkbox>
            <p id={`${id}-${kind}`} className={styles.meaning}>
              {KIND_HINTS[kind]}
            </p>
          </div>
        ))}
      </div>
      <details className={styles.details}>
        <summary>How LocalRouter tells them apart</summary>
        <dl>
          {CHOICES.map((kind) => (
            <div key={kind}>
              <dt>{KINDS[kind]}</dt>
              <dd>{ANSWERS[kind]}</dd>
            </div>
          ))}
        </dl>
      </details>
    </fieldset>
  );
}

function HoldStreams({ auto, onChange }: PartProps) {
  const id = useId();
  return (
    <div>
      <Checkbox
        checked={auto.hold_streams}
        aria-describedby={id}
        onChange={(hold_streams) => onChange({ ...auto, hold_streams })}
      >
        Hold back streamed answers until they are complete
      </Checkbox>
      <p id={id} className={styles.meaning}>
        If an answer breaks off, the next model answers instead and the client never notices. In return, the client
        waits for the whole answer.
      </p>
    </div>
  );
}

function Patience({ auto, findings, onChange }: PartProps & { findings: FindingsAt }) {
  const { retry, first_token_timeout: timeout } = auto;
  const retries = (
    <NumberInput
      label="Retries of the same model"
      value={retry.attempts}
      onChange={(attempts) => onChange({ ...auto, retry: { ...retry, attempts } }, "attempts")}
    />
  );
  return (
    <>
      <p className={styles.sentence}>
        Before moving on, retry the same model up to {retries} {retry.attempts === 1 ? "time" : "times"}.
      </p>
      <p className={styles.sentence}>
        Skip the retry if the provider asks to wait longer than
        <NumberInput
          label="Longest wait before a retry, in seconds"
          value={retry.max_wait}
          onChange={(max_wait) => onChange({ ...auto, retry: { ...retry, max_wait } }, "max_wait")}
        />
        {retry.max_wait === 1 ? "second" : "seconds"}.
      </p>
      <p className={styles.sentence}>
        Give up on a model that sends nothing for
        <NumberInput
          label="Longest wait for the first token, in seconds"
          value={timeout}
          onChange={(first_token_timeout) => onChange({ ...auto, first_token_timeout }, "first_token_timeout")}
        />
        {timeout === 1 ? "second" : "seconds"}.
      </p>
      <Remarks
        notes={[".retry.attempts", ".retry.max_wait", ".first_token_timeout", ".fallback_on"].flatMap((place) =>
          findings(place),
        )}
      />
    </>
  );
}

interface NumberInputProps {
  label: string;
  value: number;
  onChange: (value: number) => void;
}

/** Keeps the last number while the field is empty. */
function NumberInput({ label, value, onChange }: NumberInputProps) {
  const input = useRef<HTMLInputElement>(null);
  useEffect(() => {
    if (input.current) input.current.value = String(value);
  }, [value]);
  const commit = (field: HTMLInputElement) => {
    const given = Number(field.value);
    if (field.value.trim() === "" || !Number.isFinite(given)) field.value = String(value);
    else if (given !== value) onChange(given);
  };
  return (
    <Input
      small
      ref={input}
      aria-label={label}
      inputMode="decimal"
      defaultValue={value}
      onBlur={(event) => commit(event.currentTarget)}
      onKeyDown={(event) => event.key === "Enter" && commit(event.currentTarget)}
    />
  );
}
