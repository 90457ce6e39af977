import { Button } from "../../parts/controls/Button";
import { StatusWord } from "../../parts/display/Bits";
import { isDirty, unsaved } from "./draft";
import type { Editing } from "./useStrategyDraft";

/** One quiet word about what was changed, and the way back. */
export function SaveState({ editing: { draft, dispatch } }: { editing: Editing }) {
  return (
    <>
      <StatusWord bad={Boolean(draft.problem) || Object.keys(draft.theirs).length > 0}>
        {WORDS[wordOf(draft)]}
      </StatusWord>
      <Button look="plain" disabled={draft.undo.length === 0} onClick={() => dispatch({ type: "undone" })}>
        Undo
      </Button>
    </>
  );
}

type Word = "conflict" | "refused" | "saving" | "waiting" | "saved" | "nothing";

function wordOf(draft: Editing["draft"]): Word {
  if (Object.keys(draft.theirs).length > 0) return "conflict";
  if (draft.problem) return "refused";
  if (draft.sent || Object.keys(unsaved(draft)).length > 0) return "saving";
  if (isDirty(draft)) return "waiting";
  return draft.hasSaved ? "saved" : "nothing";
}

const WORDS: Record<Word, string> = {
  conflict: "Changed elsewhere: choose",
  refused: "Not saved",
  saving: "Saving",
  waiting: "Not complete",
  saved: "Saved ✓",
  nothing: "",
};
