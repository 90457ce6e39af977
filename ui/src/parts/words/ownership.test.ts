import { expect, test } from "vitest";
import type { StrategyView } from "../../api/generated";
import { goesWith, ownership } from "./ownership";

const strategy: StrategyView = {
  id: "s1",
  name: "Night jobs",
  parent: null,
  is_default: false,
  allowed_models: { selected_all: true, selected_providers: [], selected_models: [] },
  auto_config: null,
  rate_limits: [],
  aliases: [],
  clients: [],
  usage: [],
  findings: [],
};
const aider = { id: "c1", name: "aider" };

test("a strategy says whose it is", () => {
  expect(ownership(strategy)).toBe("not in use");
  expect(ownership({ ...strategy, clients: [aider] })).toBe("used by aider");
  expect(ownership({ ...strategy, parent: "c1", clients: [aider] })).toBe("aider's own");
  expect(ownership({ ...strategy, clients: [aider, { id: "c2", name: "zed" }] })).toBe("shared by 2 clients");
});

test("what goes with a strategy is named, and what it never had is not", () => {
  expect(goesWith(strategy)).toEqual([]);
  expect(goesWith({ ...strategy, aliases: [["gpt-4o", "localrouter/auto"]] })).toEqual(["1 alias: gpt-4o"]);
});
