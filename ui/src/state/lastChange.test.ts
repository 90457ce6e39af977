import { expect, test } from "vitest";
import { isOffered } from "./lastChange";

const made = "2026-01-31T08:00:00Z";
const at = (hours: number) => Date.parse(made) / 1000 + hours * 3_600;

test("a change is offered for undo for a day", () => {
  expect(isOffered(made, at(0))).toBe(true);
  expect(isOffered(made, at(23))).toBe(true);
  expect(isOffered(made, at(25))).toBe(false);
});

test("a clock that runs behind the router's hides nothing", () => {
  expect(isOffered(made, at(-1))).toBe(true);
});
