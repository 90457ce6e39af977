import { Command, Monitor, Moon, Sun } from "lucide-react";
import { useState } from "react";
import type { Connection } from "../api/connection";
import type { ServerStatusView } from "../api/generated";
import { CopyButton } from "../parts/controls/Copy";
import { StatusDot } from "../parts/display/Bits";
import { useConnection, useServerStatus } from "../state/connection";
import { address, pathIn } from "../state/match";
import { Link, usePathname } from "../state/router";
import { chooseTheme, chosenTheme, nextTheme } from "../theme/theme";
import { NAV } from "./routes";
import { COMMAND_KEY } from "./shortcuts";

const THEMES = {
  system: { icon: Monitor, words: "System colours" },
  light: { icon: Sun, words: "Light" },
  dark: { icon: Moon, words: "Dark" },
};

/** Where the router is, how it does, and the way to every page. */
export function Sidebar({ onPalette }: { onPalette: () => void }) {
  const { data: status } = useServerStatus();
  const path = pathIn(usePathname()) || NAV[0]?.path;
  return (
    <nav className="sidebar" aria-label="Pages">
      <div className="brand">
        <img src="/ui/icon.svg" alt="" />
        <span>LocalRouter</span>
      </div>
      <Where status={status} connection={useConnection()} />
      {NAV.map((entry) => {
        const attention = (status && entry.attention?.(status)) ?? null;
        const isHere = path === entry.path || path?.startsWith(`${entry.path}/`);
        return (
          <Link
            key={entry.path}
            to={address(...entry.path.split("/"))}
            className="item"
            title={attention ? `${entry.title}: ${attention.words}` : entry.title}
            aria-current={isHere ? "page" : undefined}
          >
            <entry.icon aria-hidden />
            <span className="word">{entry.title}</span>
            {attention && (
              <span className="end attention">
                <span className="word">{attention.count}</span> <span aria-hidden>▲</span>
                <span className="visually-hidden">{attention.words}</span>
              </span>
            )}
          </Link>
        );
      })}
      <div className="rest">
        <button type="button" className="item" onClick={onPalette} title="Go anywhere, do anything">
          <Command aria-hidden />
          <span className="word">Search</span>
          <span className="end">
            <kbd>{COMMAND_KEY}K</kbd>
          </span>
        </button>
        <ThemeSwitch />
      </div>
    </nav>
  );
}

function Where({ status, connection }: { status: ServerStatusView | undefined; connection: Connection }) {
  const { mood, word, title } = condition(status, connection);
  return (
    <div className="where">
      <span className="state" title={title} role="status">
        <StatusDot mood={mood} />
        <span className="word">{word}</span>
      </span>
      {status?.url && (
        <CopyButton text={`${status.url}/v1`} what="address" shown={status.url.replace(/^https?:\/\//, "")} />
      )}
    </div>
  );
}

type Condition = { mood: "ok" | "warn" | "bad" | "plain"; word: string; title: string };

function condition(status: ServerStatusView | undefined, connection: Connection): Condition {
  if (connection === "lost") {
    return { mood: "bad", word: "not connected", title: "LocalRouter does not answer. These pages keep trying." };
  }
  if (!status) return { mood: "plain", word: "connecting", title: "Asking the router how it does" };
  const problem = status.problems[0];
  if (problem) return { mood: "warn", word: "needs attention", title: problem };
  return { mood: "ok", word: "serving", title: `LocalRouter ${status.version} is serving` };
}

function ThemeSwitch() {
  const [theme, setTheme] = useState(chosenTheme);
  const { icon: Icon, words } = THEMES[theme];
  const switchOver = () => {
    chooseTheme(nextTheme(theme));
    setTheme(nextTheme(theme));
  };
  return (
    <button type="button" className="item" onClick={switchOver} title={`Colours: ${words}. Press to change.`}>
      <Icon aria-hidden />
      <span className="word">{words}</span>
      <span className="visually-hidden">, change colours</span>
    </button>
  );
}
