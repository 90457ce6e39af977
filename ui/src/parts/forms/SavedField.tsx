import { type KeyboardEvent, useRef, useState } from "react";
import { Field, Input, TextArea } from "./Field";
import { sentences } from "./problems";

interface SavedFieldProps {
  label: string;
  /** What the router holds. */
  value: string;
  save: (value: string) => Promise<unknown>;
  hint?: string | undefined;
  placeholder?: string | undefined;
  /** One entry a line. */
  lines?: boolean;
  inputMode?: "decimal";
  mono?: boolean;
}

/**
 * A text that is saved when it is left, or by Enter. Escape brings back what the router holds. What is refused stays as
 * it was typed, with the reason.
 */
export function SavedField({ label, value, save, hint, placeholder, lines, inputMode, mono }: SavedFieldProps) {
  const [draft, setDraft] = useState<string | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const [isSaving, setSaving] = useState(false);
  const saves = useRef<Promise<unknown>>(Promise.resolve());

  // One save after the other, in the order of the edits; what is typed meanwhile stays, and is saved in turn.
  const commit = () => {
    if (draft === null) return;
    if (draft.trim() === value && !isSaving) return revert();
    const typed = draft;
    setSaving(true);
    saves.current = saves.current
      .then(() => save(typed.trim()))
      .then(() => {
        setDraft((now) => (now === typed ? null : now));
        setProblem(null);
      })
      .catch((error: unknown) => setProblem(sentences(error)))
      .finally(() => setSaving(false));
  };
  const revert = () => {
    setDraft(null);
    setProblem(null);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === "Escape" && draft !== null) {
      event.stopPropagation();
      revert();
    }
    if (event.key === "Enter" && (!lines || event.ctrlKey || event.metaKey)) commit();
  };

  const shared = {
    value: draft ?? value,
    placeholder,
    onBlur: () => commit(),
    onKeyDown,
  };
  return (
    <Field label={label} error={problem} hint={hint}>
      {(field) =>
        lines ? (
          <TextArea {...field} {...shared} onChange={(event) => setDraft(event.target.value)} />
        ) : (
          <Input
            {...field}
            {...shared}
            className={mono ? "mono" : undefined}
            inputMode={inputMode}
            onChange={(event) => setDraft(event.target.value)}
          />
        )
      }
    </Field>
  );
}
