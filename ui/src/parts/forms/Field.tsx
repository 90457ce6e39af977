import { CircleAlert, Search as SearchIcon, TriangleAlert } from "lucide-react";
import {
  type InputHTMLAttributes,
  type ReactNode,
  type Ref,
  type SelectHTMLAttributes,
  type TextareaHTMLAttributes,
  useId,
} from "react";
import { useGivenUp } from "../../state/focus";
import { joined } from "../words/classes";
import styles from "./field.module.css";

interface FieldProps {
  label: ReactNode;
  /** What is wrong with the value, in the router's own words. */
  error?: string | null | undefined;
  hint?: ReactNode;
  children: (given: { id: string; "aria-invalid": boolean; "aria-describedby": string | undefined }) => ReactNode;
}

/** A label, what is typed in, and what there is to say about it. */
export function Field({ label, error, hint, children }: FieldProps) {
  const id = useId();
  const says = error || hint ? `${id}-says` : undefined;
  return (
    <div data-part="field" className={styles.field}>
      <label htmlFor={id}>{label}</label>
      {children({ id, "aria-invalid": Boolean(error), "aria-describedby": says })}
      {says && <div id={says}>{error ? <Remark severity="error">{error}</Remark> : <Remark>{hint}</Remark>}</div>}
    </div>
  );
}

interface RemarkProps {
  severity?: "error" | "warning" | "note";
  children: ReactNode;
}

/** A sentence about something on the page; its severity is told by a sign as well as by colour. */
export function Remark({ severity = "note", children }: RemarkProps) {
  return (
    <p data-part="remark" className={joined(styles.remark, severity !== "note" && styles[severity])}>
      {severity === "error" && <CircleAlert aria-label="Error:" />}
      {severity === "warning" && <TriangleAlert aria-label="Warning:" />}
      <span>{children}</span>
    </p>
  );
}

type InputProps = InputHTMLAttributes<HTMLInputElement> & { small?: boolean; ref?: Ref<HTMLInputElement> };

export function Input({ small = false, className, ...rest }: InputProps) {
  useGivenUp(rest.disabled);
  return <input className={lookOf(small, className)} autoComplete="off" spellCheck={false} {...rest} />;
}

type TextAreaProps = TextareaHTMLAttributes<HTMLTextAreaElement> & { ref?: Ref<HTMLTextAreaElement> };

/** For several lines. */
export function TextArea({ className, ...rest }: TextAreaProps) {
  useGivenUp(rest.disabled);
  return <textarea className={lookOf(false, className)} spellCheck={false} {...rest} />;
}

type SelectProps = SelectHTMLAttributes<HTMLSelectElement> & { small?: boolean };

/** The system's own list: quick, searchable by typing, and known to every screen reader. */
export function Select({ small = false, className, ...rest }: SelectProps) {
  useGivenUp(rest.disabled);
  return <select className={lookOf(small, className)} {...rest} />;
}

function lookOf(small: boolean, further: string | undefined): string {
  return joined(styles.input, small && styles.small, further);
}

interface SearchProps {
  value: string;
  onChange: (value: string) => void;
  label: string;
  placeholder?: string;
  /** The page's own filter, which `/` goes to. */
  main?: boolean;
}

export function Search({ value, onChange, label, placeholder = "Filter", main = false }: SearchProps) {
  return (
    <div data-part="search" className={styles.search}>
      <SearchIcon aria-hidden />
      <Input
        small
        type="search"
        aria-label={label}
        placeholder={placeholder}
        value={value}
        data-filter={main || undefined}
        onChange={(event) => onChange(event.target.value)}
        onKeyDown={(event) => {
          if (event.key !== "Escape") return;
          event.stopPropagation();
          if (value) onChange("");
          else event.currentTarget.blur();
        }}
      />
      {main && <kbd aria-hidden>/</kbd>}
    </div>
  );
}
