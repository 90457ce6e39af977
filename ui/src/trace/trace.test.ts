import { expect, test } from "vitest";
import { skipWords } from "./trace";

const limit = {
  limit_type: "cost",
  time_window: "day",
  mode: "soft",
  value: 2,
  used: 2.1,
  reserved: 0,
  estimate: 0.001,
  remaining: 0,
} as const;

test("a skip names its reason, and until when it lasts where that is known", () => {
  const until = new Date();
  until.setHours(14, 5, 7);
  expect(skipWords({ reason: "cooling", until: until.toISOString() })).toBe("cooling after a failure until 14:05:07");
  expect(skipWords({ reason: "cooling" })).toBe("cooling after a failure");
  expect(skipWords({ reason: "limit", limit })).toBe("no room in $2.00 per day");
  expect(skipWords({ reason: "not_allowed" })).toBe("it is not among the allowed models");
});
