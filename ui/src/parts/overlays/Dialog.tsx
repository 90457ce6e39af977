import { type FormEvent, type ReactNode, useState } from "react";
import { sentence } from "../../api/errors";
import { Button } from "../controls/Button";
import { Remark } from "../forms/Field";
import styles from "./dialog.module.css";
import { Floating } from "./Floating";

interface DialogProps {
  title: string;
  children: ReactNode;
  onClose: () => void;
  /** The one action of the dialog: a verb, and what it does. Without one the dialog only tells. */
  action?: { verb: string; run: () => Promise<unknown>; danger?: boolean; disabled?: boolean };
  /** A second answer beside the action. */
  other?: { verb: string; run: () => void };
}

/** Asks for one thing, or says what an action takes with it. A refusal is shown in it, and it stays open. */
export function Dialog({ title, children, onClose, action, other }: DialogProps) {
  const [problem, setProblem] = useState<string | null>(null);
  const [isRunning, setRunning] = useState(false);

  const submit = async (event: FormEvent) => {
    event.preventDefault();
    if (!action || isRunning) return;
    setRunning(true);
    setProblem(null);
    try {
      await action.run();
      onClose();
    } catch (error) {
      setProblem(sentence(error));
      setRunning(false);
    }
  };

  return (
    <Floating title={title} className={styles.dialog} onClose={onClose}>
      <form onSubmit={submit}>
        <div className={styles.body}>{children}</div>
        {problem && (
          <div role="alert">
            <Remark severity="error">{problem}</Remark>
          </div>
        )}
        <footer>
          <Button onClick={onClose}>{action ? "Cancel" : "Close"}</Button>
          {other && <Button onClick={other.run}>{other.verb}</Button>}
          {action && (
            <Button
              type="submit"
              look={action.danger ? "danger" : "primary"}
              disabled={isRunning || Boolean(action.disabled)}
            >
              {action.verb}
            </Button>
          )}
        </footer>
      </form>
    </Floating>
  );
}
