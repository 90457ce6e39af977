import { Search } from "lucide-react";
import type { Connection } from "../../api/connection";
import type { ServerStatusView } from "../../api/generated";
import { CopyButton } from "../../parts/controls/Copy";
import { Tooltip } from "../../parts/controls/Tooltip";
import { StatusDot } from "../../parts/display/Bits";
import { joined } from "../../parts/words/classes";
import { useConnection, useServerStatus } from "../../state/connection";
import { address, pathIn } from "../../state/match";
import { useNarrow } from "../../state/media";
import { Link, usePathname } from "../../state/router";
import { NAV } from "../routes";
import { COMMAND_KEY } from "../shortcuts";
import styles from "./sidebar.module.css";
import { ThemeSwitch } from "./ThemeSwitch";

/** Where the router is, how it does, and the way to every page. */
export function Sidebar({ onPalette }: { onPalette: () => void }) {
  const { data: status } = useServerStatus();
  const isNarrow = useNarrow();
  return (
    <nav className={styles.sidebar} aria-label="Pages">
      <div className={styles.brand}>
        <img src="/ui/icon.svg" alt="" />
        <span>LocalRouter</span>
      </div>
      <Where status={status} connection={useConnection()} />
      {NAV.map((entry) => (
        <Way key={entry.path} entry={entry} status={status} isNarrow={isNarrow} />
      ))}
      <div className={styles.rest}>
        <Tooltip text={isNarrow ? `Search and commands, ${COMMAND_KEY}K` : null} side="right">
          <button type="button" className={styles.item} onClick={onPalette} aria-describedby={undefined}>
            <Search aria-hidden />
            <span className={styles.word}>Search</span>
            <span className={styles.end}>
              <kbd>{COMMAND_KEY}K</kbd>
            </span>
          </button>
        </Tooltip>
        <ThemeSwitch />
      </div>
    </nav>
  );
}

interface WayProps {
  entry: (typeof NAV)[number];
  status: ServerStatusView | undefined;
  isNarrow: boolean;
}

function Way({ entry, status, isNarrow }: WayProps) {
  const path = pathIn(usePathname()) || NAV[0]?.path;
  const isHere = path === entry.path || path?.startsWith(`${entry.path}/`);
  const attention = (status && entry.attention?.(status)) ?? null;
  const words = [isNarrow && entry.title, attention?.words].filter(Boolean).join(": ");
  return (
    <Tooltip text={words} side="right">
      <Link
        to={address(entry.path)}
        className={styles.item}
        aria-current={isHere ? "page" : undefined}
        aria-describedby={undefined}
      >
        <entry.icon aria-hidden />
        <span className={styles.word}>{entry.title}</span>
        {attention && (
          <span className={joined(styles.end, styles.attention)}>
            <span className={styles.word}>{attention.count}</span> <span aria-hidden>▲</span>
            <span className="visually-hidden">{attention.words}</span>
          </span>
        )}
      </Link>
    </Tooltip>
  );
}

function Where({ status, connection }: { status: ServerStatusView | undefined; connection: Connection }) {
  const { mood, word, meaning } = condition(status, connection);
  return (
    <div className={styles.where}>
      <Tooltip text={meaning} side="right">
        <span className={styles.state} role="status">
          <StatusDot mood={mood} />
          <span className={styles.word}>{word}</span>
        </span>
      </Tooltip>
      {status?.url && (
        <span className={styles.address}>
          <CopyButton text={`${status.url}/v1`} what="address" shown={`${status.url.replace(/^https?:\/\//, "")}/v1`} />
        </span>
      )}
    </div>
  );
}

type Condition = { mood: "ok" | "warn" | "bad" | "plain"; word: string; meaning: string };

function condition(status: ServerStatusView | undefined, connection: Connection): Condition {
  if (connection === "lost") {
    return { mood: "bad", word: "not connected", meaning: "LocalRouter does not answer. These pages keep trying." };
  }
  if (!status) return { mood: "plain", word: "connecting", meaning: "Asking the router for its status" };
  const problem = status.problems[0];
  if (problem) return { mood: "warn", word: "needs attention", meaning: problem };
  return { mood: "ok", word: "serving", meaning: `LocalRouter ${status.version} is serving` };
}
