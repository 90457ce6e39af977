import * as Radix from "@radix-ui/react-dialog";
import type { ReactNode } from "react";
import { useReturnedFocus } from "../../state/focus";
import { joined } from "../words/classes";
import styles from "./dialog.module.css";

interface FloatingProps {
  title: string;
  /** Only read aloud where what floats shows by itself what it is. */
  isTitleHidden?: boolean;
  className?: string | undefined;
  onClose: () => void;
  children: ReactNode;
}

/** What floats above the page: it keeps the focus while it is there, and gives it back to what had it before. */
export function Floating({ title, isTitleHidden = false, className, onClose, children }: FloatingProps) {
  const returnFocus = useReturnedFocus();
  return (
    <Radix.Root open onOpenChange={(open) => !open && onClose()}>
      <Radix.Portal>
        <Radix.Overlay className={styles.scrim} />
        <Radix.Content
          className={joined(styles.floating, className)}
          aria-describedby={undefined}
          onOpenAutoFocus={startAtMarked}
          onCloseAutoFocus={returnFocus}
        >
          <Radix.Title className={isTitleHidden ? "visually-hidden" : undefined}>{title}</Radix.Title>
          {children}
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}

/** Where the first thing that can be typed in is not what is wanted first, that is marked `data-start`. */
function startAtMarked(event: Event) {
  if (!(event.currentTarget instanceof Element)) return;
  const start = event.currentTarget.querySelector<HTMLElement>("[data-start]");
  if (!start) return;
  event.preventDefault();
  start.focus();
}
