import { expect, test } from "vitest";
import type { ProviderStatus, ServerStatusView } from "../../api/generated";
import { concerns, providersWords } from "./concerns";

const calm: ServerStatusView = {
  version: "0.1.0",
  home: "/home/ada/.localrouter",
  is_demo: false,
  command_line: "localrouter",
  url: "http://127.0.0.1:3625",
  network: [],
  pid: 1,
  started_at: 0,
  revision: 1,
  clients: 1,
  strategies: 1,
  problems: [],
  reports: [],
  usage_lost: false,
  usage_loss: null,
  providers: [],
  cooling: [],
  near_limits: [],
  notice_at: [0.8, 1],
};
const provider = (name: string, state: ProviderStatus["state"], advice: string | null = null) => ({
  name,
  title: name,
  local: false,
  status: { state, message: `It is ${state}.`, advice, until: null },
});

test("where all is well nothing is said", () => {
  expect(concerns({ ...calm, providers: [provider("a", "ready"), provider("b", "disabled")] })).toEqual([]);
});

test("what is wrong comes with its remedy and the way there", () => {
  const [found] = concerns({ ...calm, providers: [provider("openai", "no_key", "Set its key.")] });
  expect(found).toMatchObject({ says: "openai: It is no_key.", remedy: "Set its key.", go: { verb: "Set key" } });
});

test("a full limit is worse than a near one and comes first", () => {
  const limit = (used: number) => ({
    limit_type: "requests" as const,
    time_window: "hour" as const,
    mode: "soft" as const,
    value: 10,
    used,
    reserved: 0,
    remaining: 10 - used,
    resets_at: null,
  });
  const strategy = (id: string) => ({ id, name: id });
  const found = concerns({
    ...calm,
    near_limits: [
      { strategy: strategy("near"), limit: limit(8) },
      { strategy: strategy("full"), limit: limit(10) },
    ],
  });
  expect(found.map(({ says, mood }) => [mood, says])).toEqual([
    ["bad", "full is out of room: 10 of 10 requests per hour used."],
    ["warn", "near is near its limit: 8 of 10 requests per hour used."],
  ]);
});

test("a full cost limit leaves the free models, and nobody waits for it", () => {
  const limit = {
    limit_type: "cost" as const,
    time_window: "day" as const,
    mode: "soft" as const,
    value: 2,
    used: 2,
    reserved: 0,
    remaining: 0,
    resets_at: null,
  };
  const [full] = concerns({ ...calm, near_limits: [{ strategy: { id: "s", name: "s" }, limit }] });
  expect(full?.remedy).toBe(
    "Models that cost are skipped until it drains, or the limit is raised; requests that no free model can serve are refused.",
  );
  const [near] = concerns({
    ...calm,
    near_limits: [{ strategy: { id: "s", name: "s" }, limit: { ...limit, used: 1.8 } }],
  });
  expect(near?.remedy).toMatch(/^When it is full, models that cost are skipped until it drains; /);
});

test("a cooling model is named with what happened", () => {
  const [found] = concerns({
    ...calm,
    cooling: [
      {
        provider: "openai",
        model: "gpt-4o",
        endpoint: "chat/completions",
        kind: "rate_limited",
        message: "",
        until: new Date().toISOString(),
        remedy: "",
      },
    ],
  });
  expect(found?.says).toMatch(/^openai\/gpt-4o was rate limited and is left alone until \d\d:\d\d:\d\d\.$/);
  expect(found?.remedy).toMatch(/^Nothing to do/);
  expect(found?.passes).toBe(true);
});

test("the state of the providers is a few words", () => {
  expect(providersWords(calm)).toBe("No provider is set up");
  const two = [provider("a", "ready"), provider("b", "failing"), provider("c", "disabled")];
  expect(providersWords({ providers: two })).toBe("1 of 2 providers answers");
  expect(providersWords({ providers: [provider("a", "ready")] })).toBe("a answers");
  expect(providersWords({ providers: [provider("a", "ready"), provider("b", "ready")] })).toBe(
    "All 2 providers answer",
  );
});
