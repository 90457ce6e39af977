/** A text that is saved when it is left: what was typed, what is on its way, what was refused. Pure. */

export interface Typing {
  /** What stands in the field; null where that is what the router holds. */
  typed: string | null;
  /** What was sent last and is not answered yet. */
  sent: string | null;
  problem: string | null;
}

export type TypingAction =
  | { type: "typed"; text: string }
  | { type: "sent"; text: string }
  | { type: "saved"; text: string }
  | { type: "refused"; text: string; problem: string }
  | { type: "reverted" };

export const UNTOUCHED: Typing = { typed: null, sent: null, problem: null };

export function typing(state: Typing, action: TypingAction): Typing {
  switch (action.type) {
    case "typed":
      return { ...state, typed: action.text };
    case "sent":
      return { ...state, sent: action.text, problem: null };
    case "saved":
      return { ...state, ...answered(state, action.text), typed: isStill(state, action.text) ? null : state.typed };
    case "refused":
      return { ...state, ...answered(state, action.text), problem: action.problem };
    case "reverted":
      return { ...state, typed: null, problem: null };
  }
}

/** What is to be sent as the field is left; null where the router holds it, or will. */
export function leftToSave({ typed, sent }: Typing, value: string): string | null {
  const text = typed?.trim();
  return text === undefined || text === (sent ?? value) ? null : text;
}

/** The answer to an earlier text leaves a later one on its way. */
function answered({ sent }: Typing, text: string): Pick<Typing, "sent"> {
  return { sent: sent === text ? null : sent };
}

function isStill({ typed }: Typing, text: string): boolean {
  return typed?.trim() === text;
}
