import * as Radix from "@radix-ui/react-dialog";
import { useEffect, useState } from "react";
import { Button } from "../parts/controls/Button";

/** What the window's owner chose; "asking" while nothing was. */
type Answer = "asking" | "keep_serving" | "quit" | "cancel";

declare global {
  interface Window {
    /** Called again and again by the desktop window that is about to be closed: asks, and tells the answer once. */
    localrouterClosing?: () => Answer;
  }
}

/** Asks what closing the desktop window means. In a browser's tab nobody calls for it. */
export function ClosingQuestion() {
  const [isOpen, setOpen] = useState(false);
  const [answer, setAnswer] = useState<Answer>("asking");

  useEffect(() => {
    window.localrouterClosing = () => {
      if (answer === "asking") setOpen(true);
      else setAnswer("asking");
      return answer;
    };
    return () => {
      delete window.localrouterClosing;
    };
  }, [answer]);

  if (!isOpen) return null;
  const choose = (chosen: Answer) => {
    setOpen(false);
    setAnswer(chosen);
  };
  return (
    <Radix.Root open onOpenChange={(open) => !open && choose("cancel")}>
      <Radix.Portal>
        <Radix.Overlay className="scrim" />
        <Radix.Content className="dialog" aria-describedby={undefined}>
          <form onSubmit={(event) => event.preventDefault()}>
            <Radix.Title>Close the window</Radix.Title>
            <div className="body">
              <p>LocalRouter can keep running without its window, so that your programs are still served.</p>
              <p className="meta">Keep running and Quit are remembered; Settings can change that.</p>
            </div>
            <footer>
              <Button onClick={() => choose("cancel")}>Cancel</Button>
              <Button onClick={() => choose("quit")}>Quit</Button>
              <Button look="primary" onClick={() => choose("keep_serving")}>
                Keep running
              </Button>
            </footer>
          </form>
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}
