import { useCallback, useEffect, useState } from "react";
import { sentence } from "../../api/errors";
import type { ProviderTest, ProviderView } from "../../api/generated";
import { rpc } from "../../api/transport";
import { Button } from "../../parts/controls/Button";
import { StatusDot } from "../../parts/display/Bits";
import { Row } from "../../parts/display/Layout";
import { Facts } from "../../parts/display/Section";
import { Remark } from "../../parts/forms/Field";
import { duration, listed } from "../../parts/words/format";
import { KINDS } from "../../parts/words/words";
import { address } from "../../state/match";
import { navigate, useSearch } from "../../state/router";
import { useSlow } from "../../state/time";
import styles from "./providers.module.css";

const KEYS = { none: "without a key", stored: "with the stored key", environment: "with the key in the environment" };

/** Asks the provider for its models, now: what was tried, what came of it, what to do. `?test` asks at once. */
export function Test({ provider }: { provider: ProviderView }) {
  const [result, setResult] = useState<ProviderTest | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const [isTesting, setTesting] = useState(false);
  const isSlow = useSlow(isTesting);
  const isAsked = useSearch("test") !== null;
  const { name } = provider;

  const test = useCallback(async () => {
    setTesting(true);
    setProblem(null);
    try {
      setResult(await rpc.testProvider({ name }));
    } catch (error) {
      setProblem(sentence(error));
    } finally {
      setTesting(false);
    }
  }, [name]);
  useEffect(() => {
    if (!isAsked) return;
    navigate(address("providers", name), { replace: true });
    void test();
  }, [isAsked, name, test]);

  return (
    <div className={styles.testResult}>
      <Row>
        <Button disabled={isTesting} onClick={() => void test()}>
          Test
        </Button>
        {isSlow && <span className="quiet">asking {provider.address}…</span>}
      </Row>
      <div role="status">
        {problem && <Remark severity="error">{problem}</Remark>}
        {result && !isTesting && <Outcome result={result} />}
      </div>
    </div>
  );
}

function Outcome({ result }: { result: ProviderTest }) {
  return (
    <Facts
      rows={[
        [
          "Tried",
          <span key="tried">
            <span className="mono">{result.tried}</span> {KEYS[result.key_source]}
          </span>,
        ],
        [
          "Result",
          <span key="came" className={styles.providerStatus}>
            <StatusDot mood={result.answers ? "ok" : "bad"} />
            <span>
              {result.message}
              {result.kind && ` (${KINDS[result.kind]}${result.status ? `, status ${result.status}` : ""})`}
            </span>
          </span>,
        ],
        ["After", duration(result.ms)],
        [
          "For example",
          result.first_models.length > 0 && <span className="mono">{listed(result.first_models, 5)}</span>,
        ],
        ["What to do", result.advice],
      ]}
    />
  );
}
