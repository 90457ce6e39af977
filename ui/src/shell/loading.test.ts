import { expect, test } from "vitest";
import { noteAnswer } from "../api/connection";
import { loadPatiently } from "./loading";

test("a page whose code cannot be had while the router is down is loaded once it answers", async () => {
  let tries = 0;
  const load = async () => {
    tries += 1;
    if (tries < 3) throw new TypeError("Failed to fetch dynamically imported module");
    return "the page";
  };
  const loaded = loadPatiently(load, async () => false);
  await Promise.resolve();
  for (let beat = 0; beat < 20 && tries < 3; beat += 1) {
    noteAnswer();
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  expect(await loaded).toBe("the page");
});

test("code that is not to be had from a router that answers is a fault to tell", async () => {
  const gone = new TypeError("404");
  await expect(
    loadPatiently(
      () => Promise.reject(gone),
      async () => true,
    ),
  ).rejects.toBe(gone);
});
