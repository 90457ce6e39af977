import { type KeyboardEvent, useEffect, useId, useRef, useState } from "react";
import type { PresetView } from "../../api/generated";
import { Badge } from "../../parts/display/Bits";
import { Input } from "../../parts/forms/Field";
import { joined } from "../../parts/words/classes";
import { ranked } from "../../parts/words/search";
import { useEnter } from "../../state/enter";
import styles from "./providers.module.css";

/** All known providers by a few letters. Arrows choose, Enter takes. `presets` are undefined until they have loaded. */
export function PresetPicker({
  presets,
  onChoose,
}: {
  presets: readonly PresetView[] | undefined;
  onChoose: (preset: PresetView) => void;
}) {
  const [typed, setTyped] = useState("");
  const [active, setActive] = useState(0);
  const list = useRef<HTMLDivElement>(null);
  const id = useId();
  const found = ranked(presets?.map(entry) ?? [], typed);

  useEffect(() => {
    list.current?.children[active]?.scrollIntoView({ block: "nearest" });
  }, [active]);

  const onEnter = useEnter(presets !== undefined, () => {
    const chosen = found[active];
    if (chosen) onChoose(chosen.preset);
  });
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
    <div className={styles.presetPicker}>
      <Input
        role="combobox"
        aria-label="Which provider"
        aria-expanded
        aria-controls={`${id}-list`}
        aria-activedescendant={found[active] ? `${id}-${active}` : undefined}
        placeholder="OpenAI, Ollama, any address…"
        value={typed}
        onChange={(event) => {
          setTyped(event.target.value);
          setActive(0);
        }}
        onKeyDown={onKeyDown}
      />
      <div role="listbox" id={`${id}-list`} aria-label="Providers" ref={list}>
        {found.map(({ preset, hint }, index) => (
          // biome-ignore lint/a11y/useKeyWithClickEvents: the field above handles the keys
          <div
            key={preset.name}
            id={`${id}-${index}`}
            role="option"
            tabIndex={-1}
            aria-selected={index === active}
            onClick={() => onChoose(preset)}
            onMouseMove={() => setActive(index)}
          >
            <span>{preset.title}</span>
            {preset.local && <Badge>local</Badge>}
            {preset.key_in_environment && <Badge mood="ok">key found</Badge>}
            <span className={joined(styles.hint, "truncate")}>{hint}</span>
          </div>
        ))}
      </div>
      {presets && found.length === 0 && (
        <p>No known provider matches “{typed.trim()}”. Add any OpenAI-compatible server as “Other”.</p>
      )}
    </div>
  );
}

function entry(preset: PresetView) {
  const hint = preset.base_url ? preset.base_url.replace(/^https?:\/\//, "").replace(/\/.*$/, "") : "your own address";
  return { title: preset.title, hint, preset };
}
