import { ArrowRight, X } from "lucide-react";
import { useId, useState } from "react";
import { Button, IconButton } from "../parts/controls/Button";
import { Input } from "../parts/forms/Field";
import type { FindingsAt } from "./draft/findings";
import { Conflict, Remarks, Section } from "./draft/Section";
import type { Editing } from "./draft/useStrategyDraft";
import styles from "./editor.module.css";

interface AliasesProps {
  editing: Editing;
  findings: FindingsAt;
  /** What an alias may lead to, offered while typing. */
  targets: readonly string[];
}

/** Other names for models, for programs whose model cannot be changed. */
export function Aliases({ editing, findings, targets }: AliasesProps) {
  const { draft, dispatch } = editing;
  const aliases = draft.current.aliases;
  const id = useId();
  const change = (value: [string, string][], merge?: string) =>
    dispatch({ type: "edited", group: "aliases", value, ...(merge && { merge }) });
  const put = (index: number, alias: [string, string], merge: string) =>
    change(
      aliases.map((other, at) => (at === index ? alias : other)),
      `${index}.${merge}`,
    );

  return (
    <Section title="Aliases" notes={findings("")}>
      <Conflict editing={editing} group="aliases" />
      <p className="quiet">
        For programs whose model name cannot be changed: <span className="mono">gpt-4o</span> can lead to{" "}
        <span className="mono">localrouter/auto</span>. A star takes all names that begin alike:{" "}
        <span className="mono">claude-*</span>.
      </p>
      <datalist id={id}>
        {targets.map((target) => (
          <option key={target} value={target} />
        ))}
      </datalist>
      <div>
        {aliases.map(([name, target], index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: an alias's name may be what is being typed
          <div className={styles.alias} key={index}>
            <Input
              small
              className="mono"
              aria-label="Alias"
              value={name}
              onChange={(event) => put(index, [event.target.value, target], "name")}
            />
            <ArrowRight aria-label="leads to" className="quiet" />
            <Input
              small
              className="mono"
              aria-label={`What ${name} leads to`}
              list={id}
              value={target}
              onChange={(event) => put(index, [name, event.target.value], "target")}
            />
            <IconButton
              small
              label={`Remove the alias ${name}`}
              onClick={() => change(aliases.filter((_, at) => at !== index))}
            >
              <X />
            </IconButton>
            <Remarks notes={["", "[0]", "[1]"].flatMap((place) => findings(`[${index}]${place}`))} />
          </div>
        ))}
        <NewAlias listId={id} onAdd={(alias) => change([...aliases, alias])} />
      </div>
    </Section>
  );
}

/** Nothing is saved of it until both sides are there. */
function NewAlias({ listId, onAdd }: { listId: string; onAdd: (alias: [string, string]) => void }) {
  const [name, setName] = useState("");
  const [target, setTarget] = useState("");
  const isWhole = name.trim() !== "" && target.trim() !== "";
  const add = () => {
    if (!isWhole) return;
    onAdd([name.trim(), target.trim()]);
    setName("");
    setTarget("");
  };
  return (
    <form
      className={styles.alias}
      onSubmit={(event) => {
        event.preventDefault();
        add();
      }}
    >
      <Input
        small
        className="mono"
        aria-label="New alias"
        placeholder="asked for"
        value={name}
        onChange={(event) => setName(event.target.value)}
      />
      <ArrowRight aria-label="leads to" className="quiet" />
      <Input
        small
        className="mono"
        aria-label="What the new alias leads to"
        placeholder="gets"
        list={listId}
        value={target}
        onChange={(event) => setTarget(event.target.value)}
      />
      <Button type="submit" look="plain" disabled={!isWhole}>
        Add alias
      </Button>
    </form>
  );
}
