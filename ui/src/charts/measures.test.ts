import { expect, test } from "vitest";
import type { StrategyRateLimit } from "../api/generated";
import { bucketWords, limitLines, MEASURES } from "./measures";

const limit = (value: number, time_window: StrategyRateLimit["time_window"]): StrategyRateLimit => ({
  limit_type: "cost",
  value,
  time_window,
  mode: "soft",
});

test("a limit is drawn in the chart's own unit", () => {
  expect(limitLines([limit(2, "day")], MEASURES.cost, 3_600)).toEqual([
    { value: 2 / 24, label: "limit $2.00 per day = $0.083 per hour, evenly" },
  ]);
});

test("a limit of the bucket's own length needs no conversion", () => {
  expect(limitLines([limit(2, "hour")], MEASURES.cost, 3_600)).toEqual([{ value: 2, label: "limit $2.00 per hour" }]);
});

test("limits of another kind are not in the chart", () => {
  expect(limitLines([limit(2, "day")], MEASURES.tokens, 3_600)).toEqual([]);
});

test("buckets have names", () => {
  expect(bucketWords(60)).toBe("minute");
  expect(bucketWords(900)).toBe("15 min");
  expect(bucketWords(7_200)).toBe("2 h");
});
