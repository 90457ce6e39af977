import { expect, test } from "vitest";
import type { RequestView } from "../../api/generated";
import { NOTHING, withNewest, withOlder } from "./feed";

const request = (number: number): RequestView => ({
  request_id: `req_${number}`,
  started_at: number,
  client_id: "c",
  strategy_id: "s",
  endpoint: "chat/completions",
  model_asked: "localrouter/auto",
  provider_served: null,
  model_served: null,
  outcome: "success",
  kind: null,
  status: 200,
  error: null,
  streamed: false,
  duration_ms: 1,
  first_token_ms: null,
  overhead_ms: 0,
  usage: {
    input_tokens: 0,
    output_tokens: 0,
    cached_tokens: 0,
    reasoning_tokens: 0,
    estimated: false,
    unpriced: false,
    cost_usd: 0,
    counted: null,
  },
  passed_over: [],
  recovered: false,
});
const page = (numbers: number[], next_cursor: string | null) => ({ items: numbers.map(request), next_cursor });
const shown = (known: { items: readonly RequestView[] }) => known.items.map((item) => item.started_at);

test("newer requests go on top, what was loaded below stays", () => {
  const first = withNewest(NOTHING, page([3, 2], "2"));
  const deeper = withOlder(first, page([1], null));
  const now = withNewest(deeper, page([4, 3], "3"));
  expect(shown(now)).toEqual([4, 3, 2, 1]);
  expect(now.cursor).toBeNull();
});

test("a long request that ends late goes where it began", () => {
  const first = withNewest(NOTHING, page([5, 3], null));
  expect(shown(withNewest(first, page([5, 4, 3], null)))).toEqual([5, 4, 3]);
});

test("a page that does not touch what is known replaces it, so that no hole is hidden", () => {
  const first = withNewest(NOTHING, page([2, 1], null));
  const now = withNewest(first, page([9, 8], "8"));
  expect(shown(now)).toEqual([9, 8]);
  expect(now.cursor).toBe("8");
});

test("nothing new changes nothing", () => {
  const first = withNewest(NOTHING, page([2, 1], null));
  expect(withNewest(first, page([2, 1], null))).toBe(first);
});

test("an empty record is known to be empty", () => {
  expect(withNewest(NOTHING, page([], null)).cursor).toBeNull();
});

test("older pages never repeat a request", () => {
  const first = withNewest(NOTHING, page([3, 2], "2"));
  expect(shown(withOlder(first, page([2, 1], null)))).toEqual([3, 2, 1]);
});
