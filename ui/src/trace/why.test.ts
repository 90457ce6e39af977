import { expect, test } from "vitest";
import type { PassedOver, RequestView } from "../api/generated";
import { areOfSeveral, askedIfUnusual, storyOf, tokensInColumn, usuallyAsked } from "./why";

const usage: RequestView["usage"] = {
  input_tokens: 1_000,
  output_tokens: 204,
  cached_tokens: 0,
  reasoning_tokens: 0,
  estimated: false,
  unpriced: false,
  cost_usd: 0.0007,
  counted: null,
};

const at = (hours: number, minutes: number, seconds = 0) => {
  const date = new Date();
  date.setHours(hours, minutes, seconds, 0);
  return date.getTime() / 1_000;
};

const passed = (more: Partial<PassedOver>): PassedOver => ({
  provider: "openai",
  model: "gpt-4o-mini",
  kind: null,
  reason: null,
  until: null,
  limit: null,
  never: null,
  ...more,
});

const limit: PassedOver["limit"] = { limit_type: "cost", time_window: "day", mode: "soft", value: 2 };
const hourly: PassedOver["limit"] = { limit_type: "requests", time_window: "hour", mode: "soft", value: 100 };

const request = (more: Partial<RequestView>): Parameters<typeof storyOf>[0] => ({
  outcome: "success",
  kind: null,
  status: 200,
  error: null,
  passed_over: [],
  provider_served: "groq",
  model_served: "llama-3.3",
  first_token_ms: 380,
  duration_ms: 1_900,
  usage,
  recovered: false,
  ...more,
});
const unserved = { provider_served: null, model_served: null, first_token_ms: null } as const;
const told = (more: Partial<RequestView>) => {
  const { sign, why } = storyOf(request(more));
  return `${sign}: ${why}`;
};

test("what its first model answered has nothing to explain", () => {
  expect(storyOf(request({}))).toEqual({ sign: "answered", word: "answered", why: "", model: "groq/llama-3.3" });
});

test("a hop names the model that did not answer, and what happened there", () => {
  expect(told({ passed_over: [passed({ kind: "rate_limited" })] })).toBe("hopped: gpt-4o-mini was rate limited");
  expect(told({ passed_over: [passed({ reason: "cooling", until: at(14, 3, 22) })] })).toBe(
    "hopped: gpt-4o-mini is cooling until 14:03:22",
  );
  expect(told({ passed_over: [passed({ reason: "context" })] })).toBe("hopped: the prompt is too long for gpt-4o-mini");
});

test("of several, those that were called come first, and what has no room is counted", () => {
  const many = [
    passed({ model: "a", reason: "cooling" }),
    passed({ model: "b", kind: "overloaded" }),
    passed({ model: "c", reason: "not_allowed" }),
    passed({ model: "d", reason: "not_allowed" }),
  ];
  expect(told({ passed_over: many.slice(0, 2) })).toBe("hopped: b was overloaded, a is cooling");
  expect(told({ passed_over: many })).toBe("hopped: b was overloaded, a is cooling and 2 more");
});

test("two models of one name are told apart by their providers", () => {
  const same = passed({ provider: "azure", model: "llama-3.3", kind: "server_error" });
  expect(told({ passed_over: [same] })).toBe("hopped: azure/llama-3.3 answered with a server error");
});

test("a model that answered when it was asked again served, and is no hop", () => {
  const same = passed({ provider: "groq", model: "llama-3.3", kind: "overloaded" });
  expect(told({ passed_over: [same] })).toBe("answered: answered when asked again: at first it was overloaded");
});

test("a limit that sent a request on is named, and whether what answered is free", () => {
  const free = { usage: { ...usage, cost_usd: 0 } };
  expect(told({ passed_over: [passed({ reason: "limit", limit })], ...free })).toBe(
    "limited: $2.00 a day is full: free model",
  );
  expect(told({ passed_over: [passed({ reason: "limit", limit })] })).toBe("limited: $2.00 a day is full: next model");
  expect(told({ passed_over: [passed({ reason: "unpriced", limit })], ...free })).toBe(
    "limited: gpt-4o-mini has no price for $2.00 a day: free model",
  );
});

