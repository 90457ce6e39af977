import { Command } from "cmdk";
import { useMemo, useRef, useState } from "react";
import { Floating } from "../../parts/overlays/Floating";
import { joined } from "../../parts/words/classes";
import { ranked } from "../../parts/words/search";
import { useEnter } from "../../state/enter";
import { useCommands } from "./commands";
import styles from "./palette.module.css";

const MOST = 50;
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
  const list = useRef<HTMLDivElement>(null);
  const onEnter = useEnter(hasLoaded, () => {
    list.current?.querySelector<HTMLElement>("[role=option][aria-selected=true]")?.click();
  });
  return (
    <Floating title="Go anywhere, do anything" isTitleHidden className={styles.palette} onClose={onClose}>
      <Command
        className={styles.command}
        label={LABEL}
        shouldFilter={false}
        loop
        onKeyDown={(event) => {
          if (event.key !== "Enter" || hasLoaded) return;
          event.preventDefault();
          onEnter();
        }}
      >
        <Command.Input className={styles.input} placeholder={LABEL} value={typed} onValueChange={setTyped} />
        <Command.List className={styles.list} ref={list} label="Found">
          {found.map(({ id, title, hint, run }) => (
            <Command.Item
              key={id}
              value={id}
              className={styles.option}
              onSelect={() => {
                onClose();
                run();
              }}
            >
              <span className="truncate">{title}</span>
              <span className={joined(styles.hint, "truncate")}>{hint}</span>
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
