import { Button } from "../../parts/controls/Button";
import { Tooltip } from "../../parts/controls/Tooltip";
import { StatusWord } from "../../parts/display/Bits";
import { useLastChange, useOwnUndo } from "../../state/lastChange";
import { useNow } from "../../state/time";
import { isDirty, unsaved } from "./draft";
import type { Editing } from "./useStrategyDraft";

/** One quiet word about what was changed, and the way back: of this page's edits, or else of the last change made. */
export function SaveState({ editing: { draft, dispatch } }: { editing: Editing }) {
  const { last, undo, isBusy, problem } = useLastChange(useNow(60));
  useOwnUndo();
  const isUntouched = draft.undo.length === 0 && !draft.hasSaved && !isDirty(draft);
  const elsewhere = isUntouched ? last : null;
  return (
    <>
      <StatusWord bad={Boolean(problem) || Boolean(draft.problem) || Object.keys(draft.theirs).length > 0}>
        {problem ?? WORDS[wordOf(draft)]}
      </StatusWord>
      <Tooltip text={elsewhere && `Undoes: ${elsewhere.summary}`}>
        <Button
          look="plain"
          disabled={elsewhere ? isBusy : draft.undo.length === 0}
          onClick={() => (elsewhere ? void undo() : dispatch({ type: "undone" }))}
        >
          Undo
        </Button>
      </Tooltip>
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
  saving: "Saving…",
  waiting: "Incomplete, not saved",
  saved: "Saved ✓",
  nothing: "",
};
