import { type ReactNode, useEffect, useLayoutEffect, useRef } from "react";
import { recall, remember } from "../../state/remembered";
import { usePathname } from "../../state/router";
import { joined } from "../words/classes";
import styles from "./page.module.css";

interface PageProps {
  title: ReactNode;
  /** The title in the browser's tab and for screen readers, where `title` is more than text. */
  name?: string;
  /** Quiet facts beside the title. */
  beside?: ReactNode;
  /** The page's search and its one main action, at the right. */
  actions?: ReactNode;
  /** A `Tabs`, under the title. */
  tabs?: ReactNode;
  /** Leaves the distance to the edges to the content, as tables want it. */
  flush?: boolean;
  children: ReactNode;
}

/** Every page's frame: the title and its actions stay, the content below scrolls, and comes back where it was left. */
export function Page({ title, name, beside, actions, tabs, flush = false, children }: PageProps) {
  const pathname = usePathname();
  const scroll = useRef<HTMLDivElement>(null);
  const plain = name ?? (typeof title === "string" ? title : "LocalRouter");

  useEffect(() => {
    document.title = plain === "LocalRouter" ? plain : `${plain} – LocalRouter`;
  }, [plain]);
  useLayoutEffect(() => {
    if (scroll.current) scroll.current.scrollTop = recall<number>(`scroll:${pathname}`) ?? 0;
  }, [pathname]);

  return (
    <div className={joined(styles.page, tabs !== undefined && styles.tabbed)}>
      <header className={styles.header}>
        <h1 className="truncate">{title}</h1>
        {beside && <span className={joined(styles.beside, "truncate")}>{beside}</span>}
        {actions && <div className={styles.actions}>{actions}</div>}
      </header>
      {tabs}
      {/* In the order of the Tab key, so that it can be scrolled by keys. */}
      <div
        ref={scroll}
        className={joined(styles.scroll, !flush && styles.padded)}
        data-scroll
        tabIndex={0}
        role="region"
        aria-label={plain}
        onScroll={(event) => remember(`scroll:${pathname}`, event.currentTarget.scrollTop)}
      >
        {children}
      </div>
    </div>
  );
}
