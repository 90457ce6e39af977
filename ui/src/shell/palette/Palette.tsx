import { Command } from "cmdk";
import { useMemo, useState } from "react";
import { Floating } from "../../parts/overlays/Floating";
import { joined } from "../../parts/words/classes";
import { ranked } from "../../parts/words/search";
import { useEnter } from "../../state/enter";
import { type PaletteCommand, useCommands } from "./commands";
import styles from "./palette.module.css";

const MOST = 50;
const MOVES: ReadonlySet<string> = new Set(["ArrowDown", "ArrowUp", "Home", "End"]);
const LABEL = "Page, thing, request id or command";

interface PaletteProps {
  onClose: () => void;
  /** Asks whether the router is to stop. */
  onStop: () => void;
}

/** Ctrl/⌘ K: every page, thing and command by a few letters, and a request by its id. */
export function Palette({ onClose, onStop }: PaletteProps) {
  const [typed, setTyped] = useState("");
  const { commands, named, hasLoaded } = useCommands(typed, onStop);
  // Ranked here: cmdk draws all that it ranks itself, which are thousands of models.
  const found = useMemo(() => [...named, ...ranked(commands, typed)].slice(0, MOST), [commands, named, typed]);
  // The best one, whatever still loads, until the user moves away from it.
  const [pointed, setPointed] = useState<string | null>(null);
  const [hasMoved, setMoved] = useState(false);
  const current = (hasMoved && found.find(({ id }) => id === pointed)) || found[0];
  const go = (to: PaletteCommand | undefined) => {
    if (!to) return;
    onClose();
    to.run();
  };
  const type = (words: string) => {
    setTyped(words);
    setMoved(false);
  };
  const onEnter = useEnter(hasLoaded, () => go(current));
  return (
    <Floating title="Go anywhere, do anything" isTitleHidden className={styles.palette} onClose={onClose}>
      <Command
        className={styles.command}
        label={LABEL}
        shouldFilter={false}
        loop
        value={current?.id ?? ""}
        onValueChange={setPointed}
        onKeyDown={(event) => {
          if (MOVES.has(event.key)) setMoved(true);
          if (event.key !== "Enter" || hasLoaded) return;
          event.preventDefault();
          onEnter();
        }}
      >
        <Command.Input className={styles.input} placeholder={LABEL} value={typed} onValueChange={type} />
        <Command.List className={styles.list} label="Found" onPointerMoveCapture={() => setMoved(true)}>
          {found.map((each) => (
            <Command.Item key={each.id} value={each.id} className={styles.option} onSelect={() => go(each)}>
              <span className="truncate">{each.title}</span>
              <span className={joined(styles.hint, "truncate")}>{each.hint}</span>
            </Command.Item>
          ))}
          {hasLoaded && <Command.Empty className={styles.none}>Nothing matches “{typed.trim()}”.</Command.Empty>}
        </Command.List>
      </Command>
      <footer className={styles.keys}>
        <span>
          <kbd>↑</kbd>
          <kbd>↓</kbd> choose
        </span>
        <span>
          <kbd>↵</kbd> go
        </span>
        <span>
          <kbd>/</kbd> filter a list
        </span>
      </footer>
    </Floating>
  );
}
