/** Where the arrow keys move a dragged model: up and down within its list, left and right to the other one. */

import type { KeyboardCoordinateGetter } from "@dnd-kit/core";
import { sortableKeyboardCoordinates } from "@dnd-kit/sortable";
import type { ListName } from "./lists";

export const DROP: Record<ListName, string> = { prioritized: "list:prioritized", available: "list:available" };

const ACROSS: Record<string, ListName> = { ArrowLeft: "prioritized", ArrowRight: "available" };

export const keyboardCoordinates: KeyboardCoordinateGetter = (event, args) => {
  const target = ACROSS[event.code];
  if (!target) return sortableKeyboardCoordinates(event, args);
  event.preventDefault();
  const list = args.context.droppableRects.get(DROP[target]);
  if (!list) return args.currentCoordinates;
  const lowest = list.top + list.height - (args.context.collisionRect?.height ?? 0);
  const y = Math.max(list.top, Math.min(args.currentCoordinates.y, lowest));
  return { x: list.left, y };
};
