import type { AttemptView, RequestView } from "../api/generated";
import { Tooltip } from "../parts/controls/Tooltip";
import { joined } from "../parts/words/classes";
import { duration } from "../parts/words/format";
import { HAPPENED } from "../parts/words/words";
import { type Bar, bars } from "./lanes";
import styles from "./timeline.module.css";

/** When each attempt ran within its request: a lane for each, from the request's arrival to its end. */
export function Timeline({ request, attempts }: { request: RequestView; attempts: readonly AttemptView[] }) {
  if (attempts.length === 0) return null;
  const lanes = bars(request, attempts);
  return (
    <figure className={styles.timeline}>
      <ol className={styles.lanes} aria-label="When each attempt ran">
        {lanes.map((bar) => (
          <li key={bar.number}>
            <Tooltip text={spoken(bar)}>
              <div className={styles.lane} role="img" aria-label={spoken(bar)} aria-describedby={undefined}>
                <span
                  className={joined(styles.bar, bar.attempt.kind ? styles.failed : styles.answered)}
                  style={{ left: `${bar.start}%`, width: `${bar.width}%` }}
                >
                  {bar.waiting !== null && <span className={styles.untilFirst} style={{ width: `${bar.waiting}%` }} />}
                </span>
              </div>
            </Tooltip>
          </li>
        ))}
      </ol>
      <figcaption>
        <span>0</span>
        {lanes.some((bar) => bar.waiting !== null) && <span>pale: until the first token</span>}
        <span>{duration(request.duration_ms)}</span>
      </figcaption>
    </figure>
  );
}

function spoken({ number, attempt, offset }: Bar): string {
  const name = `${number}: ${attempt.provider}/${attempt.model}`;
  const became = attempt.kind ? HAPPENED[attempt.kind] : "answered";
  return `${name} ${became}, from ${duration(offset)} on, for ${duration(attempt.duration_ms)}`;
}
