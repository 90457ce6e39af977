/** What happened to a request, as one sign and the words for it: the same in every list. Pure. */

import type { FailureKind, PassedOver, RateLimitTimeWindow, RequestView } from "../api/generated";
import { clock, count, duration, moment, plural } from "../parts/words/format";
import { amount, HAPPENED, LIMIT_TYPES } from "../parts/words/words";
import { servedBy } from "./request";

/** Answered at once, answered by another model, sent on by a limit, refused by the router, failed, left by its client. */
export type Sign = "answered" | "hopped" | "limited" | "refused" | "failed" | "left";

export interface Story {
  sign: Sign;
  /** What the sign is read as. */
  word: string;
  /** Why it went this way; empty where there is nothing to tell. */
  why: string;
  /** The model that answered, else the one that was called last; null where none was. */
  model: string | null;
}

type Told = Pick<
  RequestView,
  | "outcome"
  | "kind"
  | "status"
  | "error"
  | "passed_over"
  | "provider_served"
  | "model_served"
  | "first_token_ms"
  | "duration_ms"
  | "usage"
  | "recovered"
>;

export const SIGN_WORDS: Record<Sign, string> = {
  answered: "answered",
  hopped: "answered by another model",
  limited: "sent on by a limit",
  refused: "refused",
  failed: "failed",
  left: "left by its client",
};

export function storyOf(request: Told): Story {
  const sign = signOf(request);
  return { sign, word: SIGN_WORDS[sign], why: whyOf(request, sign), model: servedBy(request) ?? lastCalled(request) };
}

function signOf(request: Told): Sign {
  switch (request.outcome) {
    case "cancelled":
      return "left";
    case "denied":
      return "refused";
    case "failed":
      return "failed";
    case "success":
      break;
  }
  const others = request.passed_over.filter((passed) => nameOf(passed) !== servedBy(request));
  if (others.length === 0) return "answered";
  return others.every(({ kind }) => kind === null) && others.some(isByLimit) ? "limited" : "hopped";
}

function whyOf(request: Told, sign: Sign): string {
  switch (sign) {
    case "answered":
      return withRecovery(request, request.passed_over[0] ? retriedWords(request.passed_over[0]) : "");
    case "hopped":
      return withRecovery(request, passedWords(request));
    case "limited":
      return withRecovery(request, limitedWords(request));
    case "refused":
      return refusedWords(request);
    case "failed":
      return failedWords(request);
    case "left":
      return `its client left after ${duration(request.duration_ms)}`;
  }
}

function withRecovery({ recovered }: Told, words: string): string {
  if (!recovered) return words;
  return words ? `${words}; recovered` : "its record was recovered after a kill";
}

function retriedWords({ kind }: PassedOver): string {
  return kind ? `answered when asked again: at first it ${HAPPENED[kind]}` : "";
}

/** "gpt-4o-mini was rate limited", "gpt-4o-mini is cooling until 14:03:22, claude was overloaded and 2 more". */
function passedWords(request: Told): string {
  const others = request.passed_over.filter((passed) => nameOf(passed) !== servedBy(request));
  // What was called and failed tells more than what was passed over in silence.
  const telling = [...others.filter(({ kind }) => kind !== null), ...others.filter(({ kind }) => kind === null)];
  const [first, second, ...rest] = telling.map((passed) => onePassed(passed, request));
  if (!first) return "";
  if (!second) return first;
  return rest.length ? `${first}, ${second} and ${rest.length} more` : `${first}, ${second}`;
}

function onePassed(passed: PassedOver, request: Told): string {
  const name = shortName(passed, request);
  const ends = passed.until === null ? "" : ` until ${clock(passed.until)}`;
  if (passed.kind !== null) return `${name} ${HAPPENED[passed.kind]}`;
  switch (passed.reason) {
    case "cooling":
      return `${name} is cooling${ends}`;
    case "limit":
      return `${name} had no room in ${limitShort(passed)}`;
    case "unpriced":
      return `${name} has no price for ${limitShort(passed)}`;
    case "context":
      return `the prompt is too long for ${name}`;
    case "capability":
      return `${name} lacks what was asked for`;
    case "not_allowed":
      return `${name} is not allowed`;
    case "provider":
      return `${name}'s provider is off`;
    default:
      return `${name} was skipped`;
  }
}

/** "$2.00 a day is full: free model". */
function limitedWords(request: Told): string {
  const passed = request.passed_over.find(isByLimit);
  if (!passed) return "";
  const isFree = !request.usage.unpriced && request.usage.cost_usd === 0;
  const went = isFree ? "free model" : "next model";
  return passed.never === "unpriced" || passed.reason === "unpriced"
    ? `${shortName(passed, request)} has no price for ${limitShort(passed)}: ${went}`
    : `${limitFull(passed)}: ${went}`;
}

/** "100 requests an hour are used, again 14:31". */
function refusedWords(request: Told): string {
  const passed = request.passed_over.find(isByLimit);
  if (passed?.limit) {
    if (passed.never === "too_large") return `it can use more than all of ${limitShort(passed)}`;
    if (passed.never === "unbounded") return `nobody knows what it can use of ${limitShort(passed)}`;
    if (passed.never === "unpriced" || passed.reason === "unpriced")
      return `${shortName(passed, request)} has no price for ${limitShort(passed)}`;
    return `${limitFull(passed)}${againWords(passed.until)}`;
  }
  return request.error ? firstSentence(request.error.message) : passedWords(request) || `answered ${request.status}`;
}

