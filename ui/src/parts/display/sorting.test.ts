import { expect, test } from "vitest";
import { pressed, type Sortable, sorted } from "./sorting";

const ROWS = [
  { name: "gpt-10", price: 2.5 },
  { name: "gpt-9", price: null },
  { name: "llama", price: 0 },
];

const COLUMNS: Sortable<(typeof ROWS)[number]>[] = [
  { key: "name", sort: ({ name }) => name },
  { key: "price", sort: ({ price }) => price },
  { key: "plain" },
];

const names = (id: string, desc: boolean) => sorted(ROWS, COLUMNS, [{ id, desc }]).map(({ name }) => name);

test("unknown comes last, both ways, and free is not unknown", () => {
  expect(names("price", false)).toEqual(["llama", "gpt-10", "gpt-9"]);
  expect(names("price", true)).toEqual(["gpt-10", "llama", "gpt-9"]);
});

test("numbers in names are sorted as numbers", () => {
  expect(names("name", false)).toEqual(["gpt-9", "gpt-10", "llama"]);
});

test("where no column sorts, the rows stay as listed", () => {
  expect(sorted(ROWS, COLUMNS, [])).toBe(ROWS);
});

test("a title sorts its way, the other way, and not at all", () => {
  const first = pressed([], "window", true);
  const second = pressed(first, "window", true);
  expect([first, second, pressed(second, "window", true)]).toEqual([
    [{ id: "window", desc: true }],
    [{ id: "window", desc: false }],
    [],
  ]);
  expect(pressed(first, "name", false)).toEqual([{ id: "name", desc: false }]);
});
