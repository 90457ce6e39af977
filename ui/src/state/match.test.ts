import { expect, test } from "vitest";
import { address, match, pathIn } from "./match";

test.each([
  ["/ui/", ""],
  ["/ui", ""],
  ["/ui/routing", "routing"],
  ["/ui/routing/", "routing"],
  ["/ui/routing/a%2Fb/explain", "routing/a%2Fb/explain"],
])("%s is the path %s", (pathname, path) => expect(pathIn(pathname)).toBe(path));

test("a path is matched with its parameters decoded", () => {
  expect(match("routing/:id/:tab?", "routing/a%2Fb/explain")).toEqual({ id: "a/b", tab: "explain" });
});

test("the last parameter may be left out where it is marked", () => {
  expect(match("routing/:id/:tab?", "routing/7")).toEqual({ id: "7" });
  expect(match("models/:id", "models")).toBeNull();
});

test("other paths, longer paths and broken escapes do not match", () => {
  expect(match("routing", "clients")).toBeNull();
  expect(match("routing", "routing/7")).toBeNull();
  expect(match("models/:id", "models/%E0%A4%A")).toBeNull();
  expect(match("home", "")).toBeNull();
});

test("an address comes back as it was given", () => {
  const id = "o3/mini 100%?#";
  expect(match("models/:id", pathIn(address("models", id)))).toEqual({ id });
});
