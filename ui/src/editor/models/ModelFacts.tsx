/** What is known of a model, at the end of its row. */

import { Badge } from "../../parts/display/Bits";
import { prices, windowSize } from "../../parts/words/format";
import type { Branch, ModelInfo } from "./tree";

export function RowFacts({ model: { facts } }: { model: ModelInfo }) {
  if (!facts) {
    return (
      <span className="end">
        <Badge hint="No list of this provider names it; it is tried all the same.">not listed</Badge>
      </span>
    );
  }
  const window =
    facts.context_window === null ? "window unknown" : `${windowSize(facts.context_window)} context window`;
  return (
    <span className="end">
      {facts.confirmed.includes("tools") && <Badge>tools</Badge>}
      {facts.confirmed.includes("images") && <Badge>images</Badge>}
      {facts.reasons && <Badge>reasons</Badge>}
      <span className="window" title={window}>
        {windowSize(facts.context_window)}
      </span>
      <span className="price" title="USD per million tokens, input / output">
        {prices(facts.input_per_million, facts.output_per_million)}
      </span>
    </span>
  );
}

export function ProviderFacts({ branch, chosen }: { branch: Branch; chosen: string }) {
  return (
    <span className="end">
      {!branch.exists && <Badge mood="warn">no such provider</Badge>}
      {branch.isLocal && <Badge>local</Badge>}
      <span>{branch.models.length === 0 ? "no list of models yet" : chosen}</span>
    </span>
  );
}
