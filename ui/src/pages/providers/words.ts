/** How a provider does, in words, and who would miss it. Pure. */

import type { PresetView, ProviderView, StrategyView } from "../../api/generated";
import { moment } from "../../parts/words/format";
import { KINDS } from "../../parts/words/words";

export type Mood = "plain" | "ok" | "warn" | "bad";

export interface Told {
  mood: Mood;
  words: string;
}

export function statusOf(
  { name, status, cooling }: Pick<ProviderView, "name" | "status" | "cooling">,
  now?: Date,
): Told {
  switch (status.state) {
    case "ready": {
      const models = new Set(cooling.flatMap(({ model }) => (model === null ? [] : [model])));
      if (models.size === 0) return { mood: "ok", words: "answers" };
      return {
        mood: "ok",
        words: `answers, ${models.size === 1 ? "1 model is" : `${models.size} models are`} cooling`,
      };
    }
    case "disabled":
      return { mood: "plain", words: "disabled" };
    case "no_key":
      return { mood: "bad", words: "no key" };
    case "key_out_of_reach":
      return { mood: "bad", words: "key out of reach" };
    case "key_elsewhere":
      return { mood: "bad", words: "key set for another address" };
    case "cooling": {
      const whole = cooling.find((entry) => entry.model === null);
      const why = whole ? whyCooling(whole.kind) : "";
      return {
        mood: whole?.kind === "auth" ? "bad" : "warn",
        words: `${why}cooling until ${moment(status.until, now)}`,
      };
    }
    case "failing":
      return { mood: "bad", words: withoutSubject(status.message, name) };
    case "unknown":
      return { mood: "plain", words: "not checked yet" };
  }
}

/** "openai could not be reached" says the name a second time beside the name. */
function withoutSubject(message: string, name: string): string {
  return message.startsWith(`${name} `) ? message.slice(name.length + 1) : message;
}

export function coolingWords({ provider, model }: { provider: string; model: string | null }): string {
  return model === null ? `all of ${provider}` : `${provider}/${model}`;
}

function whyCooling(kind: ProviderView["cooling"][number]["kind"]): string {
  return kind === "auth" ? "key refused, " : `${KINDS[kind]}, `;
}

export function keyWords({
  key_source,
  has_key,
  secret,
}: Pick<ProviderView, "key_source" | "has_key" | "secret">): string {
  const variable = secret?.replace(/^env:/, "") ?? "";
  switch (key_source) {
    case "none":
      return "none";
    case "stored":
      return has_key ? "stored" : "missing from the store";
    case "environment":
      return has_key ? `from ${variable}` : `${variable} is not set`;
  }
}

/** The strategies that name a provider, so that something of them is skipped without it. */
export function strategiesNaming(provider: string, strategies: readonly StrategyView[]): StrategyView[] {
  const is = (name: string) => name.toLowerCase() === provider.toLowerCase();
  return strategies.filter(
    ({ allowed_models: allowed, auto_config: auto, aliases }) =>
      allowed.selected_providers.some(is) ||
      allowed.selected_models.some(([name]) => is(name)) ||
      (auto?.prioritized_models.some(([name]) => is(name)) ?? false) ||
      aliases.some(([, target]) => target.includes("/") && is(target.slice(0, target.indexOf("/")))),
  );
}

/** `Name: value` lines, as headers are typed. A line without a colon is a name without a value. */
export function headersOf(text: string): Record<string, string> {
  const entries = linesOf(text).map((line): [string, string] => {
    const colon = line.indexOf(":");
    return colon < 0 ? [line, ""] : [line.slice(0, colon).trim(), line.slice(colon + 1).trim()];
  });
  return Object.fromEntries(entries);
}

export function headerLines(headers: Readonly<Record<string, string>>): string {
  return Object.entries(headers)
    .map(([name, value]) => `${name}: ${value}`)
    .join("\n");
}

/** Names of fields, typed one a line or with commas between them, each once. */
export function fieldsOf(text: string): string[] {
  return [...new Set(text.split(/[\s,]+/).filter(Boolean))];
}

/** What is left out of requests without anybody's doing here. */
export function leftOutAnyway(
  preset: Pick<PresetView, "title" | "request_fields"> | undefined,
  learnt: ProviderView["left_out"],
): string {
  const known = preset?.request_fields.drop ?? [];
  const refused = fieldsOf(learnt.flatMap(({ fields }) => fields).join(" "));
  return [
    known.length > 0 && `${preset?.title} is sent no ${known.join(", ")} anyway.`,
    refused.length > 0 && `Learned from refusals, until the next change: ${refused.join(", ")}.`,
  ]
    .filter(Boolean)
    .join(" ");
}

export function linesOf(text: string): string[] {
  return text
    .split("\n")
    .map((line) => line.trim())
    .filter(Boolean);
}
