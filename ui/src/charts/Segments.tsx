import styles from "./segments.module.css";

interface SegmentsProps<Key extends string> {
  label: string;
  options: Readonly<Partial<Record<Key, string>>>;
  current: Key;
  onChange: (key: Key) => void;
}

/** A few ways to look at the same thing, one of which is pressed. */
export function Segments<Key extends string>({ label, options, current, onChange }: SegmentsProps<Key>) {
  return (
    <fieldset className={styles.segments}>
      <legend className="visually-hidden">{label}</legend>
      {(Object.entries(options) as [Key, string][]).map(([key, title]) => (
        <button key={key} type="button" aria-pressed={key === current} onClick={() => onChange(key)}>
          {title}
        </button>
      ))}
    </fieldset>
  );
}
