import type { LimitUsage } from "../../api/generated";
import { Tooltip } from "../controls/Tooltip";
import { amount, fullness, limitWords } from "../words/words";

const NEAR = 0.8;

export function level(share: number): "room" | "near" | "full" {
  if (share >= 1) return "full";
  return share >= NEAR ? "near" : "room";
}

/** How full a limit is: a bar, and the numbers that it stands for. */
export function LimitMeter({ usage, wide = false }: { usage: LimitUsage; wide?: boolean }) {
  const { limit_type, used, reserved, value } = usage;
  const share = fullness(usage);
  const taken = amount(limit_type, used + reserved);
  const held = reserved > 0 ? `, of which ${amount(limit_type, reserved)} held by running requests` : "";
  const title = `${taken} of ${limitWords(usage)} used${held}`;
  return (
    <Tooltip text={title}>
      <span className={`meter ${wide ? "wide" : ""}`} data-level={level(share)}>
        <span className="track" aria-hidden>
          <span className="held" style={{ width: percent(share) }} />
          <span className="fill" style={{ width: percent(value > 0 ? used / value : 0) }} />
        </span>
        <span className="amount">
          {taken}
          <span className="visually-hidden"> used of {limitWords(usage)}</span>
          {share >= 1 && <span> full</span>}
        </span>
      </span>
    </Tooltip>
  );
}

function percent(share: number): string {
  return `${Math.min(100, Math.max(0, share * 100))}%`;
}
