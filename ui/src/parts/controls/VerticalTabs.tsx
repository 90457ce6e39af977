import * as Radix from "@radix-ui/react-tabs";
import type { ReactNode } from "react";
import styles from "./tabs.module.css";

interface VerticalTabsProps {
  label: string;
  tabs: readonly { key: string; title: string }[];
  current: string;
  onChange: (key: string) => void;
  children: ReactNode;
}

/** A list of sides of one thing, and the chosen one beside it. Arrows move. */
export function VerticalTabs({ label, tabs, current, onChange, children }: VerticalTabsProps) {
  return (
    <Radix.Root className={styles.beside} orientation="vertical" value={current} onValueChange={onChange}>
      <Radix.List className={styles.list} aria-label={label}>
        {tabs.map((tab) => (
          <Radix.Trigger key={tab.key} className={styles.tab} value={tab.key}>
            {tab.title}
          </Radix.Trigger>
        ))}
      </Radix.List>
      <Radix.Content className={styles.panel} value={current}>
        {children}
      </Radix.Content>
    </Radix.Root>
  );
}
