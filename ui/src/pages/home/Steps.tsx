import { Check, LoaderCircle, X } from "lucide-react";
import styles from "./home.module.css";
import type { Step } from "./starting";

const SIGNS = { running: LoaderCircle, done: Check, failed: X };
const SPOKEN = { running: "Under way:", done: "Done:", failed: "Failed:" };

/** What was done so far, and what is being done. */
export function Steps({ steps }: { steps: readonly Step[] }) {
  return (
    <ol className={styles.steps} aria-live="polite">
      {steps.map((step, index) => {
        const Sign = SIGNS[step.state];
        return (
          // biome-ignore lint/suspicious/noArrayIndexKey: steps are told in the order in which they were made
          <li key={index} className={styles[step.state]}>
            <Sign aria-label={SPOKEN[step.state]} />
            <span>{step.says}</span>
          </li>
        );
      })}
    </ol>
  );
}
