import { expect, test } from "vitest";
import { eventReader } from "./sse";

const TEXT =
  ': connected\n\nevent: config.changed\ndata: {"revision":7,"changed":["strategies"]}\n\n: here\n\nevent: metrics.changed\ndata: {}\n\n';
const EVENTS = [
  { event: "config.changed", data: { revision: 7, changed: ["strategies"] } },
  { event: "metrics.changed", data: {} },
];

test("events are read whole, and signs of life are no events", () => {
  expect(eventReader()(TEXT)).toEqual(EVENTS);
});

test("events are the same wherever the text is cut", () => {
  for (let cut = 0; cut <= TEXT.length; cut += 1) {
    const read = eventReader();
    expect([...read(TEXT.slice(0, cut)), ...read(TEXT.slice(cut))]).toEqual(EVENTS);
  }
});
