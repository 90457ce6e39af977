/** What Home says of spending and of limits: the tightest budget, what was saved, when a limit is full. Pure. */

import type {
  CoolingView,
  LimitHistoryView,
  LimitUsage,
  ModelView,
  SpendView,
  StrategyView,
} from "../../api/generated";
import { clock, count, duration, lasting, moment, money } from "../../parts/words/format";
import { fullness, KINDS, limitWords } from "../../parts/words/words";

type Strategy = Pick<StrategyView, "id" | "name" | "usage" | "auto_config">;

export interface Budget {
  strategy: string;
  usage: LimitUsage;
}

/** The limit of cost that is fullest; null where there is none. */
export function tightestBudget(strategies: readonly Pick<StrategyView, "name" | "usage">[]): Budget | null {
  const budgets = strategies.flatMap(({ name, usage }) =>
    usage.filter(({ limit_type }) => limit_type === "cost").map((one) => ({ strategy: name, usage: one })),
  );
  if (budgets.length === 0) return null;
  return budgets.reduce((one, other) => (fullness(other.usage) > fullness(one.usage) ? other : one));
}

/** "of $2.00 per day, aider's strategy": what follows the amount. */
export function budgetWords({ strategy, usage }: Budget): string {
  return `of ${limitWords(usage)}, ${strategy}`;
}

/** "412 paid, 1,204 free; free models saved about $3.10". */
export function paidAndFreeWords({ total, savings }: Pick<SpendView, "total" | "savings">): string {
  const parts = [`${count(total.paid_requests)} paid`, `${count(total.free_requests)} free`];
  if (total.unpriced_requests > 0) parts.push(`${count(total.unpriced_requests)} without a known price`);
  const saved = savings.free_usd > 0 ? `; free models saved about ${money(savings.free_usd)}` : "";
  return parts.join(", ") + saved;
}

/** So many of a limit's newest values tell how fast it fills. */
const RECENT = 13;
const HORIZON = 86_400;
/** What is left above this share has no room for most requests: the limit is as good as full. */
const NEARLY = 0.97;

/** When a limit is full if it goes on as it did of late, in Unix seconds; null where it does not fill, or is full. */
export function fullAt({ values, value, width, since }: LimitHistoryView): number | null {
  const recent = values.slice(-RECENT);
  const first = recent[0];
  const last = recent.at(-1);
  if (first === undefined || last === undefined || last >= NEARLY * value || last <= first) return null;
  const perSecond = (last - first) / ((recent.length - 1) * width);
  const left = (value - last) / perSecond;
  return left > HORIZON ? null : since + values.length * width + left;
}

/** "full in about 20 s at this rate", "full at this rate about 16:40"; "" where nobody can tell. */
export function fullWords(at: number | null, now: number): string {
  if (at === null) return "";
  const left = at - now;
  if (left < 600) return `full in about ${duration(Math.max(1, left) * 1_000)} at this rate`;
  return `full at this rate about ${moment(at)}`;
}

/** The first model of a strategy's list that costs nothing, "llama3.2 (free)": what answers once a budget is full. */
export function freeAfter(
  { auto_config }: Pick<Strategy, "auto_config">,
  models: readonly Pick<ModelView, "provider" | "name" | "input_per_million" | "output_per_million">[],
): string | null {
  if (!auto_config?.enabled) return null;
  const free = new Set(
    models
      .filter(({ input_per_million, output_per_million }) => input_per_million === 0 && output_per_million === 0)
      .map(({ provider, name }) => `${provider}/${name}`),
  );
  const found = auto_config.prioritized_models.find(([provider, model]) => free.has(`${provider}/${model}`));
  return found ? `${found[1]} (free)` : null;
}

/** "gpt-4o-mini cools for 14 s (rate limit)"; further ones are counted. */
export function coolingWords(cooling: readonly CoolingView[], now: number): string | null {
  const first = cooling[0];
  if (!first) return null;
  const left = new Date(first.until).getTime() / 1_000 - now;
  const name = first.model ?? first.provider;
  const time =
    left < 0
      ? ""
      : left < 3_600
        ? ` for ${lasting(Math.max(1, Math.ceil(left)) * 1_000)}`
        : ` until ${clock(first.until)}`;
  const more = cooling.length > 1 ? ` and ${cooling.length - 1} more` : "";
  return `${name} cools${time} (${KINDS[first.kind]})${more}`;
}
