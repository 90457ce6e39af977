import { expect, test } from "vitest";
import { leftToSave, type Typing, type TypingAction, typing, UNTOUCHED } from "./typing";

const after = (...actions: TypingAction[]): Typing => actions.reduce(typing, UNTOUCHED);
const typed = (text: string): TypingAction => ({ type: "typed", text });
const sent = (text: string): TypingAction => ({ type: "sent", text });
const saved = (text: string): TypingAction => ({ type: "saved", text });

test("what was typed is saved as the field is left, and then is what the router holds", () => {
  expect(leftToSave(after(typed("two ")), "one")).toBe("two");
  expect(after(typed("two "), sent("two"), saved("two"))).toEqual(UNTOUCHED);
});

test("what was typed while a save was on its way is kept, and saved next", () => {
  const state = after(typed("two"), sent("two"), typed("three"), saved("two"));
  expect(state.typed).toBe("three");
  expect(leftToSave(state, "two")).toBe("three");
});

test("a field that is left again while a save is on its way saves what was typed since", () => {
  expect(leftToSave(after(typed("two"), sent("two"), typed("three")), "one")).toBe("three");
  expect(leftToSave(after(typed("two"), sent("two")), "one")).toBeNull();
});

test("the former text, typed again while another is on its way, is saved as well", () => {
  expect(leftToSave(after(typed("two"), sent("two"), typed("one")), "one")).toBe("one");
});

test("the answer to an earlier text leaves the later one on its way", () => {
  const state = after(typed("two"), sent("two"), typed("three"), sent("three"), saved("two"));
  expect(state).toEqual({ typed: "three", sent: "three", problem: null });
  expect(typing(state, saved("three"))).toEqual(UNTOUCHED);
});

test("what is refused stays as it was typed, with the reason, until it is sent again", () => {
  const state = after(typed("two"), sent("two"), { type: "refused", text: "two", problem: "It is taken." });
  expect(state).toEqual({ typed: "two", sent: null, problem: "It is taken." });
  expect(leftToSave(state, "one")).toBe("two");
  expect(typing(state, sent("three")).problem).toBeNull();
});

test("nothing is saved where nothing was changed, and Escape brings back what the router holds", () => {
  expect(leftToSave(after(typed("one")), "one")).toBeNull();
  expect(after(typed("two"), { type: "reverted" })).toEqual(UNTOUCHED);
});
