import { useEffect, useMemo, useRef } from "react";
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
import { ModelLists } from "./ModelLists";

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
            <span className="sentence">
              programs ask for <CopyButton text={AUTO_MODEL} what="model's name" />
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
          <GoesOnAfter auto={auto} onChange={change} />
          <Patience auto={auto} findings={findings} onChange={change} />
          <p title="An answer that breaks off is then made by the next model, unseen. The client waits for the whole answer.">
            <Checkbox checked={auto.hold_streams} onChange={(hold_streams) => change({ ...auto, hold_streams })}>
              Holds streamed answers back until they are whole
            </Checkbox>
          </p>
        </>
      ) : (
        <p className="quiet">
          Programs name the model that they want. With auto-routing on they may ask for{" "}
          <span className="mono">{AUTO_MODEL}</span>, and the models of your list are tried in order.
        </p>
      )}
    </Section>
  );
}

interface PartProps {
  auto: AutoModelConfig;
  onChange: (value: AutoModelConfig, merge?: string) => void;
}

function GoesOnAfter({ auto, onChange }: PartProps) {
  const toggle = (kind: FailureKind, isOn: boolean) => {
    const chosen = new Set(auto.fallback_on);
    if (isOn) chosen.add(kind);
    else chosen.delete(kind);
    onChange({ ...auto, fallback_on: CHOICES.filter((each) => chosen.has(each)) });
  };
  return (
    <fieldset className="list">
      <legend className="label">Goes on to the next model after</legend>
      <div className="choices">
        {CHOICES.map((kind) => (
          <span key={kind} title={KIND_HINTS[kind]}>
            <Checkbox checked={auto.fallback_on.includes(kind)} onChange={(isOn) => toggle(kind, isOn)}>
              {KINDS[kind]}
            </Checkbox>
          </span>
        ))}
      </div>
    </fieldset>
  );
}

function Patience({ auto, findings, onChange }: PartProps & { findings: FindingsAt }) {
  const { retry, first_token_timeout: timeout } = auto;
  return (
    <>
      <p className="sentence">
        Tries the same model again
        <NumberInput
          label="Retries of the same model"
          value={retry.attempts}
          onChange={(attempts) => onChange({ ...auto, retry: { ...retry, attempts } }, "attempts")}
        />
        times, where that means waiting at most
        <NumberInput
          label="Longest wait before a retry, in seconds"
          value={retry.max_wait}
          onChange={(max_wait) => onChange({ ...auto, retry: { ...retry, max_wait } }, "max_wait")}
        />
        s. Leaves a silent model after
        <NumberInput
          label="Longest wait for the first token, in seconds"
          value={timeout}
          onChange={(first_token_timeout) => onChange({ ...auto, first_token_timeout }, "first_token_timeout")}
        />
        s.
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
