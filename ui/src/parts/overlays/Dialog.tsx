import * as Radix from "@radix-ui/react-dialog";
import { type FormEvent, type ReactNode, useState } from "react";
import { sentence } from "../../api/errors";
import { useReturnedFocus } from "../../state/focus";
import { Button } from "../controls/Button";
import { Remark } from "../forms/Field";

interface DialogProps {
  title: string;
  children: ReactNode;
  onClose: () => void;
  /** The one action of the dialog: a verb, and what it does. Without one the dialog only tells. */
  action?: { verb: string; run: () => Promise<unknown>; danger?: boolean; disabled?: boolean };
}

/** Asks for one thing, or says what an action takes with it. A refusal is shown in it, and it stays open. */
export function Dialog({ title, children, onClose, action }: DialogProps) {
  const [problem, setProblem] = useState<string | null>(null);
  const [isRunning, setRunning] = useState(false);
  const returnFocus = useReturnedFocus();

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
    <Radix.Root open onOpenChange={(open) => !open && onClose()}>
      <Radix.Portal>
        <Radix.Overlay className="scrim" />
        <Radix.Content
          className="dialog"
          aria-describedby={undefined}
          onOpenAutoFocus={startAtMarked}
          onCloseAutoFocus={returnFocus}
        >
          <form onSubmit={submit}>
            <Radix.Title>{title}</Radix.Title>
            <div className="body">{children}</div>
            {problem && (
              <div role="alert">
                <Remark severity="error">{problem}</Remark>
              </div>
            )}
            <footer>
              <Button onClick={onClose}>{action ? "Cancel" : "Close"}</Button>
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
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}

/** Where the first thing that can be typed in is not what is wanted first, that is marked `data-start`. */
function startAtMarked(event: Event) {
  if (!(event.currentTarget instanceof Element)) return;
  const start = event.currentTarget.querySelector<HTMLElement>("[data-start]");
  if (!start) return;
  event.preventDefault();
  start.focus();
}
