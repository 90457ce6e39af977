import { describe, expect, test } from "vitest";
import type { StrategyRateLimit } from "../../api/generated";
import { type Action, begin, type Draft, type Groups, isDirty, leftAfter, reduce, unsaved } from "./draft";

const limit = (value: number): StrategyRateLimit => ({
  limit_type: "cost",
  value,
  time_window: "day",
  mode: "soft",
});
const start: Groups = {
  allowed_models: { selected_all: true, selected_providers: [], selected_models: [] },
  auto_config: null,
  rate_limits: [limit(2)],
  aliases: [],
};
const doing = (draft: Draft, ...actions: Action[]) => actions.reduce(reduce, draft);
const limits = (...values: number[]): Action => ({
  type: "edited",
  group: "rate_limits",
  value: values.map(limit),
});
const aliases = (...names: string[]): Action => ({
  type: "edited",
  group: "aliases",
  value: names.map((name): [string, string] => [name, "localrouter/auto"]),
});
const draft = begin(start, 5);

test("a fresh draft has nothing to save", () => {
  expect(unsaved(draft)).toEqual({});
  expect(isDirty(draft)).toBe(false);
});

test("only the changed groups are saved", () => {
  expect(unsaved(doing(draft, limits(3)))).toEqual({ rate_limits: [limit(3)] });
});

test("a change and its opposite leave nothing to save", () => {
  expect(unsaved(doing(draft, limits(3), limits(2)))).toEqual({});
});

test("a limit whose number is still being typed waits", () => {
  const typing = doing(draft, limits(Number.NaN));
  expect(unsaved(typing)).toEqual({});
  expect(isDirty(typing)).toBe(true);
});

test("what was saved is the router's from then on", () => {
  const edited = doing(draft, limits(3));
  const groups = { ...start, rate_limits: [limit(3)] };
  const saved = doing(edited, { type: "sent", groups: unsaved(edited) }, { type: "saved", groups, revision: 6 });
  expect(isDirty(saved)).toBe(false);
  expect(saved.revision).toBe(6);
  expect(saved.hasSaved).toBe(true);
});

test("what was typed while a save was on its way is kept and saved next", () => {
  const sent = doing(draft, limits(3), { type: "sent", groups: { rate_limits: [limit(3)] } }, limits(4));
  const groups = { ...start, rate_limits: [limit(3)] };
  const saved = reduce(sent, { type: "saved", groups, revision: 6 });
  expect(saved.current.rate_limits).toEqual([limit(4)]);
  expect(saved.theirs).toEqual({});
  expect(unsaved(saved)).toEqual({ rate_limits: [limit(4)] });
});

test("a page that is left while a save is on its way knows what to save after it", () => {
  const sent = doing(draft, limits(3), { type: "sent", groups: { rate_limits: [limit(3)] } });
  const saved = { groups: { ...start, rate_limits: [limit(3)] }, revision: 6 };
  expect(leftAfter(sent, saved)).toEqual({});
  expect(leftAfter(doing(sent, limits(4), aliases("gpt-4o")), saved)).toEqual({
    rate_limits: [limit(4)],
    aliases: [["gpt-4o", "localrouter/auto"]],
  });
});

test("an undo while a save is on its way is saved after it", () => {
  const sent = doing(draft, limits(3), { type: "sent", groups: { rate_limits: [limit(3)] } }, { type: "undone" });
  const saved = reduce(sent, { type: "saved", groups: { ...start, rate_limits: [limit(3)] }, revision: 6 });
  expect(saved.theirs).toEqual({});
  expect(unsaved(saved)).toEqual({ rate_limits: [limit(2)] });
});

describe("a save whose answer was lost", () => {
  const lost = doing(
    draft,
    limits(3),
    { type: "sent", groups: { rate_limits: [limit(3)] } },
    { type: "refused", message: "LocalRouter does not answer.", findings: [] },
  );
  const arrived: Action = { type: "received", groups: { ...start, rate_limits: [limit(3)] }, revision: 6 };

  test("but arrived is done, and no failure is left on the screen", () => {
    const next = reduce(lost, arrived);
    expect(isDirty(next)).toBe(false);
    expect(next.problem).toBeNull();
  });

  test("is no change from elsewhere when more was typed since", () => {
    const next = doing(lost, limits(4), arrived);
    expect(next.theirs).toEqual({});
    expect(next.current.rate_limits).toEqual([limit(4)]);
    expect(unsaved(next)).toEqual({ rate_limits: [limit(4)] });
  });
});

