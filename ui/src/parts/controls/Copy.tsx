import { useEffect, useState } from "react";
import { announce } from "../../state/announcer";
import { useGivenUp } from "../../state/focus";
import styles from "./copy.module.css";
import { Tooltip } from "./Tooltip";

interface CopyProps {
  text: string;
  /** What is copied, for those who do not see it: "address". */
  what: string;
  /** What is shown before the word; the text itself unless given. */
  shown?: string | null;
}

/** A text that one press copies. The word beside it answers. */
export function CopyButton({ text, what, shown = text }: CopyProps) {
  const [isCopied, setCopied] = useState(false);
  useEffect(() => {
    if (!isCopied) return;
    const timer = setTimeout(() => setCopied(false), 1_600);
    return () => clearTimeout(timer);
  }, [isCopied]);

  useGivenUp();

  const copy = async () => {
    await copyText(text);
    setCopied(true);
    announce(`Copied the ${what}`);
  };

  return (
    <Tooltip text={shown === null ? null : text}>
      <button type="button" data-part="copy" className={styles.copy} onClick={copy} aria-describedby={undefined}>
        {shown !== null && <span className="mono truncate">{shown}</span>}
        <span className={styles.word}>{isCopied ? "copied" : "copy"}</span>
        <span className="visually-hidden">{what}</span>
      </button>
    </Tooltip>
  );
}

/** Several lines for a terminal or a program, to copy whole. */
export function Snippet({ text, what }: { text: string; what: string }) {
  return (
    <div data-part="snippet" className={styles.snippet}>
      {/* In the order of the Tab key, so that long lines can be scrolled by keys. */}
      <pre tabIndex={0}>{text}</pre>
      <CopyButton text={text} what={what} shown={null} />
    </div>
  );
}

/** The desktop window may lack the clipboard's interface; a selection works everywhere. */
export async function copyText(text: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    const area = document.createElement("textarea");
    area.value = text;
    area.style.position = "fixed";
    area.style.opacity = "0";
    document.body.append(area);
    area.select();
    document.execCommand("copy");
    area.remove();
  }
}
