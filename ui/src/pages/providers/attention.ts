/** What the sidebar says of providers. */

import type { ServerStatusView } from "../../api/generated";
import { listed } from "../../parts/words/format";

export function providersInTrouble({ providers }: ServerStatusView): { count: number; words: string } | null {
  const troubled = providers.filter(({ status }) =>
    ["no_key", "key_out_of_reach", "key_elsewhere", "cooling", "failing"].includes(status.state),
  );
  if (troubled.length === 0) return null;
  const names = listed(troubled.map((provider) => provider.name));
  return { count: troubled.length, words: `${names} ${troubled.length === 1 ? "does" : "do"} not answer` };
}
