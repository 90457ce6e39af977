import { describe, expect, test } from "vitest";
import type { SpendRow, SpendTotals, SpendView } from "../../api/generated";
import { stacked } from "../stack";
import {
  changeWords,
  colorOf,
  limitsIn,
  linesOf,
  nameOf,
  nextSorting,
  periodFor,
  placeOf,
  type Sorting,
  sorted,
  splitsOf,
} from "./split";

const NOTHING: SpendTotals = {
  requests: 0,
  failed_requests: 0,
  denied_requests: 0,
  paid_requests: 0,
  free_requests: 0,
  unpriced_requests: 0,
  estimated_requests: 0,
  calls: 0,
  input_tokens: 0,
  output_tokens: 0,
  cached_tokens: 0,
  paid_tokens: 0,
  free_tokens: 0,
  unpriced_tokens: 0,
  estimated_tokens: 0,
  cost_usd: 0,
  estimated_cost_usd: 0,
};

function row(group: string, totals: Partial<SpendTotals>, rest: Partial<SpendRow> = {}): SpendRow {
  return {
    group,
    name: group,
    totals: { ...NOTHING, requests: 1, calls: 1, ...totals },
    share: null,
    saved_usd: 0,
    previous_cost_usd: 0,
    previous_requests: 0,
    ...rest,
  };
}

describe("rows", () => {
  const rows = [
    row("b", { cost_usd: 1, requests: 5, input_tokens: 10 }),
    row("a", { cost_usd: null, requests: 9, output_tokens: 3 }, { saved_usd: 2 }),
    row("c", { cost_usd: 0, requests: 1, input_tokens: 7 }, { previous_cost_usd: 4 }),
    row("d", { cost_usd: 0, requests: 0, calls: 1, input_tokens: 9 }),
    row("", { requests: 0, calls: 0, denied_requests: 3 }),
  ];
  const keys = (sorting: Sorting) => sorted(rows, "model", sorting).map(({ group }) => group);

  test("stand in order, those of equal figures with the most tokens first", () => {
    expect(keys({ by: "cost", isDescending: true })).toEqual(["b", "d", "c", "a"]);
    expect(keys({ by: "requests", isDescending: true })).toEqual(["a", "b", "c", "d"]);
    expect(keys({ by: "name", isDescending: false })).toEqual(["a", "b", "c", "d"]);
    expect(keys({ by: "saved", isDescending: true })[0]).toBe("a");
    expect(keys({ by: "before", isDescending: true })[0]).toBe("c");
  });

  test("are sorted the other way by a second press, numbers from the largest at first", () => {
    const cost: Sorting = { by: "cost", isDescending: true };
    expect(nextSorting(cost, "cost")).toEqual({ by: "cost", isDescending: false });
    expect(nextSorting(cost, "tokens")).toEqual({ by: "tokens", isDescending: true });
    expect(nextSorting(cost, "name")).toEqual({ by: "name", isDescending: false });
  });

  test("have the colour of their series, and that of all others where the chart has one", () => {
    const own = [{ group: "b", name: "b", values: [1] }];
    const others = [...own, { group: null, name: null, values: [1] }];
    expect(colorOf(own, row("b", {}))).toBe("--stack-1");
    expect(colorOf(own, row("z", {}))).toBeNull();
    expect(colorOf(others, row("z", {}))).toBe("--stack-others");
    expect(linesOf({ series: others, by: "model" }).map(({ title }) => title)).toEqual(["b", "all others"]);
  });
});

test("what is no longer configured keeps a name, and leads to its requests", () => {
  expect(nameOf("client", "12345678-90ab", null)).toBe("deleted client 12345678");
  expect(nameOf("model", "gone/m", null)).toBe("gone/m");
  expect(nameOf("provider", "", null)).toBe("no model called");
  expect(placeOf("client", { group: "c 1", name: null })).toBe("/ui/monitor?client=c+1");
  expect(placeOf("model", { group: "a/b", name: "a/b" })).toBe("/ui/models/a%2Fb");
  expect(placeOf("strategy", { group: "s", name: "S" })).toBe("/ui/routing/s/metrics");
  expect(placeOf("model", { group: "", name: null })).toBeNull();
});

test("a scope is never split by itself", () => {
  expect(splitsOf("llm_global")).toHaveLength(4);
  expect(splitsOf("llm_strategy:default")).not.toContain("strategy");
  expect(splitsOf("llm_model:a/b")).not.toContain("model");
  expect(splitsOf("llm_provider:a")).not.toContain("provider");
  expect(splitsOf("llm_key:a")).not.toContain("client");
});

test("limits are shown where they are somebody's", () => {
  expect(limitsIn("llm_global")).toBe("all");
  expect(limitsIn("llm_strategy:a:b")).toEqual({ strategyId: "a:b" });
  expect(limitsIn("llm_model:a/b")).toBeNull();
});

test.each([
  [1.5, 1, "+50.0 %, $1.00 in the 24 hours before"],
  [0.5, 1, "-50.0 %, $1.00 in the 24 hours before"],
  [1, 1, "as in the 24 hours before"],
  [30, 1, "×30, $1.00 in the 24 hours before"],
  [1, 0, "nothing in the 24 hours before"],
  [1, null, "unknown in the 24 hours before"],
  [null, 1, "$1.00 in the 24 hours before"],
])("%s after %s is %s", (now, before, words) => expect(changeWords(now, before, "24h")).toBe(words));

describe("the first period", () => {
  const NOW = 1_000_000;
  const begun = (ago: number[], rest: Partial<SpendView> = {}) => ({
    timestamps: [90_000, ...ago].map((seconds) => NOW - seconds),
    series: [{ group: "a", name: "a", values: [0, ...ago.map(() => 1)] }],
    total: { ...NOTHING, requests: 3 },
    previous: NOTHING,
    ...rest,
  });
  const earlier = { previous: { ...NOTHING, requests: 1 } };

  test.each([
    [begun([1_500]), begun([840]), "15m"],
    [begun([1_500]), begun([1_320]), "1h"],
    [begun([4_200]), begun([3_540]), "1h"],
    [begun([4_200]), begun([3_540], earlier), "24h"],
    [begun([9_000, 600]), begun([3_000], earlier), "24h"],
    [begun([600], earlier), begun([600]), "24h"],
    [begun([], { total: NOTHING }), begun([], { total: NOTHING }), "30d"],
    [begun([], { total: { ...NOTHING, denied_requests: 2 } }), begun([]), "15m"],
  ])("holds all there is %#", (day, hour, period) => expect(periodFor(day, hour, NOW)).toBe(period));
});

test("lines are stacked on those before them, and unknown stays unknown", () => {
  expect(
    stacked([
      [1, 2, null],
      [3, 0, 4],
    ]),
  ).toEqual([
    [1, 2, null],
    [4, 2, 4],
  ]);
});
