import { expect, test } from "vitest";
import { isLanguage } from "./language";

test.each([
  ["en-US", true],
  ["de", true],
  ["C", false],
  ["", false],
])("%j is a language: %j", (tag, expected) => {
  expect(isLanguage(tag)).toBe(expected);
});
