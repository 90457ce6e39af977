import type { SpendView } from "../../api/generated";
import { Tooltip } from "../../parts/controls/Tooltip";
import { Section } from "../../parts/display/Section";
import { count, plural, share } from "../../parts/words/format";
import { KIND_HINTS, KINDS } from "../../parts/words/words";
import styles from "./spend.module.css";

/** How calls failed. Those after which another model answered are among them. */
export function Failures({ spend: { failures, total } }: { spend: SpendView }) {
  const failed = failures.reduce((sum, { calls }) => sum + calls, 0);
  const most = Math.max(1, ...failures.map(({ calls }) => calls));
  return (
    <Section title="Failures">
      {failed === 0 ? (
        <p className={styles.nothing}>None of {plural(total.calls, "call")} failed.</p>
      ) : (
        <>
          <p className={styles.nothing}>
            {count(failed)} of {plural(total.calls, "call")}, {share(failed / total.calls)}.{" "}
            {total.failed_requests === 0
              ? "No request failed because of it."
              : `${plural(total.failed_requests, "request")} failed; the others went on to another model.`}
          </p>
          <ul className={styles.failures}>
            {failures.map(({ kind, calls }) => (
              <li key={kind}>
                <Tooltip text={KIND_HINTS[kind]}>
                  <span>{KINDS[kind]}</span>
                </Tooltip>
                <span className={styles.track} aria-hidden>
                  <i style={{ width: `${(calls / most) * 100}%` }} />
                </span>
                <span>{count(calls)}</span>
              </li>
            ))}
          </ul>
        </>
      )}
    </Section>
  );
}
