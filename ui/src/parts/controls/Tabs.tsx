import type { ReactNode } from "react";
import { Link } from "../../state/router";
import styles from "./tabs.module.css";

export interface Tab {
  key: string;
  title: ReactNode;
  to: string;
}

/** The sides of one thing. Each has an address of its own, so these are links. */
export function Tabs({ label, tabs, current }: { label: string; tabs: readonly Tab[]; current: string }) {
  return (
    <nav className={styles.tabs} aria-label={label}>
      {tabs.map((tab) => (
        <Link key={tab.key} to={tab.to} aria-current={tab.key === current ? "page" : undefined}>
          {tab.title}
        </Link>
      ))}
    </nav>
  );
}
