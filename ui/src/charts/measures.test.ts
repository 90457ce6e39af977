import { expect, test } from "vitest";
import { bucketWords } from "./measures";

test("buckets have names", () => {
  expect(bucketWords(60)).toBe("minute");
  expect(bucketWords(900)).toBe("15 min");
  expect(bucketWords(7_200)).toBe("2 h");
});
