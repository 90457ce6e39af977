import { expect, test } from "vitest";
import { noteAnswer } from "../api/connection";
import { loadPatiently } from "./loading";

const down = { routerAnswers: async () => false, reload: () => undefined, sinceReload: () => null };
const gone = new TypeError("Failed to fetch dynamically imported module");

test("a page whose code cannot be had while the router is down is loaded once it answers", async () => {
  let tries = 0;
  const load = async () => {
    tries += 1;
    if (tries < 3) throw gone;
    return "the page";
  };
  const loaded = loadPatiently(load, down);
  await Promise.resolve();
  for (let beat = 0; beat < 20 && tries < 3; beat += 1) {
    noteAnswer();
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  expect(await loaded).toBe("the page");
});

test("code that a router that answers does not have any more is had by a reload", async () => {
  let reloads = 0;
  const loads = new Promise<string>((resolve) => {
    const reload = () => {
      reloads += 1;
      resolve("reloaded");
    };
    void loadPatiently(() => Promise.reject(gone), { ...down, routerAnswers: async () => true, reload });
  });
  expect(await loads).toBe("reloaded");
  expect(reloads).toBe(1);
});

test("code that is missing after a reload too is a fault to tell", async () => {
  const around = { ...down, routerAnswers: async () => true, sinceReload: () => 5_000 };
  await expect(loadPatiently(() => Promise.reject(gone), around)).rejects.toBe(gone);
});
