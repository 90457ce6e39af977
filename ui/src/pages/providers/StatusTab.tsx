import { useState } from "react";
import type { CoolingView, LeftOutView, ProviderView } from "../../api/generated";
import { rpc } from "../../api/transport";
import { Button } from "../../parts/controls/Button";
import { CopyButton } from "../../parts/controls/Copy";
import { Entries, Entry, Row } from "../../parts/display/Layout";
import { Facts, Section } from "../../parts/display/Section";
import { Remark } from "../../parts/forms/Field";
import { sentences } from "../../parts/forms/problems";
import { ago, count, moment, money } from "../../parts/words/format";
import { KINDS } from "../../parts/words/words";
import { announce } from "../../state/announcer";
import { useToday } from "../../state/usage";
import { useKeyInEnvironment } from "./actions";
import { AskIfFree } from "./Free";
import { Status } from "./Status";
import { Test } from "./Test";
import { coolingWords } from "./words";

interface StatusTabProps {
  provider: ProviderView;
  onSetKey: () => void;
  onDeleteKey: () => void;
}

/** How the provider does, and what can be done about it. */
export function StatusTab({ provider, onSetKey, onDeleteKey }: StatusTabProps) {
  const today = useToday("llm_provider");
  const totals = today?.get(provider.name);
  return (
    <>
      <AskIfFree provider={provider} />
      <Section title="Status">
        <Facts
          rows={[
            ["Now", <Now key="now" provider={provider} />],
            ["Address", <CopyButton key="address" text={provider.address} what="address" />],
            ["Models", models(provider)],
            [
              "Today",
              today &&
                (totals
                  ? `${count(totals.requests)} attempts, ${money(totals.cost_usd)}`
                  : "no attempts since midnight"),
            ],
          ]}
        />
        {provider.findings.map(({ path, message, severity }) => (
          <Remark key={`${path}${message}`} severity={severity}>
            {message}
          </Remark>
        ))}
        <Test provider={provider} />
      </Section>
      <Key provider={provider} onSetKey={onSetKey} onDeleteKey={onDeleteKey} />
      <Cooling entries={provider.cooling} />
      <LeftOut models={provider.left_out} />
    </>
  );
}

function Now({ provider }: { provider: ProviderView }) {
  const { state, message, advice } = provider.status;
  const saysMore = state === "cooling" || state === "no_key" || state.startsWith("key_");
  return (
    <div role="status">
      <Status provider={provider} />
      {saysMore && <Remark>{message}</Remark>}
      {advice && <Remark>{advice}</Remark>}
    </div>
  );
}

function Key({ provider, onSetKey, onDeleteKey }: StatusTabProps) {
  const preset = useKeyInEnvironment(provider);
  const [problem, setProblem] = useState<string | null>(null);
  const takeVariable = async () => {
    setProblem(null);
    try {
      await rpc.updateProvider({ name: provider.name, secret: `env:${preset?.key_variable}` });
      announce(`${provider.name} uses ${preset?.key_variable}`);
    } catch (error) {
      setProblem(sentences(error));
    }
  };
  return (
    <Section title="Key" hint={keySentence(provider)}>
      <Row>
        <Button look={wantsKey(provider) ? "primary" : "normal"} onClick={onSetKey}>
          {provider.status.state === "key_elsewhere"
            ? "Set the key again"
            : provider.has_key
              ? "Replace key"
              : "Set key"}
        </Button>
        {preset && <Button onClick={() => void takeVariable()}>Use {preset.key_variable}</Button>}
        {provider.key_source !== "none" && (
          <Button look="danger" onClick={onDeleteKey}>
            {provider.key_source === "stored" ? "Delete key" : "Stop using the key"}
          </Button>
        )}
      </Row>
      {problem && <Remark severity="error">{problem}</Remark>}
    </Section>
  );
}

function Cooling({ entries }: { entries: readonly CoolingView[] }) {
  const [problem, setProblem] = useState<string | null>(null);
  if (entries.length === 0) return null;
  const tryAgain = async ({ provider, model }: CoolingView) => {
    setProblem(null);
    try {
      await rpc.clearCooling({ provider, model });
      announce(`The next request tries ${coolingWords({ provider, model })} again`);
    } catch (error) {
      setProblem(sentences(error));
    }
  };
  return (
    <Section title="Cooling" hint="Paused for a while after a failure. Meanwhile, requests go to the next model.">
      <Entries>
        {entries.map((entry) => (
          <Entry
            key={`${entry.model ?? ""} ${entry.endpoint ?? ""}`}
            what={
              <>
                <span className="mono">{entry.model ?? `all of ${entry.provider}`}</span>{" "}
                {entry.endpoint !== null && entry.endpoint !== "chat/completions" && <span>for {entry.endpoint} </span>}
                <span className="quiet">
                  {KINDS[entry.kind]}: {entry.message}
                </span>
              </>
            }
          >
            <span>until {moment(entry.until)}</span>
            <Button onClick={() => void tryAgain(entry)} aria-label={`Try again now: ${coolingWords(entry)}`}>
              Try again now
            </Button>
          </Entry>
        ))}
      </Entries>
      {problem && <Remark severity="error">{problem}</Remark>}
    </Section>
  );
}

/** What was learnt from refusals, and is forgotten with the next change of the provider. */
function LeftOut({ models }: { models: readonly LeftOutView[] }) {
  if (models.length === 0) return null;
  return (
    <Section
      title="Fields to leave out"
      hint="These models refused these request fields, so they are sent without them until you edit the provider or LocalRouter restarts."
    >
      <Facts rows={models.map(({ model, fields }) => [model, fields.join(", ")])} />
    </Section>
  );
}

function wantsKey({ status }: ProviderView): boolean {
  return status.state === "no_key" || status.state === "key_elsewhere";
}

function models(provider: ProviderView): string {
  if (provider.models.length > 0) return `${count(provider.listed_models)}, declared in its settings`;
  const age = provider.list_age_seconds;
  return age === null ? "unknown, no list read yet" : `${count(provider.listed_models)}, list read ${ago(age)}`;
}

function keySentence({ key_source, has_key, secret }: ProviderView): string {
  const variable = secret?.replace(/^env:/, "");
  switch (key_source) {
    case "none":
      return "It has no key. A key that you set is stored and never shown again.";
    case "stored":
      return has_key ? "Stored. It is never shown again, not even here." : "Its key is no longer in the store.";
    case "environment":
      return has_key
        ? `Read from ${variable} in the router's environment.`
        : `${variable} is not set where the router runs.`;
  }
}
