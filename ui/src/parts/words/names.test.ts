import { expect, test } from "vitest";
import { copyName, freeName, ownName } from "./names";

test("names are made free without slashes", () => {
  expect(freeName("openai", ["OpenAI", "openai-2"])).toBe("openai-3");
});

test("a copy gets a free name", () => {
  expect(copyName("Night jobs", ["Night jobs"])).toBe("Night jobs copy");
  expect(copyName("Night jobs", ["night jobs COPY", "Night jobs copy 2"])).toBe("Night jobs copy 3");
});

test("a client's own copy is named as the router would name it", () => {
  expect(ownName("aider", [])).toBe("aider's strategy");
  expect(ownName("two dollars", [])).toBe("two dollars' strategy");
  expect(ownName("aider", ["AIDER'S strategy", "aider's strategy (2)"])).toBe("aider's strategy (3)");
});
