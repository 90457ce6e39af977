import { type FormEvent, useState } from "react";
import { rpc } from "../api/transport";
import { Button, ButtonLink } from "../parts/controls/Button";
import { Row } from "../parts/display/Layout";
import { Input, Remark } from "../parts/forms/Field";
import { sentences } from "../parts/forms/problems";
import { announce } from "../state/announcer";
import { address } from "../state/match";
import type { Pair } from "./draft/selection";
import styles from "./editor.module.css";

const MOST = 3;

interface RemediesProps {
  providers: readonly string[];
  /** Models of the order without a price: each can be given one here. */
  models: readonly Pair[];
}

/** What can be done about models without a price, beside the limit of cost that refuses them. */
export function Remedies({ providers, models }: RemediesProps) {
  const [problem, setProblem] = useState<string | null>(null);
  const sayFree = async (name: string) => {
    setProblem(null);
    try {
      await rpc.updateProvider({ name, free: true });
      announce(`${name} costs nothing: cost limits let its models through`);
    } catch (error) {
      setProblem(sentences(error));
    }
  };
  return (
    <div className={styles.remedies}>
      {models.slice(0, MOST).map(([provider, name]) => (
        <PriceHere key={`${provider}/${name}`} provider={provider} model={name} />
      ))}
      {providers.slice(0, MOST).map((name) => (
        <Row key={name}>
          <ButtonLink to={address("providers", name, "models")}>Set prices of {name}</ButtonLink>
          <Button onClick={() => void sayFree(name)}>{name} costs nothing</Button>
        </Row>
      ))}
      {problem && <Remark severity="error">{problem}</Remark>}
    </div>
  );
}

/** The price of one model, set where it is missing. */
function PriceHere({ provider, model }: { provider: string; model: string }) {
  const [input, setInput] = useState("");
  const [output, setOutput] = useState("");
  const [problem, setProblem] = useState<string | null>(null);
  const save = async (event: FormEvent) => {
    event.preventDefault();
    setProblem(null);
    try {
      await rpc.setPricingOverride({
        provider,
        model,
        input_per_million: asNumber(input),
        output_per_million: asNumber(output),
      });
      announce(`${provider}/${model} has a price now`);
    } catch (error) {
      setProblem(sentences(error));
    }
  };
  return (
    <form className={styles.priceHere} onSubmit={(event) => void save(event)}>
      <span className="mono truncate">
        {provider}/{model}
      </span>
      <span>
        $
        <Input
          small
          inputMode="decimal"
          aria-label={`Input price of ${provider}/${model} in US dollars per million tokens`}
          placeholder="input"
          value={input}
          onChange={(event) => setInput(event.target.value)}
        />
      </span>
      <span>
        $
        <Input
          small
          inputMode="decimal"
          aria-label={`Output price of ${provider}/${model} in US dollars per million tokens`}
          placeholder="output"
          value={output}
          onChange={(event) => setOutput(event.target.value)}
        />
      </span>
      <span className="quiet">per million tokens</span>
      <Button type="submit" disabled={!input.trim() || !output.trim()}>
        Set price
      </Button>
      {problem && <Remark severity="error">{problem}</Remark>}
    </form>
  );
}

function asNumber(typed: string): number {
  return Number(typed.trim().replace(",", ".").replace(/^\$/, ""));
}
