import * as Radix from "@radix-ui/react-tooltip";
import { cloneElement, createContext, type FocusEvent, type ReactElement, type ReactNode, useContext } from "react";
import styles from "./tooltip.module.css";

/** How long the pointer rests before a tooltip opens; the next ones open at once. */
const REST = 350;

/** Whether tooltips of what cannot be pressed are in the order of the Tab key: of a list, only those of one row. */
export const TooltipStops = createContext(true);

/** Stands once around all pages. */
export function Tooltips({ children }: { children: ReactNode }) {
  return <Radix.Provider delayDuration={REST}>{children}</Radix.Provider>;
}

interface TooltipProps {
  /** Nothing to say shows the element alone. */
  text: ReactNode;
  side?: "top" | "right" | "bottom" | "left";
  /** One element. What takes no focus by itself takes it for the tooltip. */
  children: ReactElement<{ tabIndex?: number }>;
}

/** A remark on an element, shown while the pointer rests on it or the Tab key has reached it, and read aloud. */
export function Tooltip({ text, side = "top", children }: TooltipProps) {
  const isStop = useContext(TooltipStops);
  if (text === null || text === undefined || text === false || text === "") return children;
  return (
    <Radix.Root>
      <Radix.Trigger asChild onFocus={unlessByKey}>
        {takesFocus(children) ? children : cloneElement(children, { tabIndex: isStop ? 0 : -1 })}
      </Radix.Trigger>
      <Radix.Portal>
        <Radix.Content className={styles.tooltip} side={side} sideOffset={6} collisionPadding={8}>
          {text}
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}

/** A component decides by itself; of the elements, those that can be pressed take the focus. */
function takesFocus({ type, props }: TooltipProps["children"]): boolean {
  return typeof type !== "string" || type === "button" || type === "a" || type === "input" || "tabIndex" in props;
}

/** A focus that comes back from a menu or a click opens nothing. */
function unlessByKey(event: FocusEvent): void {
  if (!event.currentTarget.matches(":focus-visible")) event.preventDefault();
}
