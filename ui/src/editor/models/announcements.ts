/** What is said aloud while a model is dragged. Pure. */

import type { Announcements, UniqueIdentifier } from "@dnd-kit/core";
import type { ListName } from "./lists";

export interface Where {
  list: ListName;
  /** From 1. */
  place: number;
  of: number;
}

export const INSTRUCTIONS =
  "Press space to pick the model up, arrows to move it, space to drop it, escape to put it back.";

type Find = (id: UniqueIdentifier) => Where | null;

/** `find` tells where a model or a list stands at that moment. */
export function announcementsFor(find: Find, nameOf: (id: UniqueIdentifier) => string): Announcements {
  const where = (id: UniqueIdentifier | undefined): string => {
    const found = id === undefined ? null : find(id);
    if (!found) return "outside of both lists";
    if (found.list === "available") return "among the models that are also allowed";
    return `place ${found.place} of ${found.of} in the order in which models are tried`;
  };
  const pickedUp = (id: UniqueIdentifier) => `Picked up ${nameOf(id)}, ${where(id)}.`;
  return {
    onDragStart: ({ active }) => pickedUp(active.id),
    // It is over itself from the start: the same sentence again, so that it does not drown the first.
    onDragOver: ({ active, over }) =>
      over?.id === active.id ? pickedUp(active.id) : `${nameOf(active.id)} is over ${where(over?.id)}.`,
    onDragEnd: ({ active, over }) => `Dropped ${nameOf(active.id)}, ${where(over?.id)}.`,
    onDragCancel: ({ active }) => `Put ${nameOf(active.id)} back.`,
  };
}
