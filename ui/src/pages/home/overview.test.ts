import { expect, test } from "vitest";
import type { LimitHistoryView, LimitUsage, SpendView } from "../../api/generated";
import { budgetWords, coolingWords, freeAfter, fullAt, fullWords, paidAndFreeWords, tightestBudget } from "./overview";

const usage = (used: number, value: number, more: Partial<LimitUsage> = {}): LimitUsage => ({
  limit_type: "cost",
  time_window: "day",
  mode: "soft",
  value,
  used,
  reserved: 0,
  remaining: value - used,
  resets_at: null,
  ...more,
});
const history = (values: number[], value = 10): LimitHistoryView => ({
  strategy_id: "s",
  strategy: "S",
  limit_type: "cost",
  time_window: "day",
  value,
  since: 1_000,
  width: 10,
  values,
});

test("the tightest budget is the fullest limit of cost, not the smallest, and no other limit", () => {
  const requests = usage(99, 100, { limit_type: "requests" });
  const found = tightestBudget([
    { name: "a", usage: [usage(0.1, 1), requests] },
    { name: "b", usage: [usage(1.62, 2)] },
  ]);
  expect(found && budgetWords(found)).toBe("of $2.00 per day, b");
  expect(tightestBudget([{ name: "a", usage: [requests] }])).toBeNull();
});

test("paid, free and saved stand in one line, and what has no price is not left out", () => {
  const told = (unpriced: number, saved: number) =>
    paidAndFreeWords({
      total: { paid_requests: 412, free_requests: 1_204, unpriced_requests: unpriced },
      savings: { free_usd: saved },
    } as SpendView);
  expect(told(0, 3.1)).toBe("412 paid, 1,204 free; free models saved about $3.10");
  expect(told(2, 0)).toBe("412 paid, 1,204 free, 2 without a known price");
});

test("a limit is full when its newest values go on rising as they did", () => {
  expect(fullAt(history([0, 1, 2, 3, 4]))).toBe(1_000 + 50 + 60);
  expect(fullAt(history([4, 4, 4]))).toBeNull();
  expect(fullAt(history([4, 3]))).toBeNull();
  expect(fullAt(history([9, 10]))).toBeNull();
  expect(fullAt(history([0, 0.0001], 1_000))).toBeNull();
  expect(fullAt(history([]))).toBeNull();
});

test("what is soon is told as a length of time, what is later as a time of day", () => {
  expect(fullWords(120, 100)).toBe("full in about 20 s at this rate");
  expect(fullWords(null, 100)).toBe("");
  const at = new Date();
  at.setHours(16, 40, 0, 0);
  expect(fullWords(at.getTime() / 1_000, at.getTime() / 1_000 - 7_200)).toBe("full at this rate about 16:40");
});

test("the free model that comes next is the first of the list that costs nothing", () => {
  const auto = {
    enabled: true,
    prioritized_models: [["o", "paid"] as [string, string], ["l", "small"] as [string, string]],
  };
  const models = [
    { provider: "o", name: "paid", input_per_million: 1, output_per_million: 2 },
    { provider: "l", name: "small", input_per_million: 0, output_per_million: 0 },
  ];
  const strategy = { auto_config: auto } as Parameters<typeof freeAfter>[0];
  expect(freeAfter(strategy, models)).toBe("small (free)");
  expect(freeAfter(strategy, models.slice(0, 1))).toBeNull();
  expect(freeAfter({ auto_config: null }, models)).toBeNull();
});

test("what cools says for how long and why", () => {
  const cooling = {
    provider: "openai",
    model: "gpt-4o-mini",
    endpoint: null,
    kind: "rate_limited",
    message: "",
    until: "1970-01-01T00:02:00Z",
    remedy: "",
  } as const;
  expect(coolingWords([cooling], 106)).toBe("gpt-4o-mini cools for 14 s (rate limit)");
  expect(coolingWords([cooling, { ...cooling, model: null }], 106)).toBe(
    "gpt-4o-mini cools for 14 s (rate limit) and 1 more",
  );
  expect(coolingWords([], 106)).toBeNull();
});
