import { Check, Minus } from "lucide-react";
import type { InputHTMLAttributes, ReactNode } from "react";
import { useGivenUp } from "../../state/focus";
import styles from "./toggle.module.css";

export type CheckState = boolean | "mixed";

interface SwitchProps {
  checked: boolean;
  onChange: (checked: boolean) => void;
  children: ReactNode;
}

/** Something that is on or off, and acts at once. The word beside it says which. */
export function Switch({ checked, onChange, children }: SwitchProps) {
  useGivenUp();
  return (
    <label className={styles.label}>
      <input
        type="checkbox"
        // biome-ignore lint/a11y/useAriaPropsForRole: a checkbox says by itself whether it is checked
        role="switch"
        className={styles.switch}
        checked={checked}
        onChange={(event) => onChange(event.target.checked)}
      />
      {children}
    </label>
  );
}

type CheckboxProps = Omit<InputHTMLAttributes<HTMLInputElement>, "checked" | "onChange"> & {
  checked: CheckState;
  onChange: (checked: boolean) => void;
  children: ReactNode;
};

/** A choice; `mixed` where only a part of what it stands for is chosen. */
export function Checkbox({ checked, onChange, children, ...rest }: CheckboxProps) {
  useGivenUp(rest.disabled);
  return (
    <label data-part="check-label" className={styles.label}>
      <input
        type="checkbox"
        className={styles.hidden}
        checked={checked === true}
        ref={(input) => {
          if (input) input.indeterminate = checked === "mixed";
        }}
        onChange={(event) => onChange(event.target.checked)}
        {...rest}
      />
      <CheckMark state={checked} />
      {children}
    </label>
  );
}

/** The sign of a checkbox alone, for lists that handle their own keys. */
export function CheckMark({ state }: { state: CheckState }) {
  return (
    <span data-part="check" className={styles.check} data-state={String(state)} aria-hidden>
      {state === true && <Check />}
      {state === "mixed" && <Minus />}
    </span>
  );
}
