import type { SpendView } from "../../api/generated";
import { Section } from "../../parts/display/Section";
import { count, moneyDecimals, moneyIn, prices } from "../../parts/words/format";
import { address } from "../../state/match";
import { Link } from "../../state/router";
import styles from "./spend.module.css";

/** What free models and prompt caches saved, and against what that is measured. */
export function Savings({ spend: { savings, scope } }: { spend: SpendView }) {
  if (savings.free_tokens === 0 && savings.cached_tokens === 0) return null;
  const compared = savings.compared_with;
  const decimals = moneyDecimals([savings.cached_usd, ...compared.map(({ saved_usd }) => saved_usd)]);
  return (
    <Section title="Savings" hint="At today's prices.">
      <ul className={styles.savings}>
        {compared.map(
          ({ strategy_id, strategy, model, input_per_million, output_per_million, free_tokens, saved_usd }) => (
            <li key={strategy_id}>
              <b>{moneyIn(saved_usd, decimals)}</b>
              <span>
                by free models
                {scope.startsWith("llm_strategy:") ? (
                  ""
                ) : (
                  <>
                    {" "}
                    under <Link to={address("routing", strategy_id)}>{strategy}</Link>
                  </>
                )}
                : {count(free_tokens)} tokens that {model} would have answered for{" "}
                {prices(input_per_million, output_per_million)} per million, the first model of the strategy's list that
                has a price.
              </span>
            </li>
          ),
        )}
        {savings.cached_tokens > 0 && (
          <li>
            <b>{moneyIn(savings.cached_usd, decimals)}</b>
            <span>
              by prompt caches: {count(savings.cached_tokens)} cached tokens, against the same models' price for input
              that is not cached.
              {savings.cached_tokens_without_price > 0 &&
                ` ${count(savings.cached_tokens_without_price)} of them belong to models without a known price.`}
            </span>
          </li>
        )}
        {savings.free_tokens_without_comparison > 0 && (
          <li>
            <b className={styles.unknown}>unknown</b>
            <span>
              for {count(savings.free_tokens_without_comparison)} free tokens of strategies whose list has no model with
              a price to compare with.
            </span>
          </li>
        )}
      </ul>
    </Section>
  );
}
