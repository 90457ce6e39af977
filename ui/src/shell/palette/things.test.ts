import { expect, test } from "vitest";
import type { StrategyView } from "../../api/generated";
import { limitThings, namedRequest } from "./things";

const ID = "req_0123456789abcdef01234567";

test.each([ID, ` ${ID} `, `The provider failed. (request ${ID.toUpperCase().replace("REQ", "req")})`, `"${ID}"`])(
  "the request in %s is found",
  (typed) => {
    const [found, ...others] = namedRequest(typed);
    expect(found?.to).toBe(`/ui/monitor?request=${ID}`);
    expect(others).toEqual([]);
  },
);

test.each(["", "req_", `${ID}0`, "req_xyz", "a request"])("no request is named in %o", (typed) => {
  expect(namedRequest(typed)).toEqual([]);
});

test("a limit is found by its strategy and its amount, and leads to where it is set", () => {
  const limit = { limit_type: "cost", value: 2, time_window: "day", mode: "soft" };
  const [found] = limitThings([{ id: "s/1", name: "Night jobs", rate_limits: [limit] } as unknown as StrategyView]);
  expect(found).toMatchObject({ title: "Night jobs: $2.00 per day", to: "/ui/routing/s%2F1/configuration" });
});
