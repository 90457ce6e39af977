import type { ButtonHTMLAttributes, ReactNode, Ref } from "react";
import { Tooltip } from "./Tooltip";

type ButtonProps = ButtonHTMLAttributes<HTMLButtonElement> & {
  look?: "normal" | "primary" | "danger" | "plain";
  ref?: Ref<HTMLButtonElement>;
};

/** A verb that can be pressed. */
export function Button({ look = "normal", className = "", type = "button", ...rest }: ButtonProps) {
  return <button type={type} className={`button ${look === "normal" ? "" : look} ${className}`} {...rest} />;
}

type IconButtonProps = Omit<ButtonHTMLAttributes<HTMLButtonElement>, "aria-label"> & {
  /** What it does: read aloud, and shown on hover. */
  label: string;
  small?: boolean;
  children: ReactNode;
  ref?: Ref<HTMLButtonElement>;
};

/** For actions that stand in every row. An icon alone never stands for the main action of a page. */
export function IconButton({ label, small = false, className = "", type = "button", ...rest }: IconButtonProps) {
  return (
    <Tooltip text={label}>
      <button
        type={type}
        className={`icon-button ${small ? "small" : ""} ${className}`}
        aria-label={label}
        aria-describedby={undefined}
        {...rest}
      />
    </Tooltip>
  );
}
