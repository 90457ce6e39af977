import { describe, expect, test } from "vitest";
import { NotConnected, RpcError } from "../../api/errors";
import type { RequestDetails, RunningRequest } from "../../api/generated";
import { askedIfUnusual, usuallyAsked } from "../../trace/why";
import { EVERYTHING, type Filter } from "./filter";
import {
  ageOf,
  beforeWords,
  doingWords,
  fits,
  hasEnded,
  type Known,
  nothingWords,
  paceOf,
  type Reading,
  routeOf,
  stageOf,
} from "./running";

const tried = { provider: "openai", model: "gpt-4o", state: "tried", attempts: [] };
const calling = { provider: "groq", model: "llama", state: "calling", ms: 1_200, first_token_ms: null, attempts: [] };
const spare = { provider: "ollama", model: "llama3.2", state: "not_needed" };
const request = (more: Partial<RunningRequest> = {}): RunningRequest => ({
  request_id: "req_1",
  started_at: 100,
  duration_ms: 1_500,
  client_id: "aider",
  strategy_id: "night",
  endpoint: "chat/completions",
  model_asked: "localrouter/auto",
  streamed: true,
  doing: "calling",
  model: "groq/llama",
  attempts: 1,
  trace: { candidates: [tried, calling, spare], limits: [], warnings: [] },
  ...more,
});
const reading = (...items: RunningRequest[]): Reading => ({ items, at: 200, frozenAt: null });

test("what runs is read often, and less often while nothing does", () => {
  expect(paceOf([request()])).toBeLessThan(paceOf([]));
  expect(paceOf(undefined)).toBe(paceOf([]));
});

test("its time goes on from when it was read, and stops at the pause", () => {
  expect(ageOf(request(), reading(), 203)).toBe(4_500);
  expect(ageOf(request(), { ...reading(), frozenAt: 202 }, 203)).toBe(3_500);
  expect(ageOf(request(), reading(), 199)).toBe(1_500);
});

test("its row names what was asked for only where that is not what its client usually asks for", () => {
  const auto = request();
  const odd = request({ model_asked: "local/llama3.2", model: null });
  const usual = usuallyAsked([auto, auto, odd]);
  expect(askedIfUnusual(routeOf(auto), usual)).toBeNull();
  expect(askedIfUnusual(routeOf(odd), usual)).toBe("local/llama3.2");
  expect(askedIfUnusual(routeOf({ ...odd, model: "local/llama3.2" }), usual)).toBeNull();
});

describe("what it does", () => {
  const streamed = { candidates: [{ ...calling, first_token_ms: 380 }], limits: [], warnings: [] };

  test.each([
    [{ doing: "waiting", model: null }, "waiting for room"],
    [{ doing: "pausing", model: null }, "pausing before a retry"],
    [{ doing: "calling" }, "calling groq/llama"],
    [{ doing: "calling", model: null }, "choosing a model"],
    [{ doing: "streaming", trace: streamed }, "streaming, first token after 0.38 s"],
    [{ doing: "streaming", trace: {} }, "streaming"],
  ] as const)("%o is told as %s", (more, words) => expect(doingWords(request(more))).toBe(words));

  test("calls before are counted, and none is nothing", () => {
    expect(beforeWords({ attempts: 0 })).toBe("");
    expect(beforeWords({ attempts: 1 })).toBe("after 1 that failed");
  });
});

describe("a filter", () => {
  test.each<[Partial<Filter>, boolean]>([
    [{}, true],
    [{ client: "aider", strategy: "night" }, true],
    [{ client: "cursor" }, false],
    [{ strategy: "day" }, false],
    [{ model: "localrouter/auto" }, true],
    [{ provider: "groq" }, true],
    [{ model: "groq/llama" }, true],
    [{ model: "openai/gpt-4o" }, true],
    [{ provider: "ollama" }, false],
    [{ provider: "gro" }, false],
    [{ client: "aider", provider: "mistral" }, false],
    [{ outcome: "success" }, false],
    [{ kind: "rate_limited" }, false],
  ])("%o lets it through: %s", (narrowed, isShown) =>
    expect(fits(request(), { ...EVERYTHING, ...narrowed })).toBe(isShown),
  );

  test("of providers finds a model that was asked for by its name and is not called yet", () => {
    const waiting = request({ doing: "waiting", model_asked: "groq/llama", model: null, trace: {} });
    expect(fits(waiting, { ...EVERYTHING, provider: "groq" })).toBe(true);
  });
});

test("an empty place says why it is empty", () => {
  const cursor = { ...EVERYTHING, client: "cursor" };
  expect(nothingWords(reading(), EVERYTHING)).toBe("Nothing is running");
  expect(nothingWords({ ...reading(), frozenAt: 201 }, EVERYTHING)).toBe("Nothing was running");
  expect(nothingWords(reading(request()), cursor)).toBe("1 request is running, and does not fit these filters");
  expect(nothingWords(reading(request(), request()), cursor)).toBe(
    "2 requests are running, and none of them fits these filters",
  );
  expect(nothingWords(reading(request()), { ...EVERYTHING, outcome: "failed" })).toContain("no outcome yet");
});

test("an end is noticed, a beginning is none", () => {
  const [one, other] = [request(), request({ request_id: "req_2" })];
  expect(hasEnded([one], [one, other])).toBe(false);
  expect(hasEnded([one, other], [other])).toBe(true);
});

describe("the open request", () => {
  const known: Known = {
    now: null,
    former: null,
    details: undefined,
    error: null,
    isSettled: true,
    isOverdue: false,
  };
  const missing = new RpcError(-32001, "There is no record of it.");
  const details = { attempts: [], trace: null } as unknown as RequestDetails;

  test("runs as long as it is among those that run, whatever its record says", () => {
    expect(stageOf({ ...known, now: request(), error: missing })).toMatchObject({ at: "running" });
  });

  test("goes over from running to its record without a gap", () => {
    const former = request();
    expect(stageOf({ ...known, former })).toEqual({ at: "ended", request: former });
    expect(stageOf({ ...known, former, error: missing })).toEqual({ at: "ended", request: former });
    expect(stageOf({ ...known, former, details })).toEqual({ at: "recorded", details });
    expect(stageOf({ ...known, now: former, details })).toEqual({ at: "recorded", details });
  });

  test("is missing only where neither a record nor a running one is found", () => {
    expect(stageOf(known)).toEqual({ at: "reading" });
    expect(stageOf({ ...known, error: missing, isSettled: false })).toEqual({ at: "reading" });
    expect(stageOf({ ...known, error: missing })).toEqual({ at: "missing" });
    expect(stageOf({ ...known, former: request(), error: missing, isOverdue: true })).toEqual({ at: "missing" });
  });

  test("says why it cannot be read", () => {
    const error = new NotConnected();
    expect(stageOf({ ...known, error })).toEqual({ at: "failed", error });
    expect(stageOf({ ...known, former: request(), error })).toMatchObject({ at: "ended" });
  });
});
