import { expect, test } from "vitest";
import type { LimitUsage } from "../../api/generated";
import { stillHidden, toSend, toTell } from "./notices";

const usage = (used: number, value = 2): LimitUsage => ({
  limit_type: "cost",
  time_window: "day",
  mode: "soft",
  value,
  used,
  reserved: 0,
  remaining: value - used,
  resets_at: null,
});
const quiet = { is_demo: false, near_limits: [], notice_at: [0.8, 1], providers: [], cooling: [] };
const near = (used: number) => ({
  ...quiet,
  near_limits: [{ strategy: { id: "s", name: "Night jobs" }, limit: usage(used) }],
});

test("a limit is told at each share, once for each", () => {
  expect(toTell(near(1.5))).toEqual([]);
  const [warned] = toTell(near(1.62));
  expect(warned?.title).toBe("Night jobs: 81 % of $2.00 per day is used");
  expect(toTell(near(1.9))[0]?.id).toBe(warned?.id);
  const [full] = toTell(near(2));
  expect(full?.title).toBe("Night jobs: the limit of $2.00 per day is used up");
  expect(full?.id).not.toBe(warned?.id);
});

test("without shares no limit is told", () => expect(toTell({ ...near(2), notice_at: [] })).toEqual([]));

test("a full limit between two shares is told as full", () => {
  expect(toTell({ ...near(2.4), notice_at: [0.5] })[0]?.mood).toBe("bad");
});

test("a provider is told where it does not come back by itself", () => {
  const provider = (state: "no_key" | "cooling") => ({
    name: "openai",
    title: "OpenAI",
    local: false,
    status: { state, message: "It has no key.", advice: "Set one.", until: null },
  });
  expect(toTell({ ...quiet, providers: [provider("no_key")] })[0]?.text).toBe("It has no key. Set one.");
  expect(toTell({ ...quiet, providers: [provider("cooling")] })).toEqual([]);
});

test("a refused key is told, a rate limit is not", () => {
  const cooling = (kind: "auth" | "rate_limited") => ({
    provider: "openai",
    model: null,
    endpoint: null,
    kind,
    message: "The key was refused.",
    until: "2026-01-31T08:00:00Z",
    remedy: "Set a new key.",
  });
  expect(toTell({ ...quiet, cooling: [cooling("auth")] })[0]?.title).toBe("openai needs attention");
  expect(toTell({ ...quiet, cooling: [cooling("rate_limited")] })).toEqual([]);
});

test("a demo tells its own story", () => expect(toTell({ ...near(2), is_demo: true })).toEqual([]));

test("what was hidden is shown again only after it ended", () => {
  const now = toTell(near(1.7));
  const id = now[0]?.id ?? "";
  expect(stillHidden([id], now)).toEqual([id]);
  expect(stillHidden([id], [])).toEqual([]);
});

test("the desktop is told once, and not again while a window fills and empties", () => {
  const all = toTell(near(1.7));
  const first = toSend(all, {}, 1_000);
  expect(first.fresh).toEqual(all);
  expect(toSend(all, first.sent, 1_010).fresh).toEqual([]);
  const ended = toSend([], first.sent, 1_020);
  expect(toSend(all, ended.sent, 1_030).fresh).toEqual([]);
  expect(toSend(all, ended.sent, 1_000 + 3_601).fresh).toEqual(all);
});
