import { expect, test } from "vitest";
import { ownName } from "./ownCopy";

test("a client's own copy is named as the router would name it", () => {
  expect(ownName("aider", [])).toBe("aider's strategy");
  expect(ownName("aider", ["AIDER'S strategy", "aider's strategy (2)"])).toBe("aider's strategy (3)");
});
