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
  quota_exhausted: "quota",
  overloaded: "overload",
  policy_violation: "policy",
  context_length_exceeded: "context",
  unreachable: "unreachable",
  unsupported: "unsupported",
  auth: "provider key",
  not_found: "not found",
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

export const KIND_HINTS: Partial<Record<FailureKind, string>> = {
  rate_limited: "The provider says: too many requests",
  quota_exhausted: "The account is out of credit or quota",
  overloaded: "The provider is too busy",
  policy_violation: "The provider's content policy refused the prompt",
  context_length_exceeded: "The prompt is longer than the model's context window",
  unreachable: "No connection, or no answer in time",
  unsupported: "The provider or model does not take a field, tool or kind of content of the request",
  auth: "The provider does not accept its key",
  not_found: "The provider does not know the model",
  server_error: "The provider failed",
  invalid_request: "The client's own request is wrong; it would usually fail everywhere",
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
  const unit = limit.limit_type === "cost" ? "" : ` ${LIMIT_TYPES[limit.limit_type]}`;
  return `${amount(limit.limit_type, limit.value)}${unit} ${LIMIT_WINDOWS[limit.time_window]}`;
}

/** How full a limit is, from 0 up; over 1 where it was overdrawn. */
export function fullness(usage: Pick<LimitUsage, "used" | "reserved" | "value">): number {
  return usage.value > 0 ? (usage.used + usage.reserved) / usage.value : 0;
}
