import { type ReactNode, useId } from "react";
import styles from "./section.module.css";

interface SectionProps {
  title: ReactNode;
  /** What it is about, in a sentence. */
  hint?: ReactNode;
  /** What can be done with all of it, at the right of the title. */
  actions?: ReactNode;
  children: ReactNode;
}

/** A part of a page: a hairline above, a title, what it holds. */
export function Section({ title, hint, actions, children }: SectionProps) {
  const id = useId();
  return (
    <section className={styles.section} aria-labelledby={id}>
      <header>
        <h2 id={id}>{title}</h2>
        {actions && <div className={styles.actions}>{actions}</div>}
      </header>
      {hint && <p className={styles.hint}>{hint}</p>}
      {children}
    </section>
  );
}

/** Names and values, one line each. A row without a value is left out. */
export function Facts({ rows }: { rows: readonly (readonly [string, ReactNode])[] }) {
  return (
    <dl className={styles.facts}>
      {rows.map(([name, value]) =>
        value === null || value === undefined || value === false ? null : (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ),
      )}
    </dl>
  );
}
