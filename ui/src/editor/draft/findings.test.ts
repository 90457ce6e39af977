import { expect, test } from "vitest";
import { begin, type Groups, reduce } from "./draft";
import { findingsOf, strays } from "./findings";

const groups: Groups = {
  allowed_models: { selected_all: true, selected_providers: [], selected_models: [] },
  auto_config: null,
  rate_limits: [],
  aliases: [],
};
const remark = { path: "aliases[0]", message: "This hides the model of that name.", severity: "note" } as const;
const refusedAt = (path: string) =>
  reduce(begin(groups, 1), { type: "refused", message: "No.", findings: [{ path, message: "Too small." }] });

test("a refused value is told at its field, whether the router names the strategy or not", () => {
  for (const path of ["rate_limits[0].value", "strategies[12].rate_limits[0].value"]) {
    const at = findingsOf(refusedAt(path), "rate_limits", []);
    expect(at("[0].value")).toMatchObject([{ message: "Too small.", severity: "error" }]);
    expect(at("[1].value")).toEqual([]);
  }
});

test("remarks on the router's own state are shown while it is what the screen shows", () => {
  const draft = begin(groups, 1);
  expect(findingsOf(draft, "aliases", [remark])("[0]")).toMatchObject([{ severity: "note" }]);
  const edited = reduce(draft, { type: "edited", group: "aliases", value: [["gpt-4o", "localrouter/auto"]] });
  expect(findingsOf(edited, "aliases", [remark])("[0]")).toEqual([]);
});

test("findings that belong to no field are not swallowed", () => {
  const places = [
    { path: "strategies[1].name", message: "This must not be empty." },
    { path: "strategies[1].aliases[0]", message: "No." },
  ];
  expect(strays(places, ["aliases"])).toEqual([places[0]]);
});
