import { expect, test } from "vitest";
import type { PassedOver, RequestView } from "../../api/generated";
import { beatsOf, brokenUrl, isBroken, mendedUrl, nowWords, ownCommand } from "./story";

const request = (id: string, more: Partial<RequestView> = {}): RequestView => ({
  request_id: id,
  started_at: 0,
  client_id: "c",
  strategy_id: "s",
  endpoint: "chat/completions",
  model_asked: "localrouter/auto",
  provider_served: "simulated-openai",
  model_served: "gpt-4o-mini",
  outcome: "success",
  kind: null,
  status: 200,
  error: null,
  streamed: false,
  duration_ms: 1,
  first_token_ms: null,
  overhead_ms: 0,
  usage: {
    input_tokens: 1,
    output_tokens: 1,
    cached_tokens: 0,
    reasoning_tokens: 0,
    estimated: false,
    unpriced: false,
    cost_usd: 0.00003,
    counted: null,
  },
  passed_over: [],
  recovered: false,
  ...more,
});
const passed = (more: Partial<PassedOver>): PassedOver => ({
  provider: "simulated-openai",
  model: "gpt-4o-mini",
  kind: null,
  reason: null,
  until: null,
  limit: null,
  never: null,
  ...more,
});
const limit: PassedOver["limit"] = { limit_type: "cost", time_window: "minute", mode: "soft", value: 0.0003 };
const first = request("first");
const hop = request("hop", {
  provider_served: "simulated-groq",
  model_served: "llama-3.3",
  passed_over: [passed({ kind: "rate_limited" })],
});
const free = request("free", {
  provider_served: "simulated-local",
  model_served: "llama3.2",
  passed_over: [passed({ reason: "limit", limit })],
  usage: { ...first.usage, cost_usd: 0 },
});
const seen = (requests: RequestView[]) => beatsOf(requests).map((beat) => beat.seen?.request_id ?? null);

test("each beat is seen in the newest request that shows it", () => {
  expect(seen([])).toEqual([null, null, null]);
  expect(seen([first])).toEqual([null, null, null]);
  expect(seen([hop, first])).toEqual(["hop", null, null]);
  expect(seen([free, hop, first])).toEqual(["hop", "free", "free"]);
});

test("the newest request is told in a sentence", () => {
  expect(nowWords([])).toBe("The first request comes in a moment.");
  expect(nowWords([first])).toBe("gpt-4o-mini answered, the first in the list. Each answer fills the budget a little.");
  expect(nowWords([hop, first])).toBe("gpt-4o-mini was rate limited: llama-3.3 answered instead.");
  expect(nowWords([free])).toBe(
    "The budget of $0.0003 per minute is full: llama3.2, local and free, answered. Old spending drops out after a minute.",
  );
});

test("a provider is broken and mended by its address", () => {
  const url = "http://127.0.0.1:4000/groq/openai/v1";
  expect(brokenUrl(url)).toBe("http://127.0.0.1:4000/broken/groq/openai/v1");
  expect([isBroken(url), isBroken(brokenUrl(url))]).toEqual([false, true]);
  expect(mendedUrl(brokenUrl(url))).toBe(url);
});

test("one's own home is started without the demo's", () => {
  expect(ownCommand("./scripts/run --home /tmp/localrouter-demo-x")).toBe("./scripts/run");
  expect(ownCommand("localrouter")).toBe("localrouter");
});
