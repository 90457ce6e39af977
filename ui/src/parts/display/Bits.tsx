/** Small parts that tell something. */

import type { ReactNode } from "react";
import { useConnection } from "../../state/connection";
import { useSlow } from "../../state/time";
import { Tooltip } from "../controls/Tooltip";
import { joined } from "../words/classes";
import styles from "./bits.module.css";

type Mood = "plain" | "ok" | "warn" | "bad";

interface BadgeProps {
  mood?: Mood;
  /** What it means, for those who ask. */
  hint?: string | undefined;
  children: ReactNode;
}

export function Badge({ mood = "plain", hint, children }: BadgeProps) {
  return (
    <Tooltip text={hint}>
      <span data-part="badge" className={joined(styles.badge, mood !== "plain" && styles[mood])}>
        {children}
      </span>
    </Tooltip>
  );
}

/** A dot whose shape differs as well as its colour. The word beside it is part of it. Green needs a router that answers. */
export function StatusDot({ mood: told }: { mood: Mood }) {
  const mood = useConnection() === "lost" && told === "ok" ? "plain" : told;
  return (
    <span
      data-part="dot"
      data-mood={mood}
      className={joined(styles.dot, mood !== "plain" && styles[mood])}
      aria-hidden
    />
  );
}

interface EmptyStateProps {
  title: string;
  /** What this page will show, and why it is empty. */
  children: ReactNode;
  /** The one next action. */
  action?: ReactNode;
}

export function EmptyState({ title, children, action }: EmptyStateProps) {
  return (
    <section className={styles.empty}>
      <h2>{title}</h2>
      <p>{children}</p>
      {action}
    </section>
  );
}

const WIDTHS = ["34%", "52%", "41%", "47%", "29%", "44%", "38%", "50%"];

/** The shape of what comes. Nothing at all for the first 150 ms. */
export function Skeleton({ rows = 6 }: { rows?: number }) {
  const isSlow = useSlow(true);
  if (!isSlow) return null;
  return (
    <div className={styles.skeleton} role="status" aria-label="Loading">
      {WIDTHS.slice(0, rows).map((width) => (
        <span key={width} style={{ width }} />
      ))}
    </div>
  );
}

export function Notice({ mood = "warn", children }: { mood?: "plain" | "warn" | "bad"; children: ReactNode }) {
  return (
    <div
      data-part="notice"
      className={joined(styles.notice, mood !== "plain" && styles[mood])}
      role={mood === "bad" ? "alert" : undefined}
    >
      {children}
    </div>
  );
}

/** One quiet word beside a title: "Saved ✓". Said aloud as well. */
export function StatusWord({ bad = false, children }: { bad?: boolean; children: ReactNode }) {
  return (
    <span className={joined(styles.word, bad && styles.bad)} role="status">
      {children}
    </span>
  );
}
