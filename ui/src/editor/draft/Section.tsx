import { type ReactNode, useId } from "react";
import { Button } from "../../parts/controls/Button";
import { Notice } from "../../parts/display/Bits";
import { Remark } from "../../parts/forms/Field";
import type { Draft, GroupName, Groups } from "./draft";
import type { Remarked } from "./findings";
import styles from "./section.module.css";
import type { Editing } from "./useStrategyDraft";
import { words } from "./wording";

interface SectionProps {
  title: string;
  /** Beside the title, such as a switch. */
  beside?: ReactNode;
  /** At the right of the title: the section's filter or its one action. */
  end?: ReactNode;
  notes?: readonly Remarked[];
  children: ReactNode;
}

/** One part of a strategy: its title, what the router remarks about it, and its rows. */
export function Section({ title, beside, end, notes = [], children }: SectionProps) {
  const id = useId();
  return (
    <section className={styles.section} aria-labelledby={id}>
      <header>
        <h2 id={id}>{title}</h2>
        {beside}
        {end && <div className={styles.end}>{end}</div>}
      </header>
      <Remarks notes={notes} />
      {children}
    </section>
  );
}

export function Remarks({ notes }: { notes: readonly Remarked[] }) {
  if (notes.length === 0) return null;
  return (
    <div data-part="remarks" className={styles.notes}>
      {notes.map(({ message, severity }) => (
        <Remark key={message} severity={severity}>
          {message}
        </Remark>
      ))}
    </div>
  );
}

/** Both sides of a group that was changed here and elsewhere. Nothing is saved until one is chosen. */
export function Conflict({ editing, group }: { editing: Editing; group: GroupName }) {
  const { draft, dispatch } = editing;
  if (!(group in draft.theirs)) return null;
  const theirs = draft.theirs[group] as Groups[GroupName];
  const choose = (side: "mine" | "theirs") => dispatch({ type: "chose", group, side });
  return (
    <Notice mood="bad">
      <p>
        This was also changed elsewhere while you were editing, so your change is not saved yet. Choose which version to
        keep.
      </p>
      <div className={styles.twoSides}>
        <Side title="Yours, on this page" lines={linesOf(draft, group)}>
          <Button onClick={() => choose("mine")}>Keep mine</Button>
        </Side>
        <Side title="Theirs, in force now" lines={words(group, theirs)}>
          <Button onClick={() => choose("theirs")}>Take theirs</Button>
        </Side>
      </div>
    </Notice>
  );
}

function linesOf(draft: Draft, group: GroupName): string[] {
  return words(group, draft.current[group]);
}

function Side({ title, lines, children }: { title: string; lines: readonly string[]; children: ReactNode }) {
  return (
    <div>
      <h3>{title}</h3>
      {lines.map((line) => (
        <p key={line}>{line}</p>
      ))}
      {children}
    </div>
  );
}
