import { useVirtualizer } from "@tanstack/react-virtual";
import { ChevronDown, ChevronRight } from "lucide-react";
import { type KeyboardEvent, useId, useMemo, useRef, useState } from "react";
import type { AvailableModelsSelection } from "../../api/generated";
import { Button } from "../../parts/controls/Button";
import { CheckMark } from "../../parts/controls/Toggle";
import { Search } from "../../parts/forms/Field";
import { joined } from "../../parts/words/classes";
import { announce } from "../../state/announcer";
import type { FindingsAt } from "../draft/findings";
import { Conflict, Remarks, Section } from "../draft/Section";
import {
  allowsFuture,
  allowsNothing,
  chosenWords,
  isComplete,
  type Known,
  setFuture,
  toggleAll,
  toggleModel,
  toggleProvider,
} from "../draft/selection";
import type { Editing } from "../draft/useStrategyDraft";
import { ProviderFacts, RowFacts } from "./ModelFacts";
import styles from "./models.module.css";
import { type Branch, openAtFirst, type Row, rowsOf } from "./tree";

const ROW = 28;

interface AllowedModelsProps {
  editing: Editing;
  findings: FindingsAt;
  branches: readonly Branch[];
  known: Known;
}

/** Which models may be used: everything, whole providers, or single models. One tree, worked by arrows and space. */
export function AllowedModels({ editing, findings, branches, known }: AllowedModelsProps) {
  const { draft, dispatch } = editing;
  const selection = draft.current.allowed_models;
  const [filter, setFilter] = useState("");
  const [open, setOpen] = useState<ReadonlySet<string>>(() => openAtFirst(branches, selection));
  const rows = useMemo(() => rowsOf(branches, selection, { filter, open }), [branches, selection, filter, open]);

  const change = (value: AvailableModelsSelection) => dispatch({ type: "edited", group: "allowed_models", value });
  const toggle = (row: Row) => change(toggled(row, selection, known));
  const future = (provider: string) => {
    const isOn = !allowsFuture(selection, provider);
    change(setFuture(selection, provider, known, isOn));
    announce(isOn ? `New models of ${provider} are allowed too` : `Only today's models of ${provider} are allowed`);
  };
  const twist = (provider: string, isOpen: boolean) => {
    const next = new Set(open);
    if (isOpen) next.add(provider);
    else next.delete(provider);
    setOpen(next);
  };

  return (
    <Section
      title="Allowed models"
      notes={findings("")}
      end={
        <Search
          label="Filter models by name, price or what they can do"
          placeholder="name, local, free, <$1, >100k"
          value={filter}
          onChange={setFilter}
        />
      }
    >
      <Conflict editing={editing} group="allowed_models" />
      {allowsNothing(selection) && findings("").length === 0 && (
        <Remarks
          notes={[
            {
              severity: "warning",
              message:
                "Nothing is allowed, so every request is refused. Allow everything, a provider, or single models.",
            },
          ]}
        />
      )}
      {rows.length === 0 ? (
        <p className="quiet">No model matches “{filter.trim()}”.</p>
      ) : (
        <>
          <Tree rows={rows} selection={selection} known={known} onToggle={toggle} onTwist={twist} onFuture={future} />
          <p className="quiet">
            A ticked provider includes the models it adds later. To keep only today's, choose that in its row or press
            N.
          </p>
        </>
      )}
    </Section>
  );
}

interface TreeProps {
  rows: readonly Row[];
  selection: AvailableModelsSelection;
  known: Known;
  onToggle: (row: Row) => void;
  onTwist: (provider: string, isOpen: boolean) => void;
  /** Whether what a provider lists later is allowed too: changes it. */
  onFuture: (provider: string) => void;
}

