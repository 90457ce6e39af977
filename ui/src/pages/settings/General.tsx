import { useState } from "react";
import { sentence } from "../../api/errors";
import type { Config, LogLevel, OnClose, UpdateServerConfigParams } from "../../api/generated";
import { rpc } from "../../api/transport";
import { Switch } from "../../parts/controls/Toggle";
import { Notice } from "../../parts/display/Bits";
import { Fields, WholeField } from "../../parts/display/Layout";
import { Section } from "../../parts/display/Section";
import { Field, Select } from "../../parts/forms/Field";
import { SavedField } from "../../parts/forms/SavedField";
import { useRemembered } from "../../state/remembered";
import { lines, wholeNumber } from "./input";
import { Restart } from "./Restart";

interface GeneralProps {
  document: Config;
  save: <T>(work: Promise<T>) => Promise<T>;
}

const ON_CLOSE: Record<OnClose, string> = {
  ask: "ask what to do",
  keep_serving: "keep serving without the window",
  quit: "quit LocalRouter",
};
const LEVELS: Record<LogLevel, string> = {
  debug: "everything, for looking into a fault",
  info: "what happens",
  warning: "warnings and errors",
  error: "errors alone",
};

export function General({ document: { server, desktop, logging, metrics }, save }: GeneralProps) {
  const [needsRestart, setNeedsRestart] = useRemembered("settings:restart", false);
  const [problem, setProblem] = useState<string | null>(null);
  const update = async (params: UpdateServerConfigParams) => {
    const result = await save(rpc.updateServerConfig(params));
    if (result.needs_restart) setNeedsRestart(true);
  };
  /** For what has no field of its own to say what was refused. */
  const choose = (params: UpdateServerConfigParams) => {
    setProblem(null);
    update(params).catch((error: unknown) => setProblem(sentence(error)));
  };

  return (
    <>
      {problem && <Notice mood="bad">{problem}</Notice>}
      <Section
        title="Server"
        hint="Where programs reach the router. Another host than 127.0.0.1 opens it to other computers; keys are needed there too."
      >
        {needsRestart && <Restart server={server} onOver={() => setNeedsRestart(false)} />}
        <Fields>
          <SavedField
            label="Host"
            mono
            value={server.host}
            hint="Acts after a restart."
            save={(host) => update({ server: { host } })}
          />
          <SavedField
            label="Port"
            mono
            inputMode="decimal"
            value={String(server.port)}
            hint="Acts after a restart. Programs have to be told."
            save={(port) => update({ server: { port: wholeNumber(port, "The port") } })}
          />
          <SavedField
            label="Further host names"
            mono
            lines
            value={server.allowed_hosts.join("\n")}
            placeholder="router.home"
            hint="One a line. By 127.0.0.1 and localhost it is always reached; by other names only if they stand here."
            save={(text) => update({ server: { allowed_hosts: lines(text) } })}
          />
          <SavedField
            label="Web pages that may call it"
            mono
            lines
            value={server.cors_origins.join("\n")}
            placeholder="https://app.example.com"
            hint="One origin a line, or a pattern: http://localhost:* for any port, vscode-webview://* for any page of that program. Other pages are refused. Programs without pages need no entry."
            save={(text) => update({ server: { cors_origins: lines(text) } })}
          />
        </Fields>
      </Section>
      <Section title="Desktop window">
        <Fields>
          <Field label="When the window is closed">
            {(field) => (
              <Select
                {...field}
                value={desktop.on_close}
                onChange={(event) => choose({ desktop: { on_close: event.target.value as OnClose } })}
              >
                {options(ON_CLOSE)}
              </Select>
            )}
          </Field>
        </Fields>
      </Section>
      <Section title="Log" hint="In the folder logs of the home. Prompts, answers and keys are never in it.">
        <Fields>
          <Field label="What is written">
            {(field) => (
              <Select
                {...field}
                value={logging.level}
                onChange={(event) => choose({ logging: { level: event.target.value as LogLevel } })}
              >
                {options(LEVELS)}
              </Select>
            )}
          </Field>
          <SavedField
            label="Kept for, in days"
            inputMode="decimal"
            value={String(logging.retention_days)}
            save={(days) => update({ logging: { retention_days: wholeNumber(days, "The number of days") } })}
          />
          <WholeField>
            <Switch checked={logging.access_log} onChange={(access_log) => choose({ logging: { access_log } })}>
              A line for every HTTP request
            </Switch>
          </WholeField>
        </Fields>
      </Section>
      <Section
        title="Metrics"
        hint="Figures of every request: who, which model, tokens, cost, times. What is older or beyond the size is let go, the oldest first; limits keep what they need."
      >
        <Fields>
          <SavedField
            label="Kept for, in days"
            inputMode="decimal"
            value={String(metrics.retention_days)}
            save={(days) => update({ metrics: { retention_days: wholeNumber(days, "The number of days") } })}
          />
          <SavedField
            label="At most, in MB"
            inputMode="decimal"
            value={String(metrics.max_mb)}
            save={(size) => update({ metrics: { max_mb: wholeNumber(size, "The size") } })}
          />
        </Fields>
      </Section>
    </>
  );
}

function options(titles: Readonly<Record<string, string>>) {
  return Object.entries(titles).map(([value, title]) => (
    <option key={value} value={value}>
      {title}
    </option>
  ));
}
