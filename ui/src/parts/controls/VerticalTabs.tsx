import { type KeyboardEvent, type ReactNode, useId } from "react";

interface VerticalTabsProps {
  label: string;
  tabs: readonly { key: string; title: string }[];
  current: string;
  onChange: (key: string) => void;
  children: ReactNode;
}

/** A list of sides of one thing, and the chosen one beside it. Arrows move. */
export function VerticalTabs({ label, tabs, current, onChange, children }: VerticalTabsProps) {
  const id = useId();
  const active = tabs.findIndex((tab) => tab.key === current);
  const onKeyDown = (event: KeyboardEvent<HTMLDivElement>) => {
    const target = targetOf(event.key, active, tabs.length);
    const tab = target === null ? undefined : tabs[target];
    if (!tab || target === null) return;
    event.preventDefault();
    onChange(tab.key);
    (event.currentTarget.children[target] as HTMLElement | undefined)?.focus();
  };
  return (
    <div className="vertical-tabs">
      <div role="tablist" aria-label={label} aria-orientation="vertical" onKeyDown={onKeyDown}>
        {tabs.map((tab) => (
          <button
            key={tab.key}
            id={`${id}-${tab.key}`}
            type="button"
            role="tab"
            aria-selected={tab.key === current}
            aria-controls={`${id}-panel`}
            tabIndex={tab.key === current ? 0 : -1}
            onClick={() => onChange(tab.key)}
          >
            {tab.title}
          </button>
        ))}
      </div>
      <div role="tabpanel" id={`${id}-panel`} aria-labelledby={`${id}-${current}`}>
        {children}
      </div>
    </div>
  );
}

function targetOf(key: string, active: number, count: number): number | null {
  switch (key) {
    case "ArrowDown":
    case "ArrowRight":
      return (active + 1) % count;
    case "ArrowUp":
    case "ArrowLeft":
      return (active - 1 + count) % count;
    case "Home":
      return 0;
    case "End":
      return count - 1;
    default:
      return null;
  }
}
