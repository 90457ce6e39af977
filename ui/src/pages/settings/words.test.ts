import { expect, test } from "vitest";
import { addressAfter, documentOf, lines, shares, wholeNumber } from "./input";
import { lostWith } from "./words";

test("what an import takes away is named, the default strategy is not", () => {
  const present = {
    clients: [
      { id: "1", name: "aider" },
      { id: "2", name: "zed" },
    ],
    strategies: [
      { id: "default", name: "Default Strategy" },
      { id: "s", name: "Night jobs" },
    ],
    providers: [{ name: "openai" }],
  };
  expect(lostWith(present, { clients: [{ id: "2" }], providers: [{ name: "openai" }] })).toEqual([
    "client aider, whose key stops working",
    "strategy Night jobs",
  ]);
});

test("whole numbers are read as people write them, others are refused with an example", () => {
  expect(wholeNumber(" 1,024 ", "The size")).toBe(1_024);
  expect(() => wholeNumber("3.5", "The port")).toThrow("The port is a whole number, such as 30.");
  expect(() => wholeNumber("", "The port")).toThrow();
});

test("lines are entries", () => expect(lines(" a \n\n b\n")).toEqual(["a", "b"]));

test("a document is a JSON object", () => {
  expect(documentOf('{"version": 1}')).toEqual({ version: 1 });
  expect(() => documentOf("[1]")).toThrow(/is a JSON object/);
  expect(() => documentOf("nope")).toThrow(/is not JSON/);
});

const here = { protocol: "http:", hostname: "127.0.0.1", port: "3625" };

test("the pages move only where the address does", () => {
  expect(addressAfter({ host: "127.0.0.1", port: 3625 }, here)).toBeNull();
  expect(addressAfter({ host: "localhost", port: 3625 }, here)).toBeNull();
  expect(addressAfter({ host: "0.0.0.0", port: 3625 }, here)).toBeNull();
  expect(addressAfter({ host: "127.0.0.1", port: 3700 }, here)).toBe("http://127.0.0.1:3700");
  expect(addressAfter({ host: "10.0.0.7", port: 3625 }, here)).toBe("http://10.0.0.7:3625");
});

test("percentages are read as shares", () => {
  expect(shares("80, 100")).toEqual([0.8, 1]);
  expect(shares("50% 90 %")).toEqual([0.5, 0.9]);
  expect(shares("  ")).toEqual([]);
  expect(() => shares("120")).toThrow("from 1 to 100");
});
