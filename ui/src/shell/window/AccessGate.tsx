import { type ReactNode, useEffect, useState } from "react";
import { queries } from "../../api/queries";
import { type Brought, enter, type Outside, openCommand, takeFromAddress, token } from "../../api/session";
import { onNoAccess } from "../../api/transport";
import { CopyButton } from "../../parts/controls/Copy";
import styles from "./shell.module.css";

type At = "in" | "entering" | { outside: Outside };

const WORDS: Record<Outside, { title: string; text: string }> = {
  none: {
    title: "This tab has to be let in",
    text: "Only who may read this computer's files may change its router. Open the pages from a terminal:",
  },
  ended: {
    title: "This tab's session has ended",
    text: "The router restarted, or the session was ended or expired. Open the pages again from a terminal:",
  },
  "old link": {
    title: "Links with a token open nothing any more",
    text: "What stands in a browser's history must be worth nothing. Open the pages from a terminal:",
  },
  "wrong code": {
    title: "This address was good once",
    text: "It has already been used or has expired. Open the pages again from a terminal:",
  },
  "no answer": {
    title: "LocalRouter does not answer",
    text: "It may have ended since this address was made. Start it, then open the pages from a terminal:",
  },
};

/** Shows the pages to a tab that has a session, and to every other how to get in. */
export function AccessGate({ brought, children }: { brought: Brought; children: ReactNode }) {
  const [at, setAt] = useState<At>(() => (token() !== null ? "in" : startOf(brought)));

  useEffect(() => {
    const take = (what: Brought) => {
      if (what === "old link" && token() === null) setAt({ outside: "old link" });
      if (what === null || what === "old link") return;
      enter(what.code).then((problem) => {
        // Not `clear`: pages that are shown already would wait for ever for queries that nobody runs any more.
        if (problem === null) void queries.resetQueries();
        setAt(token() !== null ? "in" : { outside: problem ?? "none" });
      });
    };
    take(brought);
    const onHashChange = () => take(takeFromAddress());
    addEventListener("hashchange", onHashChange);
    return () => removeEventListener("hashchange", onHashChange);
  }, [brought]);
  useEffect(() => onNoAccess(() => setAt({ outside: "ended" })), []);

  if (at === "in") return children;
  return at === "entering" ? <main className={styles.gate} aria-busy="true" /> : <Door {...WORDS[at.outside]} />;
}

function startOf(brought: Brought): At {
  if (brought === null) return { outside: "none" };
  return brought === "old link" ? { outside: "old link" } : "entering";
}

function Door({ title, text }: { title: string; text: string }) {
  return (
    <main className={styles.gate}>
      <h1>{title}</h1>
      <p>{text}</p>
      <p>
        <CopyButton text={openCommand()} what="command" />
      </p>
      <p className="quiet">A new tab gets in by itself when it is opened by a click on a link of these pages.</p>
    </main>
  );
}
