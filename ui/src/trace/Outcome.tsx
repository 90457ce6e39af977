import { Ban, Check, Minus, X } from "lucide-react";
import type { RequestView } from "../api/generated";
import { joined } from "../parts/words/classes";
import styles from "./outcome.module.css";
import { outcomeWords } from "./request";

const SIGNS = { success: Check, failed: X, denied: Ban, cancelled: Minus };

/** What became of a request: a sign of its own shape, and the word. */
export function Outcome({
  request,
}: {
  request: Pick<RequestView, "outcome" | "kind" | "status"> & Partial<Pick<RequestView, "recovered">>;
}) {
  const Sign = SIGNS[request.outcome];
  return (
    <span className={joined(styles.outcome, styles[request.outcome])}>
      <Sign aria-hidden />
      {outcomeWords(request)}
    </span>
  );
}
