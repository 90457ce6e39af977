import { type KeyboardEvent, useState } from "react";
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

  const commit = async () => {
    if (draft === null) return;
    if (draft.trim() === value) return revert();
    try {
      await save(draft.trim());
      revert();
    } catch (error) {
      setProblem(sentences(error));
    }
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
    if (event.key === "Enter" && (!lines || event.ctrlKey || event.metaKey)) void commit();
  };

  const shared = {
    value: draft ?? value,
    placeholder,
    onBlur: () => void commit(),
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
