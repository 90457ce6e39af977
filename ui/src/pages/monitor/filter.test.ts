import { expect, test } from "vitest";
import { addressOf, EVERYTHING, filterIn, isSame } from "./filter";

const filter = { ...EVERYTHING, model: "openai/gpt-4o", outcome: "failed", kind: "rate_limited" } as const;

test("a filter comes back from its address, whatever request is open", () => {
  for (const request of [null, "req_1"]) {
    const address = addressOf(filter, request);
    expect(filterIn(address.slice(address.indexOf("?")))).toEqual(filter);
  }
});

test("no filter and no request leave a plain address", () => {
  expect(addressOf(EVERYTHING, null)).toBe("/ui/monitor");
  expect(addressOf(EVERYTHING, "req_1")).toBe("/ui/monitor?request=req_1");
  expect(filterIn("?request=req_1")).toBeNull();
});

test("an address that names what does not exist narrows nothing by it", () => {
  expect(filterIn("?outcome=fine&kind=toString")).toBeNull();
  expect(filterIn("?outcome=fine&client=c")).toEqual({ ...EVERYTHING, client: "c" });
});

test("filters are the same where each of their fields is", () => {
  expect(isSame(filter, { ...filter })).toBe(true);
  expect(isSame(filter, { ...filter, kind: "" })).toBe(false);
});
