import type { ButtonHTMLAttributes, ComponentProps, ReactNode, Ref } from "react";
import { useGivenUp } from "../../state/focus";
import { Link } from "../../state/router";
import { joined } from "../words/classes";
import styles from "./button.module.css";
import { Tooltip } from "./Tooltip";

/** `link` is for a verb inside a sentence. */
type Look = "normal" | "primary" | "danger" | "plain" | "link";

type ButtonProps = ButtonHTMLAttributes<HTMLButtonElement> & { look?: Look; ref?: Ref<HTMLButtonElement> };

/** A verb that can be pressed. */
export function Button({ look = "normal", className, type = "button", ...rest }: ButtonProps) {
  useGivenUp(rest.disabled);
  return <button type={type} data-part="button" className={lookOf(look, className)} {...rest} />;
}

/** The same for what only leads to another page. */
export function ButtonLink({ look = "normal", className, ...rest }: ComponentProps<typeof Link> & { look?: Look }) {
  return <Link data-part="button" className={lookOf(look, className)} {...rest} />;
}

interface FileButtonProps {
  /** Which files: ".json,application/json". */
  accept: string;
  onChoose: (file: File) => void;
  children: ReactNode;
}

/** Asks the system for a file. The same file can be chosen again. */
export function FileButton({ accept, onChoose, children }: FileButtonProps) {
  return (
    <label data-part="button" className={joined(styles.button, styles.file)}>
      {children}
      <input
        type="file"
        className="visually-hidden"
        accept={accept}
        onChange={(event) => {
          const [file] = event.target.files ?? [];
          event.target.value = "";
          if (file) onChoose(file);
        }}
      />
    </label>
  );
}

type IconButtonProps = Omit<ButtonHTMLAttributes<HTMLButtonElement>, "aria-label"> & {
  /** What it does: read aloud, and shown as a tooltip. */
  label: string;
  small?: boolean;
  children: ReactNode;
  ref?: Ref<HTMLButtonElement>;
};

/** For actions that stand in every row. An icon alone never stands for the main action of a page. */
export function IconButton({ label, small = false, className, type = "button", ...rest }: IconButtonProps) {
  useGivenUp(rest.disabled);
  return (
    <Tooltip text={label}>
      <button
        type={type}
        data-part="icon-button"
        className={joined(styles.icon, small && styles.small, className)}
        aria-label={label}
        aria-describedby={undefined}
        {...rest}
      />
    </Tooltip>
  );
}

function lookOf(look: Look, further: string | undefined): string {
  return joined(styles.button, look !== "normal" && styles[look], further);
}