test("a failure beside a limit is a hop that tells both", () => {
  const both = [passed({ reason: "limit", limit }), passed({ model: "other", kind: "unreachable" })];
  expect(told({ passed_over: both })).toBe(
    "hopped: other could not be reached, gpt-4o-mini had no room in $2.00 a day",
  );
});

test("a refusal names its limit and when there is room again", () => {
  const full = passed({ reason: "limit", limit: hourly, until: at(14, 31) });
  const refused = { ...unserved, outcome: "denied", status: 429 } as const;
  expect(told({ ...refused, passed_over: [full] })).toBe("refused: 100 requests an hour are used, again 14:31");
  expect(storyOf(request({ ...refused, passed_over: [full] })).model).toBeNull();
  expect(told({ ...refused, passed_over: [passed({ reason: "limit", limit, never: "too_large" })] })).toBe(
    "refused: it can use more than all of $2.00 a day",
  );
});

test("a refusal without a limit is the first sentence that the client got", () => {
  const error = { code: "model_not_found", message: 'There is no model "gpt-4.1". Ask for one of /v1/models.' };
  expect(told({ ...unserved, outcome: "denied", status: 404, error })).toBe('refused: There is no model "gpt-4.1"');
  expect(told({ ...unserved, outcome: "denied", status: 403 })).toBe("refused: answered 403");
});

test("an answer that broke off says how far it came, and how", () => {
  const cut = { outcome: "failed", kind: "unreachable" } as const;
  expect(told({ ...cut, usage: { ...usage, output_tokens: 40, estimated: true } })).toBe(
    "failed: cut after about 40 tokens: the connection broke",
  );
});

test("a request that no model answered names those that were called", () => {
  const failed = [passed({ kind: "overloaded" }), passed({ model: "other", kind: "auth" })];
  const story = storyOf(request({ ...unserved, outcome: "failed", status: 502, passed_over: failed }));
  expect(story.why).toBe("gpt-4o-mini was overloaded, other did not accept the provider's key");
  expect(story.model).toBe("openai/other");
});

test("a killed router and a client that left are told", () => {
  expect(told({ outcome: "failed", kind: "cancelled", recovered: true })).toBe("failed: cut: the router was killed");
  expect(told({ outcome: "cancelled", kind: "cancelled" })).toBe("left: its client left after 1.9 s");
  expect(told({ recovered: true })).toBe("answered: its record was recovered after a kill");
});

test("what was asked for is told where it is not the usual, nor what served", () => {
  const ask = (model_asked: string) => ({ client_id: "c", model_asked, provider_served: "groq", model_served: "m" });
  const usual = usuallyAsked([ask("localrouter/auto"), ask("gpt-4o"), ask("localrouter/auto")]);
  expect(askedIfUnusual(ask("localrouter/auto"), usual)).toBeNull();
  expect(askedIfUnusual(ask("gpt-4o"), usual)).toBe("gpt-4o");
  expect(askedIfUnusual(ask("groq/m"), usual)).toBeNull();
  expect(askedIfUnusual(ask("m"), usual)).toBeNull();
});

test("tokens that nobody told are marked, and none is no number", () => {
  expect(tokensInColumn({ usage })).toBe("1,204");
  expect(tokensInColumn({ usage: { ...usage, estimated: true } })).toBe("~1,204");
  expect(tokensInColumn({ usage: { ...usage, input_tokens: 0, output_tokens: 0 } })).toBe("–");
});

test("only requests of several clients have to name their client", () => {
  const [one, other] = [{ client_id: "one" }, { client_id: "other" }];
  expect(areOfSeveral([])).toBe(false);
  expect(areOfSeveral([one, { ...one }])).toBe(false);
  expect(areOfSeveral([one, other, one])).toBe(true);
});
