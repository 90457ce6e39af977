import { expect, test } from "vitest";
import type { PriceSource } from "../api/generated";
import { toPrice, unpricedProviders } from "./unpriced";

const model = (provider: string, name: string, price_source: PriceSource | null) => ({
  id: `${provider}/${name}`,
  provider,
  price_source,
});
const MODELS = [
  model("mine", "a", null),
  model("mine", "b", "override"),
  model("cloud", "gpt", "table"),
  model("cloud", "tts", null),
  model("home", "llama", "local"),
  model("work", "x", "free"),
];
const ALL = MODELS.map(({ id }): [string, string] => id.split("/") as [string, string]);

test("providers without prices are named, and those with a list of prices only for what is tried", () => {
  expect(unpricedProviders(MODELS, ALL, [])).toEqual(["mine"]);
  expect(unpricedProviders(MODELS, ALL, [["cloud", "gpt"]])).toEqual(["mine"]);
  expect(unpricedProviders(MODELS, ALL, [["cloud", "tts"]])).toEqual(["cloud", "mine"]);
});

test("what is not allowed, or known by no list, names nobody", () => {
  expect(unpricedProviders(MODELS, [["mine", "b"]], [])).toEqual([]);
  expect(unpricedProviders(MODELS, [["mine", "unlisted"]], [["gone", "x"]])).toEqual([]);
});

test("the models to price are those that are tried, then the others that a limit refuses", () => {
  expect(
    toPrice(MODELS, ALL, [
      ["cloud", "tts"],
      ["cloud", "gpt"],
      ["gone", "x"],
    ]),
  ).toEqual([
    ["cloud", "tts"],
    ["mine", "a"],
  ]);
});
