import { Undo2 } from "lucide-react";
import { useState } from "react";
import { Button } from "../../parts/controls/Button";
import { Remark } from "../../parts/forms/Field";
import { moment } from "../../parts/words/format";
import { useHasOwnUndo, useLastChange } from "../../state/lastChange";
import { address } from "../../state/match";
import { Link } from "../../state/router";
import { useNow } from "../../state/time";
import styles from "./lastChange.module.css";

/** The last change with its undo, below every page and in every tab until the next change. */
export function LastChange() {
  const { last, undo, isBusy, problem, isUndone, aboutKeys } = useLastChange(useNow(60));
  const [hidden, setHidden] = useState(0);
  const isElsewhere = useHasOwnUndo();
  if (!last || isElsewhere || last.revision <= hidden) return null;
  return (
    <aside className={styles.lastChange} aria-label="Last change">
      <div className={styles.what}>
        <span className={styles.when}>{isUndone ? "Undone" : moment(last.made_at)}</span> {last.summary}
        {aboutKeys.map((line) => (
          <Remark key={line}>{line}</Remark>
        ))}
        {problem && <Remark severity="error">{problem}</Remark>}
      </div>
      <div className={styles.actions}>
        <Button disabled={isBusy} onClick={() => void undo()}>
          <Undo2 aria-hidden /> {isUndone ? "Redo" : "Undo"}
        </Button>
        <Link to={address("settings", "revisions")}>All changes</Link>
        <Button look="plain" onClick={() => setHidden(last.revision)}>
          Hide
        </Button>
      </div>
    </aside>
  );
}
