/** Prices as a column of them is read: two digits after the point, more only where they matter. Pure. */

import { UNKNOWN } from "../parts/words/format";

export function perMillion(usd: number | null): string {
  if (usd === null) return UNKNOWN;
  if (usd === 0) return "$0";
  const isWhole = Math.abs(usd * 100 - Math.round(usd * 100)) < 1e-6;
  return `$${isWhole ? usd.toFixed(2) : usd.toFixed(6).replace(/0+$/, "")}`;
}
