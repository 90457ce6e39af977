/** How things stand beside and below each other, the same on every page. */

import type { ReactNode } from "react";
import { joined } from "../words/classes";
import styles from "./layout.module.css";

interface Children {
  children: ReactNode;
}

/** Things in a line, which goes on in the next where there is no room. */
export function Row({ children }: Children) {
  return (
    <span data-part="row" className={styles.row}>
      {children}
    </span>
  );
}

/** The fields of a form, in columns. */
export function Fields({ narrow = false, children }: Children & { narrow?: boolean }) {
  return <div className={joined(styles.fields, narrow && styles.narrow)}>{children}</div>;
}

/** A field that takes all columns. */
export function WholeField({ children }: Children) {
  return <div className={styles.whole}>{children}</div>;
}

/** The distance to the edges, inside a page whose content goes up to them. */
export function Padded({ children }: Children) {
  return <div className={styles.padded}>{children}</div>;
}

/** Things with what can be done with each, one `Entry` a line. */
export function Entries({ children }: Children) {
  return <ul className={styles.entries}>{children}</ul>;
}

export function Entry({ what, children }: Children & { what: ReactNode }) {
  return (
    <li>
      <div className={styles.what}>{what}</div>
      {children}
    </li>
  );
}

/** What an action takes with it, one line each. */
export function Lines({ lines }: { lines: readonly string[] }) {
  return (
    <ul className={styles.lines}>
      {lines.map((line) => (
        <li key={line}>{line}</li>
      ))}
    </ul>
  );
}
