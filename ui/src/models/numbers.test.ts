import { expect, test } from "vitest";
import { perMillion } from "./numbers";

test.each([
  [0.5, "$0.50"],
  [10, "$10.00"],
  [0.075, "$0.075"],
  [0.6, "$0.60"],
  [0, "$0"],
  [null, "unknown"],
])("%s per million is %s", (usd, shown) => expect(perMillion(usd)).toBe(shown));
