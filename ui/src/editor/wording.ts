/** A group of a strategy in words, for who must choose between two of them. Pure. */

import { listed, plural } from "../parts/format";
import { KINDS, limitWords } from "../parts/words";
import type { GroupName, Groups } from "./draft";
import { allowsNothing, type Pair } from "./selection";

const MOST = 8;

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
  ];
}

function orNone(lines: string[]): string[] {
  return lines.length ? lines : ["None"];
}

function name([provider, model]: Pair): string {
  return `${provider}/${model}`;
}
