import { Metrics } from "../../charts/spend/Metrics";
import { Page } from "../../parts/display/Page";

/** Where the money goes. */
export default function SpendPage() {
  return (
    <Page title="Spend">
      <Metrics
        scope="llm_global"
        empty="This page shows what requests cost, by model, provider, client and strategy. It fills with the first request."
      />
    </Page>
  );
}
