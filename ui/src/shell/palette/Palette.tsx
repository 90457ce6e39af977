import { type KeyboardEvent, useEffect, useId, useMemo, useRef, useState } from "react";
import { Floating } from "../../parts/overlays/Floating";
import { joined } from "../../parts/words/classes";
import { ranked } from "../../parts/words/search";
import { useEnter } from "../../state/enter";
import { useCommands } from "./commands";
import styles from "./palette.module.css";

const MOST = 50;

/** Ctrl/⌘ K: every page, thing and command by a few letters. */
export function Palette({ onClose }: { onClose: () => void }) {
  const [typed, setTyped] = useState("");
  const [active, setActive] = useState(0);
  const { commands, hasLoaded } = useCommands();
  const found = useMemo(() => ranked(commands, typed).slice(0, MOST), [commands, typed]);
  const list = useRef<HTMLDivElement>(null);
  const id = useId();

  useEffect(() => {
    list.current?.children[active]?.scrollIntoView({ block: "nearest" });
  }, [active]);

  const run = (index: number) => {
    const command = found[index];
    if (!command) return;
    onClose();
    command.run();
  };
  const onEnter = useEnter(hasLoaded, () => run(active));
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === "Enter") {
      event.preventDefault();
      onEnter();
    }
    const step = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
    if (step === 0 || found.length === 0) return;
    event.preventDefault();
    setActive((active + step + found.length) % found.length);
  };

  return (
    <Floating title="Go anywhere, do anything" isTitleHidden className={styles.palette} onClose={onClose}>
      <input
        className={styles.input}
        role="combobox"
        aria-label="Page, strategy or command"
        aria-expanded="true"
        aria-controls={`${id}-list`}
        aria-activedescendant={found[active] ? `${id}-${active}` : undefined}
        placeholder="Page, strategy or command"
        autoComplete="off"
        spellCheck={false}
        value={typed}
        onChange={(event) => {
          setTyped(event.target.value);
          setActive(0);
        }}
        onKeyDown={onKeyDown}
      />
      <div role="listbox" className={styles.list} id={`${id}-list`} aria-label="Found" ref={list}>
        {found.map((command, index) => (
          // biome-ignore lint/a11y/useKeyWithClickEvents: the field above handles the keys
          <div
            key={command.id}
            id={`${id}-${index}`}
            role="option"
            className={styles.option}
            tabIndex={-1}
            aria-selected={index === active}
            onClick={() => run(index)}
            onMouseMove={() => setActive(index)}
          >
            <span className="truncate">{command.title}</span>
            <span className={joined(styles.hint, "truncate")}>{command.hint}</span>
          </div>
        ))}
      </div>
      {hasLoaded && found.length === 0 && <p className={styles.none}>Nothing is called “{typed.trim()}”.</p>}
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
