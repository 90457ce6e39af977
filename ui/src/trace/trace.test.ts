import { expect, test } from "vitest";
import { type Candidate, callingWords, skipWords, sumOf, type TraceLimit, uncalledWords } from "./trace";

const limit: TraceLimit = {
  limit_type: "cost",
  time_window: "day",
  mode: "soft",
  value: 2,
  used: 2.1,
  reserved: 0,
  estimate: 0.001,
  remaining: 0,
};
const strict: TraceLimit = { ...limit, mode: "strict", used: 0, remaining: 2 };
const held: TraceLimit = { ...limit, used: 1, reserved: 0.9999, remaining: 0.0001 };

const candidate = (more: Partial<Candidate>): Candidate => ({
  provider: "openai",
  model: "gpt-4o",
  state: "skipped",
  ...more,
});
const called = { candidates: [candidate({}), candidate({ state: "first" })] };
const refused = (more: Partial<Candidate> = {}) => ({ candidates: [candidate({ reason: "limit", ...more })] });

test("a skip names its reason, and until when it lasts where that is known", () => {
  const until = new Date();
  until.setHours(14, 5, 7);
  const at = until.toISOString();
  expect(skipWords({ reason: "cooling", until: at })).toBe("cooling after a failure until 14:05:07");
  expect(skipWords({ reason: "cooling" })).toBe("cooling after a failure");
  expect(skipWords({ reason: "limit", limit })).toBe("no room in $2.00 per day");
  expect(skipWords({ reason: "limit", limit, until: at })).toBe("no room in $2.00 per day until 14:05:07");
  expect(skipWords({ reason: "limit", limit: held })).toBe("no room in $2.00 per day until running requests end");
  expect(skipWords({ reason: "limit", limit: held, until: at })).toBe("no room in $2.00 per day until 14:05:07");
  expect(skipWords({ reason: "unpriced", limit, never: "unpriced" })).toBe(
    "its price is not known, so $2.00 per day cannot hold",
  );
  expect(skipWords({ reason: "not_allowed" })).toBe("it is not among the allowed models");
  expect(skipWords({ reason: "capability" })).toBe("it lacks what the request needs");
  expect(skipWords({ reason: "capability", lacks: "its provider does not keep answers" })).toBe(
    "its provider does not keep answers",
  );
});

test.each([
  [{ never: "too_large" }, "it can use more than a strict $2.00 per day ever allows"],
  [{ never: "unpriced" }, "no price is known, so a strict $2.00 per day cannot hold"],
  [{ never: "unbounded" }, "what it uses cannot be known, so a strict $2.00 per day cannot hold"],
  [
    { never: "unbounded", part: "a part of the type image_url" },
    "what it uses cannot be known with a part of the type image_url, so a strict $2.00 per day cannot hold",
  ],
] as const)("a skip that no wait can help says why: %o", (more, words) =>
  expect(skipWords({ reason: "limit", limit: strict, ...more })).toBe(words),
);

test("a model that is being called says for how long, and when its first token came", () => {
  expect(callingWords({ ms: 1_230, first_token_ms: null })).toBe("calling for 1.2 s");
  expect(callingWords({ ms: 1_230, first_token_ms: 380 })).toBe("streaming, first token after 0.38 s");
  expect(callingWords({})).toBe("calling");
});

test("a model that was not called was not needed, or may be yet", () => {
  const failed = { candidates: [candidate({ state: "tried" }), candidate({ state: "not_needed" })] };
  const streams = { candidates: [candidate({ state: "calling" }), candidate({ state: "not_needed" })] };
  expect(uncalledWords(failed, false)).toBe("not needed");
  expect(uncalledWords(failed, true)).toBe("not called yet");
  expect(uncalledWords(streams, true)).toBe("not needed so far");
});

test("a sum says what its amount is: a guess, a bound, what is needed, or a plain count", () => {
  const tokens: TraceLimit = { ...strict, limit_type: "total_tokens", value: 2_000, remaining: 2_000 };
  const requests: TraceLimit = { ...tokens, limit_type: "requests", estimate: 1 };
  expect(sumOf({ ...tokens, mode: "soft" }, called).word).toBe("estimate");
  expect(sumOf(tokens, called).word).toBe("at most");
  expect(sumOf(tokens, refused()).word).toBe("needed");
  expect(sumOf(requests, called).word).toBe("this one");
});

test("a sum fits exactly as the router judged, whatever fractions of a cent add up to", () => {
  const full: TraceLimit = { ...strict, value: 0.3, used: 0.1, estimate: 0.2, remaining: 0.2 };
  expect(sumOf(full, called)).toMatchObject({ fits: true, end: "" });
  expect(sumOf({ ...full, estimate: 0.2001 }, refused())).toMatchObject({ fits: false, end: ", no room" });
});

test("a sum that does not fit says what is in the way", () => {
  expect(sumOf(held, refused()).end).toBe(", no room until running requests end");
  expect(sumOf({ ...limit, estimate: 0 }, called).end).toBe(", but this model is free");
});

test("what nobody knows is no amount, and then a strict limit cannot hold", () => {
  const unknown = { amount: null, fits: false, end: " cannot hold" };
  const tokens: TraceLimit = { ...strict, limit_type: "total_tokens" };
  expect(sumOf(strict, refused({ never: "unbounded" }))).toMatchObject(unknown);
  expect(sumOf(tokens, refused({ never: "unbounded" }))).toMatchObject(unknown);
  expect(sumOf(strict, refused({ never: "unpriced" }))).toMatchObject(unknown);
  expect(sumOf(limit, refused({ never: "unpriced" }))).toMatchObject({ ...unknown, word: "estimate" });
  expect(sumOf(tokens, refused({ never: "unpriced" })).amount).toBe(0.001);
  expect(sumOf({ ...strict, mode: "soft" }, refused({ never: "unbounded" })).amount).toBe(0.001);
  expect(sumOf({ ...tokens, limit_type: "requests" }, refused({ never: "unbounded" })).amount).toBe(0.001);
});

test("where another model is called, the limits are told for that one", () => {
  for (const state of ["first", "calling", "tried"] as const) {
    const candidates = [candidate({ never: "unpriced" }), candidate({ state })];
    expect(sumOf(strict, { candidates }).amount).toBe(0.001);
  }
});
