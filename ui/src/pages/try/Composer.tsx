import { type FormEvent, type KeyboardEvent, type ReactNode, useEffect, useRef } from "react";
import { Button } from "../../parts/controls/Button";
import { TextArea } from "../../parts/forms/Field";
import { joined } from "../../parts/words/classes";
import { useRemembered } from "../../state/remembered";
import { stop } from "./conversation";
import styles from "./try.module.css";

interface ComposerProps {
  onSend: (question: string) => void;
  isRunning: boolean;
  canSend: boolean;
  /** What is chosen beside the question. */
  children: ReactNode;
}

/** Enter sends, with Shift it begins a line. While an answer comes, the button stops it. */
export function Composer({ onSend, isRunning, canSend, children }: ComposerProps) {
  const [text, setText] = useRemembered("try:text", "");
  const field = useRef<HTMLTextAreaElement>(null);
  useEffect(() => field.current?.focus(), []);
  const isReady = canSend && !isRunning && text.trim() !== "";
  const submit = (event: FormEvent | KeyboardEvent) => {
    event.preventDefault();
    if (!isReady) return;
    onSend(text.trim());
    setText("");
    field.current?.focus();
  };
  return (
    <form className={styles.composer} onSubmit={submit}>
      <TextArea
        ref={field}
        rows={2}
        aria-label="Message"
        placeholder="Ask anything"
        value={text}
        onChange={(event) => setText(event.target.value)}
        onKeyDown={(event) => {
          if (event.key === "Enter" && !event.shiftKey && !event.nativeEvent.isComposing) submit(event);
        }}
      />
      <div className={styles.choices}>
        {children}
        <span className={joined(styles.keys, "meta")} aria-hidden>
          <kbd>Enter</kbd> sends
        </span>
        {isRunning ? (
          <Button onClick={stop}>Stop</Button>
        ) : (
          <Button type="submit" look="primary" disabled={!isReady}>
            Send
          </Button>
        )}
      </div>
    </form>
  );
}
