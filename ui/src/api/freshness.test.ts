import { expect, test } from "vitest";
import { isStale, touched } from "./freshness";

test("a changed section makes only what reads it stale", () => {
  const sources = touched({ event: "config.changed", data: { revision: 7, changed: ["clients"] } });
  expect(isStale("list_clients", sources)).toBe(true);
  expect(isStale("get_strategy", sources)).toBe(true);
  expect(isStale("list_models", sources)).toBe(false);
});

test("every change of the configuration makes the whole document stale", () => {
  const sources = touched({ event: "config.changed", data: { revision: 7, changed: ["server"] } });
  expect(isStale("get_config", sources)).toBe(true);
  expect(isStale("list_revisions", sources)).toBe(true);
});

test("new samples make usage stale, and no configuration", () => {
  const sources = touched({ event: "metrics.changed", data: {} });
  expect(isStale("get_metrics", sources)).toBe(true);
  expect(isStale("list_running_requests", sources)).toBe(true);
  expect(isStale("get_strategy", sources)).toBe(false);
});

test("a resync makes everything stale", () => {
  expect(isStale("list_provider_presets", touched({ event: "resync", data: {} }))).toBe(true);
});