describe("a change from elsewhere", () => {
  const elsewhere: Groups = { ...start, rate_limits: [limit(9)] };

  test("is shown at once where nothing was changed here", () => {
    const next = reduce(draft, { type: "received", groups: elsewhere, revision: 6 });
    expect(next.current.rate_limits).toEqual([limit(9)]);
    expect(isDirty(next)).toBe(false);
  });

  test("of another group leaves ours alone, and ours is still to be saved", () => {
    const next = doing(draft, aliases("gpt-4o"), { type: "received", groups: elsewhere, revision: 6 });
    expect(next.current.rate_limits).toEqual([limit(9)]);
    expect(Object.keys(unsaved(next))).toEqual(["aliases"]);
    expect(next.theirs).toEqual({});
  });

  test("of the same group is a conflict: both are kept, neither is saved", () => {
    const next = doing(draft, limits(3), { type: "received", groups: elsewhere, revision: 6 });
    expect(next.current.rate_limits).toEqual([limit(3)]);
    expect(next.theirs.rate_limits).toEqual([limit(9)]);
    expect(unsaved(next)).toEqual({});
  });

  test("to the same value is no conflict", () => {
    const next = doing(draft, limits(9), { type: "received", groups: elsewhere, revision: 6 });
    expect(next.theirs).toEqual({});
    expect(isDirty(next)).toBe(false);
  });

  test("that is older than what is known is not looked at", () => {
    const next = reduce(draft, { type: "received", groups: elsewhere, revision: 4 });
    expect(next).toEqual(draft);
  });

  const inConflict = doing(draft, limits(3), { type: "received", groups: elsewhere, revision: 6 });

  test("keeping ours saves it over theirs", () => {
    const chosen = reduce(inConflict, { type: "chose", group: "rate_limits", side: "mine" });
    expect(unsaved(chosen)).toEqual({ rate_limits: [limit(3)] });
  });

  test("taking theirs saves nothing, and undo brings ours back", () => {
    const chosen = reduce(inConflict, { type: "chose", group: "rate_limits", side: "theirs" });
    expect(chosen.current.rate_limits).toEqual([limit(9)]);
    expect(unsaved(chosen)).toEqual({});
    expect(reduce(chosen, { type: "undone" }).current.rate_limits).toEqual([limit(3)]);
  });

  test("that changes again while the conflict stands is what is chosen from", () => {
    const later = { ...start, rate_limits: [limit(12)] };
    const next = reduce(inConflict, { type: "received", groups: later, revision: 7 });
    expect(next.theirs.rate_limits).toEqual([limit(12)]);
  });

  test("that takes itself back ends the conflict", () => {
    const next = reduce(inConflict, { type: "received", groups: start, revision: 7 });
    expect(next.theirs).toEqual({});
    expect(unsaved(next)).toEqual({ rate_limits: [limit(3)] });
  });
});

test("a refused change stays on the screen, is not sent again, and is once it is changed", () => {
  const edited = doing(draft, limits(0));
  const refused = doing(
    edited,
    { type: "sent", groups: unsaved(edited) },
    { type: "refused", message: "This must be more than 0.", findings: [] },
  );
  expect(unsaved(refused)).toEqual({});
  expect(refused.current.rate_limits).toEqual([limit(0)]);
  expect(unsaved(doing(refused, limits(1)))).toEqual({ rate_limits: [limit(1)] });
  expect(unsaved(reduce(refused, { type: "tried_again" }))).toEqual({ rate_limits: [limit(0)] });
});

describe("undo", () => {
  test("goes back step by step, and what it brings back is saved", () => {
    const edited = doing(draft, limits(3), aliases("gpt-4o"));
    const once = reduce(edited, { type: "undone" });
    expect(once.current.aliases).toEqual([]);
    expect(once.current.rate_limits).toEqual([limit(3)]);
    expect(isDirty(reduce(once, { type: "undone" }))).toBe(false);
  });

  test("takes what was typed in one field as one step", () => {
    const typed = [2.5, 2.55, 2.555].map(
      (value): Action => ({
        type: "edited",
        group: "rate_limits",
        value: [limit(value)],
        merge: "0.value",
      }),
    );
    const undone = reduce(doing(draft, ...typed), { type: "undone" });
    expect(undone.current).toEqual(start);
  });

  test("of nothing is nothing", () => expect(reduce(draft, { type: "undone" })).toEqual(draft));
});
