/** The words for the router's own terms: the same word for the same thing on every page. */

import type {
  FailureKind,
  LimitMode,
  LimitType,
  LimitUsage,
  RateLimitTimeWindow,
  StrategyRateLimit,
} from "../../api/generated";
import { count, money } from "./format";

export const LIMIT_TYPES: Record<LimitType, string> = {
  requests: "requests",
  input_tokens: "input tokens",
  output_tokens: "output tokens",
  total_tokens: "tokens",
  cost: "cost",
};

export const LIMIT_WINDOWS: Record<RateLimitTimeWindow, string> = {
  minute: "per minute",
  hour: "per hour",
  day: "per day",
  month: "per month",
};

export const WINDOW_SECONDS: Record<RateLimitTimeWindow, number> = {
  minute: 60,
  hour: 3_600,
  day: 86_400,
  month: 30 * 86_400,
};

export const LIMIT_MODES: Record<LimitMode, string> = { soft: "soft", strict: "strict" };

export const KINDS: Record<FailureKind, string> = {
  rate_limited: "rate limit",
  quota_exhausted: "out of quota",
  overloaded: "overloaded",
  policy_violation: "content policy",
  context_length_exceeded: "prompt too long",
  unreachable: "unreachable",
  unsupported: "not supported",
  auth: "provider key refused",
  not_found: "model not found",
  server_error: "server error",
  invalid_request: "invalid request",
  cancelled: "cancelled",
};

/** What happened, as the end of "openai/gpt-4o …". */
export const HAPPENED: Record<FailureKind, string> = {
  rate_limited: "was rate limited",
  quota_exhausted: "is out of quota",
  overloaded: "was overloaded",
  policy_violation: "refused by policy",
  context_length_exceeded: "found the prompt too long",
  unreachable: "could not be reached",
  unsupported: "does not take what the request asks for",
  auth: "did not accept the provider's key",
  not_found: "is not known to its provider",
  server_error: "answered with a server error",
  invalid_request: "found the request invalid",
  cancelled: "was cancelled",
};

/** When it happens. */
export const KIND_HINTS: Partial<Record<FailureKind, string>> = {
  rate_limited: "The provider says there are too many requests right now.",
  quota_exhausted: "The provider account has no credit or quota left.",
  overloaded: "The provider is too busy to answer.",
  policy_violation: "The provider's content policy refused the prompt.",
  context_length_exceeded: "The prompt does not fit the model's context window.",
  unreachable: "There was no connection, or no answer in time.",
  unsupported: "The model cannot do what the request asks for, such as tools or images.",
  auth: "The provider did not accept its API key.",
  not_found: "The provider does not know the model.",
  server_error: "The provider failed while it was answering.",
  invalid_request: "The request itself is wrong, so other models would usually refuse it too.",
};

/** An amount of a limit in its own unit: $1.62, 90, 12.3k. */
export function amount(type: LimitType, value: number): string {
  return type === "cost" ? money(value) : count(value);
}

/** Whether a limit reckons with upper bounds. Requests are counted one by one, so for them the mode changes nothing. */
export function isStrict({ limit_type, mode }: Pick<StrategyRateLimit, "limit_type" | "mode">): boolean {
  return mode === "strict" && limit_type !== "requests";
}

/** "$2.00 per day", "1,000 requests per hour". */
export function limitWords(limit: Pick<StrategyRateLimit, "limit_type" | "value" | "time_window">): string {
  const noun = LIMIT_TYPES[limit.limit_type];
  const unit = limit.limit_type === "cost" ? "" : ` ${limit.value === 1 ? noun.replace(/s$/, "") : noun}`;
  return `${amount(limit.limit_type, limit.value)}${unit} ${LIMIT_WINDOWS[limit.time_window]}`;
}

/** How full a limit is, from 0 up; over 1 where it was overdrawn. */
export function fullness(usage: Pick<LimitUsage, "used" | "reserved" | "value">): number {
  return usage.value > 0 ? (usage.used + usage.reserved) / usage.value : 0;
}
