import { expect, test } from "vitest";
import type { AttemptView, UsageView } from "../api/generated";
import { costOf, countedOf, outcomeWords, overheadOf, servedBy, tokensOf, traceOf } from "./request";

const usage: UsageView = {
  input_tokens: 1_000,
  output_tokens: 204,
  cached_tokens: 0,
  reasoning_tokens: 0,
  estimated: false,
  unpriced: false,
  cost_usd: 0.0007,
  counted: null,
};
const attempt = (model: string, kind: AttemptView["kind"]): AttemptView => ({
  provider: "openai",
  model,
  kind,
  status: kind ? 429 : 200,
  message: null,
  started_at: 0,
  duration_ms: 210,
  first_token_ms: null,
  usage,
});

test.each([
  [{ outcome: "success", kind: null, status: 200 }, "answered"],
  [{ outcome: "failed", kind: "rate_limited", status: 429 }, "failed: rate limit"],
  [{ outcome: "failed", kind: null, status: 502 }, "failed 502"],
  [{ outcome: "denied", kind: null, status: 429 }, "denied 429"],
  [{ outcome: "cancelled", kind: "cancelled", status: 499 }, "cancelled"],
  [{ outcome: "success", kind: null, status: 200, recovered: true }, "answered, recovered"],
  [{ outcome: "failed", kind: "rate_limited", status: 429, recovered: true }, "failed: rate limit, recovered"],
  [{ outcome: "failed", kind: "cancelled", status: 503, recovered: true }, "cut: router killed"],
] as const)("%o is told as %s", (request, words) => expect(outcomeWords(request)).toBe(words));

test("who served is named with its provider, and nobody is null", () => {
  expect(servedBy({ provider_served: "openai", model_served: "gpt-4o-mini" })).toBe("openai/gpt-4o-mini");
  expect(servedBy({ provider_served: null, model_served: null })).toBeNull();
});

test("estimated tokens and unknown prices say so", () => {
  expect(tokensOf({ usage })).toBe("1,204");
  expect(tokensOf({ usage: { ...usage, estimated: true } })).toBe("about 1,204");
  expect(costOf({ usage })).toBe("$0.0007");
  expect(costOf({ usage: { ...usage, unpriced: true } })).toBe("unpriced");
});

test("what limits count is told only where it is not what was used", () => {
  expect(countedOf({ usage })).toBeNull();
  const counted = { input_tokens: 700, output_tokens: 1_300, total_tokens: 2_000, cost_usd: 0.002 };
  expect(countedOf({ usage: { ...usage, counted } })).toBe(
    "700 in, 1,300 out, $0.002: at least what was held for it, as the provider did not tell what it used",
  );
});

test("a kept trace is shown as it is", () => {
  const trace = { candidates: [], limits: [], warnings: ["a doubt"] };
  expect(traceOf({ trace, attempts: [] })).toBe(trace);
});

test("without a trace the attempts tell of the candidates, retries under the same one", () => {
  const attempts = [attempt("a", "rate_limited"), attempt("a", "overloaded"), attempt("b", null)];
  const { candidates } = traceOf({ trace: null, attempts });
  expect(candidates.map(({ model, attempts: made }) => [model, made?.length])).toEqual([
    ["a", 2],
    ["b", 1],
  ]);
});

test("the router's own part is told finer than seconds", () => {
  expect(overheadOf({ overhead_ms: 0.375 })).toBe("0.4 ms");
  expect(overheadOf({ overhead_ms: 150.4 })).toBe("150 ms");
});
