/** A group of a strategy in words, for who must choose between two of them, and what strict limits mean. Pure. */

import type { StrategyRateLimit } from "../../api/generated";
import { listed, plural } from "../../parts/words/format";
import { isStrict, KINDS, limitWords } from "../../parts/words/words";
import type { GroupName, Groups } from "./draft";
import { allowsNothing, type Pair } from "./selection";

const MOST = 8;
/** What the router asks of an answer under strict limits, where the request itself asks for nothing. */
const CAP_BY_DEFAULT = "4,096";

export function words(group: GroupName, value: Groups[GroupName]): string[] {
  switch (group) {
    case "allowed_models":
      return allowed(value as Groups["allowed_models"]);
    case "auto_config":
      return auto(value as Groups["auto_config"]);
    case "rate_limits":
      return orNone((value as Groups["rate_limits"]).map((limit) => `${limitWords(limit)}, ${limit.mode}`));
    case "aliases":
      return orNone((value as Groups["aliases"]).map(([name, target]) => `${name} → ${target}`));
  }
}

/** What strict means for who uses the strategy; null where no limit is strict. */
export function strictWords(limits: readonly Pick<StrategyRateLimit, "limit_type" | "mode">[]): string | null {
  const types = limits.filter(isStrict).map(({ limit_type }) => limit_type);
  if (types.length === 0) return null;
  const capped = types.some((type) => type !== "input_tokens")
    ? `Answers are capped to what is left; a request without max_tokens holds up to ${CAP_BY_DEFAULT} tokens.`
    : `Answers are capped, by default to ${CAP_BY_DEFAULT} tokens.`;
  const unknown = types.includes("cost") ? "size (images, audio) or price" : "size (images, audio)";
  return `Strict: never passed, as long as the provider keeps to the cap it is sent. ${capped} Requests of unknown ${unknown} are refused.`;
}

function allowed(selection: Groups["allowed_models"]): string[] {
  if (selection.selected_all) return ["Every model"];
  if (allowsNothing(selection)) return ["No model"];
  const { selected_providers: providers, selected_models: models } = selection;
  return [
    ...(providers.length ? [`All of ${listed(providers, MOST)}`] : []),
    ...(models.length ? [`${plural(models.length, "model")}: ${listed(models.map(name), MOST)}`] : []),
  ];
}

function auto(config: Groups["auto_config"]): string[] {
  if (!config?.enabled) return ["Auto-routing off"];
  const kinds = config.fallback_on.map((kind) => KINDS[kind]);
  return [
    ...config.prioritized_models.map((pair, index) => `${index + 1}. ${name(pair)}`),
    `Goes on after: ${listed(kinds, 20) || "nothing"}`,
    `${plural(config.retry.attempts, "retry", "retries")}, first token within ${config.first_token_timeout} s`,
    ...(config.hold_streams ? ["Holds streams back until they are whole"] : []),
  ];
}

function orNone(lines: string[]): string[] {
  return lines.length ? lines : ["None"];
}

function name([provider, model]: Pair): string {
  return `${provider}/${model}`;
}
