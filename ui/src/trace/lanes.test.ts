import { expect, test } from "vitest";
import type { AttemptView } from "../api/generated";
import { bars } from "./lanes";

const attempt = (started_at: number, duration_ms: number, more: Partial<AttemptView> = {}): AttemptView => ({
  provider: "openai",
  model: "gpt-4o-mini",
  kind: null,
  status: 200,
  message: null,
  started_at,
  duration_ms,
  first_token_ms: null,
  usage: {
    input_tokens: 0,
    output_tokens: 0,
    cached_tokens: 0,
    reasoning_tokens: 0,
    estimated: false,
    unpriced: false,
    cost_usd: 0,
    counted: null,
  },
  ...more,
});
const request = { started_at: 100, duration_ms: 2_000 };

test("attempts lie one after the other between arrival and end", () => {
  const [first, second] = bars(request, [attempt(100, 500, { kind: "overloaded" }), attempt(100.5, 1_500)]);
  expect(first).toMatchObject({ number: 1, start: 0, width: 25, waiting: null });
  expect(second).toMatchObject({ number: 2, start: 25, width: 75, offset: 500 });
});

test("the wait for the first token is a part of its own bar", () => {
  expect(bars(request, [attempt(100, 2_000, { first_token_ms: 500 })])[0]?.waiting).toBe(25);
});

test("a short attempt stays visible and within the picture, an early stamp starts at 0", () => {
  const [early, short] = bars(request, [attempt(99, 100), attempt(102, 0)]);
  expect(early?.start).toBe(0);
  expect(short?.width).toBeGreaterThan(0);
  expect((short?.start ?? 0) + (short?.width ?? 0)).toBeLessThanOrEqual(100);
});

test("a request that took no time has no picture", () => {
  expect(bars({ started_at: 1, duration_ms: 0 }, [attempt(1, 0)])).toEqual([]);
});
