import { expect, test } from "vitest";
import type { CoolingView, ProviderStatus, StrategyView } from "../../api/generated";
import { fieldsOf, headerLines, headersOf, keyWords, leftOutAnyway, statusOf, strategiesNaming } from "./words";

const now = new Date(2026, 10, 23, 14, 0);
const until = new Date(2026, 10, 23, 14, 5).toISOString();
const status = (state: ProviderStatus["state"]): ProviderStatus => ({
  state,
  message: "It said so.",
  advice: null,
  until,
});
const cools = (model: string | null, kind: CoolingView["kind"]): CoolingView => ({
  provider: "openai",
  model,
  endpoint: model === null ? null : "chat/completions",
  kind,
  message: "",
  until,
  remedy: "",
});

test("a status says what it is in words", () => {
  expect(statusOf({ name: "openai", status: status("ready"), cooling: [] }).words).toBe("answers");
  expect(statusOf({ name: "openai", status: status("ready"), cooling: [cools("gpt-4o", "overloaded")] }).words).toBe(
    "answers, 1 model is cooling",
  );
  const twice = [cools("gpt-4o", "overloaded"), { ...cools("gpt-4o", "auth"), endpoint: "embeddings" as const }];
  expect(statusOf({ name: "openai", status: status("ready"), cooling: twice }).words).toBe(
    "answers, 1 model is cooling",
  );
  expect(
    statusOf({ name: "openai", status: status("cooling"), cooling: [cools(null, "rate_limited")] }, now).words,
  ).toBe("rate limit, cooling until 14:05");
  expect(statusOf({ name: "openai", status: status("cooling"), cooling: [cools(null, "auth")] }, now).words).toBe(
    "key refused, cooling until 14:05",
  );
  expect(statusOf({ name: "openai", status: status("failing"), cooling: [] })).toEqual({
    mood: "bad",
    words: "It said so.",
  });
  const failing = { ...status("failing"), message: "openai could not be reached." };
  expect(statusOf({ name: "openai", status: failing, cooling: [] }).words).toBe("could not be reached.");
  expect(statusOf({ name: "openai", status: status("no_key"), cooling: [] }).words).toBe("no key");
  expect(statusOf({ name: "openai", status: status("key_out_of_reach"), cooling: [] }).words).toBe("key out of reach");
  expect(statusOf({ name: "openai", status: status("key_elsewhere"), cooling: [] })).toEqual({
    mood: "bad",
    words: "key set for another address",
  });
});

test("a key is told by where it is kept", () => {
  expect(keyWords({ key_source: "environment", has_key: true, secret: "env:OPENAI_API_KEY" })).toBe(
    "from OPENAI_API_KEY",
  );
  expect(keyWords({ key_source: "environment", has_key: false, secret: "env:X" })).toBe("X is not set");
  expect(keyWords({ key_source: "stored", has_key: false, secret: "store:x" })).toBe("missing from the store");
  expect(keyWords({ key_source: "none", has_key: false, secret: null })).toBe("none");
});

const strategy = (given: Partial<StrategyView>): StrategyView => ({
  id: "s",
  name: "S",
  parent: null,
  is_default: false,
  allowed_models: { selected_all: true, selected_providers: [], selected_models: [] },
  auto_config: null,
  rate_limits: [],
  aliases: [],
  clients: [],
  usage: [],
  findings: [],
  ...given,
});

test("a strategy names a provider by its choice of models, its order and its aliases", () => {
  const all = [
    strategy({ id: "none" }),
    strategy({
      id: "chosen",
      allowed_models: { selected_all: false, selected_providers: ["OpenAI"], selected_models: [] },
    }),
    strategy({
      id: "alias",
      aliases: [
        ["fast", "openai/gpt-4o-mini"],
        ["gpt", "localrouter/auto"],
      ],
    }),
    strategy({ id: "other", aliases: [["openai", "gpt-4o"]] }),
  ];
  expect(strategiesNaming("openai", all).map(({ id }) => id)).toEqual(["chosen", "alias"]);
});

test("headers are typed one a line and come back as they were", () => {
  const headers = { "X-Team": "research: night", "X-Empty": "" };
  expect(headersOf(headerLines(headers))).toEqual(headers);
  expect(headersOf(" X-A :1\n\n X-B")).toEqual({ "X-A": "1", "X-B": "" });
});

test("fields are typed one a line or with commas, and count once", () => {
  expect(fieldsOf(" store,user\n\nstore , metadata ")).toEqual(["store", "user", "metadata"]);
  expect(fieldsOf(" \n")).toEqual([]);
});

test("what is left out anyway is told by preset and by refusals", () => {
  const preset = { title: "Mistral", request_fields: { drop: ["store", "stream_options"], output_cap: "max_tokens" } };
  const learnt = [
    { model: "a", fields: ["user"] },
    { model: "b", fields: ["metadata", "user"] },
  ];
  expect(leftOutAnyway(preset, learnt)).toBe(
    "Mistral is sent no store, stream_options anyway. Learned from refusals, until the next change: user, metadata.",
  );
  expect(leftOutAnyway({ ...preset, request_fields: { drop: [], output_cap: "max_tokens" } }, [])).toBe("");
  expect(leftOutAnyway(undefined, [])).toBe("");
});