function againWords(until: number | null): string {
  return until === null ? "" : `, again ${moment(until)}`;
}

function failedWords(request: Told): string {
  if (request.recovered && request.kind === "cancelled") return "cut: the router was killed";
  if (request.first_token_ms !== null && request.usage.output_tokens > 0) {
    const about = request.usage.estimated ? "about " : "";
    return `cut after ${about}${plural(request.usage.output_tokens, "token")}: ${BROKE[request.kind ?? "server_error"]}`;
  }
  const failed = request.passed_over.filter(({ kind }) => kind !== null);
  if (failed.length > 0) return passedWords({ ...request, provider_served: null, model_served: null });
  if (request.error) return firstSentence(request.error.message);
  return request.kind ? `its model ${HAPPENED[request.kind]}` : `answered ${request.status}`;
}

/** How an answer breaks off. */
const BROKE: Record<FailureKind, string> = {
  rate_limited: "rate limited midway",
  quota_exhausted: "the quota ran out",
  overloaded: "the provider was overloaded",
  policy_violation: "stopped by policy",
  context_length_exceeded: "the context window was full",
  unreachable: "the connection broke",
  unsupported: "the answer cannot be passed on",
  auth: "the key was refused midway",
  not_found: "the model is gone",
  server_error: "the provider failed",
  invalid_request: "the provider found it invalid",
  cancelled: "it was cancelled",
};

function isByLimit({ reason }: PassedOver): boolean {
  return reason === "limit" || reason === "unpriced";
}

function nameOf({ provider, model }: Pick<PassedOver, "provider" | "model">): string {
  return `${provider}/${model}`;
}

/** The model alone where that says which one: no other model of the route bears the same name at another provider. */
function shortName(passed: PassedOver, request: Told): string {
  const others = [...request.passed_over.map(nameOf), servedBy(request) ?? ""];
  const isTwice = others.some((other) => other !== nameOf(passed) && other.endsWith(`/${passed.model}`));
  return isTwice ? nameOf(passed) : passed.model;
}

function lastCalled({ passed_over }: Told): string | null {
  const called = passed_over.findLast(({ kind }) => kind !== null);
  return called ? nameOf(called) : null;
}

const EACH: Record<RateLimitTimeWindow, string> = {
  minute: "a minute",
  hour: "an hour",
  day: "a day",
  month: "a month",
};

/** "$2.00 a day", "100 requests an hour". */
function limitShort({ limit }: PassedOver): string {
  if (!limit) return "a limit";
  const unit = limit.limit_type === "cost" ? "" : ` ${LIMIT_TYPES[limit.limit_type]}`;
  return `${amount(limit.limit_type, limit.value)}${unit} ${EACH[limit.time_window]}`;
}

/** "$2.00 a day is full", "100 requests an hour are used". */
function limitFull(passed: PassedOver): string {
  const isPlural = passed.limit !== null && passed.limit.limit_type !== "cost";
  return `${limitShort(passed)} ${isPlural ? "are used" : "is full"}`;
}

/** Up to the first full stop that ends a sentence: one in "gpt-4.1" does not. */
function firstSentence(text: string): string {
  return /^.*?[.!?](?=\s|$)/s.exec(text)?.[0].replace(/\.$/, "") ?? text;
}

/** The model that each client asks for most in a list: what differs from it is worth telling. */
export function usuallyAsked(
  requests: readonly Pick<RequestView, "client_id" | "model_asked">[],
): ReadonlyMap<string, string> {
  const counts = new Map<string, Map<string, number>>();
  for (const { client_id, model_asked } of requests) {
    const of = counts.get(client_id) ?? new Map<string, number>();
    counts.set(client_id, of.set(model_asked, (of.get(model_asked) ?? 0) + 1));
  }
  const most = (of: Map<string, number>) => [...of].reduce((one, other) => (other[1] > one[1] ? other : one))[0];
  return new Map([...counts].map(([client, of]) => [client, most(of)]));
}

/** Whether they come from more than one client, so that each has to name its own. */
export function areOfSeveral(requests: readonly Pick<RequestView, "client_id">[]): boolean {
  return new Set(requests.map(({ client_id }) => client_id)).size > 1;
}

/** What was asked for, where that is neither what served nor what the client usually asks for. */
export function askedIfUnusual(
  request: Pick<RequestView, "client_id" | "model_asked" | "provider_served" | "model_served">,
  usual: ReadonlyMap<string, string>,
): string | null {
  const { model_asked: asked } = request;
  const served = servedBy(request);
  const isServed = served === asked || request.model_served === asked;
  return isServed || usual.get(request.client_id) === asked ? null : asked;
}

/** Tokens as a column writes them: "~1,204" where the provider did not tell; "–" where none were used. */
export function tokensInColumn({ usage }: Pick<RequestView, "usage">): string {
  const tokens = usage.input_tokens + usage.output_tokens;
  return tokens === 0 ? "–" : `${usage.estimated ? "~" : ""}${count(tokens)}`;
}
