import { useEffect, useState } from "react";
import { Dialog } from "../../parts/overlays/Dialog";

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
    setAnswer((answer) => (answer === "asking" ? chosen : answer)); // the first one counts
  };
  const keep = async () => choose("keep_serving");
  return (
    <Dialog
      title="Close the window"
      onClose={() => choose("cancel")}
      other={{ verb: "Quit", run: () => choose("quit") }}
      action={{ verb: "Keep running", run: keep }}
    >
      <p>LocalRouter can keep running without its window, so that your programs are still served.</p>
      <p className="meta">Keep running and Quit are remembered; Settings can change that.</p>
    </Dialog>
  );
}
