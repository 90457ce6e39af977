import { expect, test } from "vitest";
import { holdsWords, ranked } from "./search";

const entries = [
  { title: "Routing", hint: "g r" },
  { title: "Create strategy", hint: "" },
  { title: "aider's strategy", hint: "strategy" },
  { title: "Night jobs", hint: "strategy" },
];
const titles = (typed: string) => ranked(entries, typed).map((entry) => entry.title);

test("nothing typed shows everything in its order", () => expect(titles(" ")).toEqual(entries.map((e) => e.title)));

test("starts of titles come before starts of words, before hints", () => {
  expect(titles("strat")).toEqual(["Create strategy", "aider's strategy", "Night jobs"]);
  expect(titles("n")).toEqual(["Night jobs", "Routing"]);
});

test("what is called just that comes before what begins so", () => {
  const both = [
    { title: "Night jobs's strategy", hint: "strategy" },
    { title: "Night jobs", hint: "client" },
  ];
  expect(ranked(both, "night  jobs")[0]?.hint).toBe("client");
});

test("every word must occur", () => {
  expect(titles("create strategy")).toEqual(["Create strategy"]);
  expect(titles("create jobs")).toEqual([]);
});

test("a text holds what was typed when each word occurs in it, in any order and case", () => {
  expect(holdsWords("Night jobs aider", "AIDER nig")).toBe(true);
  expect(holdsWords("Night jobs aider", "night zed")).toBe(false);
  expect(holdsWords("Night jobs", "  ")).toBe(true);
});
