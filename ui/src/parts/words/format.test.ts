import { describe, expect, test } from "vitest";
import {
  ago,
  clock,
  count,
  duration,
  exactMoney,
  isRounded,
  lasting,
  listed,
  moment,
  money,
  moneyDecimals,
  moneyIn,
  plural,
  price,
  prices,
  share,
  windowSize,
} from "./format";

test.each([
  [0, "$0"],
  [0.0000004, "<$0.000001"],
  [0.0007, "$0.0007"],
  [0.000286, "$0.00029"],
  [0.0123, "$0.012"],
  [0.05, "$0.05"],
  [0.41, "$0.41"],
  [1.6193, "$1.62"],
  [2, "$2.00"],
  [1204.4, "$1,204"],
  [-1.5, "-$1.50"],
  [null, "unknown"],
  [undefined, "unknown"],
  [Number.NaN, "unknown"],
])("money %s is %s", (usd, text) => expect(money(usd)).toBe(text));

test.each([
  [[1.62, 0.41, 120], 2, ["$1.62", "$0.41", "$120.00"]],
  [[1.6193, 0, null], 2, ["$1.62", "$0.00", "unknown"]],
  [[1_204.4, 0.05], 2, ["$1,204.40", "$0.05"]],
  [[0.5, 0.012], 3, ["$0.500", "$0.012"]],
  [[2, 0.0007, 0.00002], 4, ["$2.0000", "$0.0007", "< $0.0001"]],
  [[0.00006, -0.5], 4, ["$0.0001", "-$0.5000"]],
  [[0, null, undefined], 2, ["$0.00", "unknown", "unknown"]],
  [[], 2, []],
])("the column of money %j has %i decimals", (values, decimals, texts) => {
  expect(moneyDecimals(values)).toBe(decimals);
  expect(values.map((value) => moneyIn(value, decimals))).toEqual(texts);
});

test.each([
  [0, "$0"],
  [2, "$2.00"],
  [1_204.5, "$1,204.50"],
  [0.00002175, "$0.00002175"],
  [1.6193, "$1.6193"],
  [-0.3, "-$0.30"],
  [null, "unknown"],
])("exactly, %s is %s", (usd, text) => expect(exactMoney(usd)).toBe(text));

test("a rounded amount is told from a whole one", () => {
  expect(isRounded(1.62, 2)).toBe(false);
  expect(isRounded(0.1 + 0.2, 2)).toBe(false);
  expect(isRounded(1.6193, 2)).toBe(true);
  expect(isRounded(0.00002, 4)).toBe(true);
  expect(isRounded(null, 2)).toBe(false);
});

test.each([
  [0, "$0"],
  [0.15, "$0.15"],
  [2.5, "$2.5"],
  [10, "$10"],
  [0.0375, "$0.0375"],
  [null, "unknown"],
])("the price %s is %s", (usd, text) => expect(price(usd)).toBe(text));

test("prices stand as input and output", () => {
  expect(prices(0.15, 0.6)).toBe("$0.15 / $0.60");
  expect(prices(2.5, 10)).toBe("$2.50 / $10");
  expect(prices(0, 0)).toBe("free");
  expect(prices(null, 3)).toBe("price unknown");
});

test.each([
  [0, "0"],
  [999, "999"],
  [1204, "1,204"],
  [9999.6, "10,000"],
  [12_345, "12.3k"],
  [20_000, "20k"],
  [123_456, "123k"],
  [999_960, "1M"],
  [1_234_567, "1.2M"],
  [null, "unknown"],
])("the count %s is %s", (value, text) => expect(count(value)).toBe(text));

test.each([
  [16_385, "16k"],
  [128_000, "128k"],
  [131_072, "128k"],
  [1_000_000, "1M"],
  [1_048_576, "1M"],
  [1_047_576, "1M"],
  [512, "512"],
  [null, "unknown"],
])("a context window of %s tokens is %s", (tokens, text) => expect(windowSize(tokens)).toBe(text));

test.each([
  [3.6, "4 ms"],
  [210, "0.21 s"],
  [996, "1.0 s"],
  [1_900, "1.9 s"],
  [12_400, "12 s"],
  [180_000, "3 min"],
  [7_200_000, "2 h"],
  [5 * 86_400_000, "5 days"],
  [null, "unknown"],
])("%s ms are %s", (ms, text) => expect(duration(ms)).toBe(text));

test.each([
  [-20, "0 s"],
  [7_990, "7 s"],
  [64_000, "1 min 04 s"],
  [600_000, "10 min"],
  [3_720_000, "1 h 02 min"],
  [null, "unknown"],
])("what has run for %s ms has run for %s", (ms, text) => expect(lasting(ms)).toBe(text));

test.each([
  [1, "100 %"],
  [0, "0 %"],
  [0.9999, "99.9 %"],
  [0.00001, "0.1 %"],
  [0.982, "98.2 %"],
  [null, "unknown"],
])("the share %s is %s", (value, text) => expect(share(value)).toBe(text));

describe("moments", () => {
  const now = new Date(2026, 10, 23, 15, 0, 0);
  const at = new Date(2026, 10, 23, 14, 5, 7).getTime() / 1000;
  const before = new Date(2026, 10, 21, 9, 30).toISOString();

  test("of today are a time of day", () => {
    expect(moment(at, now)).toBe("14:05");
    expect(clock(at, now)).toBe("14:05:07");
  });

  test("of other days name the day", () => expect(moment(before, now)).toBe("21 Nov 09:30"));

  test("that nobody knows are unknown", () => {
    expect(moment(null, now)).toBe("unknown");
    expect(clock("yesterday", now)).toBe("unknown");
  });
});

test("ages are rounded kindly", () => {
  expect(ago(3)).toBe("now");
  expect(ago(50)).toBe("60 s ago");
  expect(ago(240)).toBe("4 min ago");
  expect(ago(null)).toBe("unknown");
});

test("names are listed as in a sentence", () => {
  expect(listed([])).toBe("");
  expect(listed(["aider"])).toBe("aider");
  expect(listed(["aider", "cursor"])).toBe("aider and cursor");
  expect(listed(["a", "b", "c", "d", "e", "f"])).toBe("a, b, c and 3 others");
});

test("nouns follow their number", () => {
  expect(plural(1, "client")).toBe("1 client");
  expect(plural(0, "client")).toBe("0 clients");
  expect(plural(2, "entry", "entries")).toBe("2 entries");
});