function Tree({ rows, selection, known, onToggle, onTwist, onFuture }: TreeProps) {
  const [at, setActive] = useState(0);
  const scroll = useRef<HTMLDivElement>(null);
  const id = useId();
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroll.current,
    estimateSize: () => ROW,
    overscan: 12,
    initialRect: { width: 0, height: 392 },
  });
  const active = Math.min(at, rows.length - 1);
  const activate = (index: number) => {
    const next = Math.max(0, Math.min(rows.length - 1, index));
    setActive(next);
    virtual.scrollToIndex(next, { align: "auto" });
  };
  const toggle = (index: number) => {
    const row = rows[index];
    if (!row) return;
    setActive(index);
    onToggle(row);
    announce(`${nameOf(row)} ${row.state === true ? "not allowed" : "allowed"}`);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const row = rows[active];
    const done = row && act(event.key, row);
    if (done) event.preventDefault();
  };
  const act = (key: string, row: Row): boolean => {
    switch (key) {
      case "ArrowDown":
        activate(active + 1);
        return true;
      case "ArrowUp":
        activate(active - 1);
        return true;
      case "Home":
        activate(0);
        return true;
      case "End":
        activate(rows.length - 1);
        return true;
      case " ":
      case "Enter":
        toggle(active);
        return true;
      case "n":
        if (row.kind !== "provider" || !isComplete(selection, row.branch.provider, known)) return false;
        onFuture(row.branch.provider);
        return true;
      case "ArrowRight":
        if (row.kind === "provider") onTwist(row.branch.provider, true);
        return true;
      case "ArrowLeft":
        if (row.kind === "provider") onTwist(row.branch.provider, false);
        if (row.kind === "model") activate(rows.findIndex((other) => isParent(other, row.provider)));
        return true;
      default:
        return false;
    }
  };

  return (
    <div
      ref={scroll}
      className={styles.tree}
      role="tree"
      aria-label="Allowed models"
      aria-multiselectable="true"
      aria-activedescendant={`${id}-${active}`}
      tabIndex={0}
      onKeyDown={onKeyDown}
      style={{ height: Math.min(rows.length * ROW + 2, 392) }}
    >
      <div className={styles.rows} role="none" style={{ height: virtual.getTotalSize() }}>
        {virtual.getVirtualItems().map(({ index, start }) => {
          const row = rows[index];
          if (!row) return null;
          return (
            // biome-ignore lint/a11y/useKeyWithClickEvents: the tree around it handles the keys
            <div
              key={nameOf(row)}
              id={`${id}-${index}`}
              role="treeitem"
              tabIndex={-1}
              aria-level={LEVELS[row.kind]}
              aria-checked={row.state}
              aria-expanded={row.kind === "provider" ? row.isOpen : undefined}
              className={index === active ? styles.active : undefined}
              style={{ top: start }}
              onClick={() => toggle(index)}
            >
              <RowContent row={row} selection={selection} known={known} onTwist={onTwist} onFuture={onFuture} />
            </div>
          );
        })}
      </div>
    </div>
  );
}

const LEVELS = { all: 1, provider: 2, model: 3 } as const;

function RowContent({ row, selection, known, onTwist, onFuture }: { row: Row } & Omit<TreeProps, "rows" | "onToggle">) {
  if (row.kind === "all") {
    return (
      <>
        <span className={styles.twist} />
        <CheckMark state={row.state} />
        <span className={styles.name}>Everything</span>
        <span className="quiet">including providers and models added later</span>
      </>
    );
  }
  if (row.kind === "model") {
    return (
      <>
        <CheckMark state={row.state} />
        <span className={joined(styles.name, "mono truncate")}>
          <span className="visually-hidden">{row.provider}/</span>
          {row.model.name}
        </span>
        <RowFacts model={row.model} />
      </>
    );
  }
  const { branch, isOpen } = row;
  return (
    <>
      {/* biome-ignore lint/a11y/useKeyWithClickEvents: arrows do the same in the tree around it */}
      {/* biome-ignore lint/a11y/noStaticElementInteractions: a handle for the mouse only */}
      <span
        className={styles.twist}
        onClick={(event) => {
          event.stopPropagation();
          onTwist(branch.provider, !isOpen);
        }}
      >
        {isOpen ? <ChevronDown aria-hidden /> : <ChevronRight aria-hidden />}
      </span>
      <CheckMark state={row.state} />
      <span className={joined(styles.name, "truncate")}>{branch.provider}</span>
      <ProviderFacts branch={branch} chosen={chosenWords(selection, branch.provider, known)}>
        {isComplete(selection, branch.provider, known) && (
          <Button
            look="plain"
            tabIndex={-1}
            onClick={(event) => {
              event.stopPropagation();
              onFuture(branch.provider);
            }}
          >
            {allowsFuture(selection, branch.provider) ? "Only today's models" : "Include new models"}
          </Button>
        )}
      </ProviderFacts>
    </>
  );
}

function toggled(row: Row, selection: AvailableModelsSelection, known: Known): AvailableModelsSelection {
  switch (row.kind) {
    case "all":
      return toggleAll(selection);
    case "provider":
      return toggleProvider(selection, row.branch.provider, known);
    case "model":
      return toggleModel(selection, [row.provider, row.model.name], known);
  }
}

function nameOf(row: Row): string {
  if (row.kind === "all") return "Everything";
  return row.kind === "provider" ? row.branch.provider : `${row.provider}/${row.model.name}`;
}

function isParent(row: Row, provider: string): boolean {
  return row.kind === "provider" && row.branch.provider === provider;
}
