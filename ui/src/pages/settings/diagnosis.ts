/** How the router does, as text that can be pasted into a report. It holds no key and no prompt. Pure. */

import type { FindingView, ServerStatusView } from "../../api/generated";
import { clock, moment, plural } from "../../parts/words/format";
import { amount, KINDS, limitWords } from "../../parts/words/words";

export function diagnosis(status: ServerStatusView, findings: readonly FindingView[], browser: string): string {
  const blocks = [
    [
      `LocalRouter ${status.version}, ${status.url ?? "not serving"}`,
      `process ${status.pid ?? "unknown"}, running since ${moment(status.started_at)}`,
      `revision ${status.revision}: ${plural(status.clients, "client")}, ${plural(status.strategies, "strategy", "strategies")}, ${plural(status.providers.length, "provider")}`,
      `pages seen with ${browser}`,
    ],
    block("Problems", [...status.problems, ...(status.usage_loss === null ? [] : [status.usage_loss])]),
    block(
      "Providers",
      status.providers.map(({ name, title, status: { state, message, advice } }) =>
        [`${name} (${title}): ${state}. ${message}`, advice].filter(Boolean).join(" "),
      ),
    ),
    block(
      "Cooling",
      status.cooling.map(
        ({ provider, model, kind, message, until }) =>
          `${model === null ? provider : `${provider}/${model}`} until ${clock(until)}: ${KINDS[kind]}. ${message}`,
      ),
    ),
    block(
      "Limits that are full or nearly full",
      status.near_limits.map(
        ({ strategy, limit }) =>
          `${strategy.name}: ${amount(limit.limit_type, limit.used + limit.reserved)} of ${limitWords(limit)}, ${limit.mode}`,
      ),
    ),
    block(
      "Findings about the configuration",
      findings.map(({ path, message, severity }) => `${severity}: ${path ? `${path}: ` : ""}${message}`),
    ),
    block("Repaired at startup", status.reports),
  ];
  return blocks.map((lines) => lines.join("\n")).join("\n\n");
}

function block(title: string, lines: readonly string[]): string[] {
  return [title, ...(lines.length ? lines : ["none"]).map((line) => `  ${line}`)];
}

/** "Chromium 140" out of what a browser says of itself. */
export function browserName(agent: string): string {
  const found = /(Firefox|Edg|Chrome|Version)\/(\d+)/.exec(agent);
  if (!found) return agent;
  const names: Record<string, string> = { Edg: "Edge", Version: "Safari or WebKit", Chrome: "Chrome or Chromium" };
  return `${names[found[1] ?? ""] ?? found[1]} ${found[2]}`;
}
