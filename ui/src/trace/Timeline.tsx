import type { AttemptView, RequestView } from "../api/generated";
import { duration } from "../parts/words/format";
import { HAPPENED } from "../parts/words/words";
import { type Bar, bars } from "./lanes";
import "./timeline.css";

/** When each attempt ran within its request: a lane for each, from the request's arrival to its end. */
export function Timeline({ request, attempts }: { request: RequestView; attempts: readonly AttemptView[] }) {
  if (attempts.length === 0) return null;
  const lanes = bars(request, attempts);
  return (
    <figure className="timeline">
      <div role="img" aria-label={lanes.map(spoken).join(". ")} className="lanes">
        {lanes.map((bar) => (
          <div key={bar.number} className="lane" title={spoken(bar)}>
            <span
              className={`bar ${bar.attempt.kind ? "failed" : "answered"}`}
              style={{ left: `${bar.start}%`, width: `${bar.width}%` }}
            >
              {bar.waiting !== null && <span className="until-first" style={{ width: `${bar.waiting}%` }} />}
            </span>
          </div>
        ))}
      </div>
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
