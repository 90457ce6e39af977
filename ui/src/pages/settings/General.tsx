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
import { DesktopNotices } from "./DesktopNotices";
import { lines, shares, wholeNumber } from "./input";
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
  debug: "everything, for debugging",
  info: "events, warnings and errors",
  warning: "warnings and errors",
  error: "errors only",
};

export function General({ document: { server, notices, desktop, logging, metrics }, save }: GeneralProps) {
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
        hint="Where programs reach the router. Any host other than 127.0.0.1 makes it reachable from other computers; they need a key too."
      >
        {needsRestart && <Restart server={server} onOver={() => setNeedsRestart(false)} />}
        <Fields>
          <SavedField
            label="Host"
            mono
            value={server.host}
            hint="Takes effect after a restart."
            save={(host) => update({ server: { host } })}
          />
          <SavedField
            label="Port"
            mono
            inputMode="decimal"
            value={String(server.port)}
            hint="Takes effect after a restart. Update the address in your programs."
            save={(port) => update({ server: { port: wholeNumber(port, "The port") } })}
          />
          <SavedField
            label="Additional host names"
            mono
            lines
            value={server.allowed_hosts.join("\n")}
            placeholder="router.home"
            hint="One per line. 127.0.0.1 and localhost always work; other names work only if they are listed here."
            save={(text) => update({ server: { allowed_hosts: lines(text) } })}
          />
          <SavedField
            label="Websites that may call it"
            mono
            lines
            value={server.cors_origins.join("\n")}
            placeholder="https://app.example.com"
            hint="One origin per line, or a pattern: http://localhost:* for any port, vscode-webview://* for any page of that program. Other websites are refused. Programs that are not websites need no entry."
            save={(text) => update({ server: { cors_origins: lines(text) } })}
          />
        </Fields>
      </Section>
      <Section
        title="Notices"
        hint="LocalRouter tells you when a limit fills up and when a provider needs attention, on every page and, if you allow it, on the desktop."
      >
        <Fields>
          <SavedField
            label="Tell me when a limit reaches (%)"
            value={notices.at.map((share) => Math.round(share * 1e6) / 1e4).join(", ")}
            placeholder="80, 100"
            hint="One or more percentages. Leave empty for no notices about limits."
            save={(text) => update({ notices: { at: shares(text) } })}
          />
          <DesktopNotices />
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
      <Section title="Log" hint="In the logs folder of the home. It never contains prompts, answers or keys.">
        <Fields>
          <Field label="Level">
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
            label="Keep for (days)"
            inputMode="decimal"
            value={String(logging.retention_days)}
            save={(days) => update({ logging: { retention_days: wholeNumber(days, "The number of days") } })}
          />
          <WholeField>
            <Switch checked={logging.access_log} onChange={(access_log) => choose({ logging: { access_log } })}>
              Log every HTTP request
            </Switch>
          </WholeField>
        </Fields>
      </Section>
      <Section
        title="Metrics"
        hint="A record of every request: client, model, tokens, cost and times. Records that are too old or exceed the size are deleted, oldest first. Limits keep what they need."
      >
        <Fields>
          <SavedField
            label="Keep for (days)"
            inputMode="decimal"
            value={String(metrics.retention_days)}
            save={(days) => update({ metrics: { retention_days: wholeNumber(days, "The number of days") } })}
          />
          <SavedField
            label="Largest size (MB)"
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
