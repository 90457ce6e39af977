import { Tooltip } from "../controls/Tooltip";
import { exactMoney, isRounded, moneyIn } from "../words/format";

interface MoneyProps {
  usd: number | null | undefined;
  /** Of its whole column: `moneyDecimals` of all that stands in it. */
  decimals: number;
}

/** An amount as it stands in a column; the exact one in a tooltip where digits are left out. */
export function Money({ usd, decimals }: MoneyProps) {
  if (usd === undefined) return null;
  const text = moneyIn(usd, decimals);
  if (!isRounded(usd, decimals)) return <>{text}</>;
  return (
    <Tooltip text={exactMoney(usd)}>
      <span>{text}</span>
    </Tooltip>
  );
}
