import { CircleDashed, CircleDot, Hourglass, RotateCw } from "lucide-react";
import type { RunningRequest } from "../../api/generated";
import { Tooltip } from "../../parts/controls/Tooltip";
import { joined } from "../../parts/words/classes";
import { lasting } from "../../parts/words/format";
import { useTold } from "../../state/time";
import styles from "./monitor.module.css";
import { ageOf, doingWords, type Reading } from "./running";

const SIGNS = { waiting: Hourglass, pausing: RotateCw, calling: CircleDashed, streaming: CircleDot };

/** What a running request does: a sign of its own shape, and the words. */
export function Doing({ request }: { request: RunningRequest }) {
  const Sign = SIGNS[request.doing];
  const words = doingWords(request);
  return (
    <Tooltip text={words}>
      <span className={joined(styles.doing, styles[request.doing])} aria-describedby={undefined}>
        <Sign aria-hidden />
        <span className="truncate">{words}</span>
      </span>
    </Tooltip>
  );
}

/** How long it has run, to the second: "7 s". */
export function Elapsed({ request, reading }: { request: RunningRequest; reading: Reading }) {
  return useTold((now) => lasting(ageOf(request, reading, now)));
}
