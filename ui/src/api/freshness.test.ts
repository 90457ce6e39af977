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
  expect(isStale("get_client", sources)).toBe(false);
});

test("an own price makes the remarks on strategies stale", () => {
  const sources = touched({ event: "config.changed", data: { revision: 7, changed: ["pricing_overrides"] } });
  expect(isStale("list_strategies", sources)).toBe(true);
  expect(isStale("list_clients", sources)).toBe(false);
});

test("a command that acts is never called again by itself", () => {
  const sources = touched({ event: "server.status", data: {} });
  expect(isStale("test_provider", sources)).toBe(false);
});

test("an event of a later release makes everything stale", () => {
  expect(isStale("list_clients", touched({ event: "unheard.of", data: {} }))).toBe(true);
});

test("a resync makes everything stale", () => {
  expect(isStale("list_provider_presets", touched({ event: "resync", data: {} }))).toBe(true);
});
