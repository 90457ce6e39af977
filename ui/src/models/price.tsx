import { useState } from "react";
import type { ModelView } from "../api/generated";
import { rpc } from "../api/transport";
import { Field, Input } from "../parts/forms/Field";
import { useProblems } from "../parts/forms/problems";
import { Dialog } from "../parts/overlays/Dialog";
import { prices } from "../parts/words/format";
import { announce } from "../state/announcer";
import styles from "./models.module.css";

interface PriceProps {
  model: ModelView;
  onClose: () => void;
}

/** The user's own price, for models whose price is unknown or differs from the public one. */
export function SetPrice({ model, onClose }: PriceProps) {
  const [input, setInput] = useState(text(model.input_per_million));
  const [output, setOutput] = useState(text(model.output_per_million));
  const { at, guard } = useProblems(["input_per_million", "output_per_million"]);
  const save = () =>
    guard(async () => {
      await rpc.setPricingOverride({
        provider: model.provider,
        model: model.name,
        input_per_million: number(input),
        output_per_million: number(output),
      });
      announce(`${model.id} has your own price`);
    });
  return (
    <Dialog
      title="Your own price"
      onClose={onClose}
      action={{ verb: "Save", run: save, disabled: !input.trim() || !output.trim() }}
    >
      <p>
        For <span className="mono">{model.id}</span>, in USD per million tokens. It overrides every list and table, and
        cost limits and metrics use it from the next request.
      </p>
      <div className={styles.priceFields}>
        <Field label="Input" error={at.input_per_million}>
          {(field) => (
            <Input {...field} inputMode="decimal" value={input} onChange={(event) => setInput(event.target.value)} />
          )}
        </Field>
        <Field label="Output" error={at.output_per_million}>
          {(field) => (
            <Input {...field} inputMode="decimal" value={output} onChange={(event) => setOutput(event.target.value)} />
          )}
        </Field>
      </div>
    </Dialog>
  );
}

export function DeletePrice({ model, onClose }: PriceProps) {
  const remove = async () => {
    await rpc.deletePricingOverride({ provider: model.provider, model: model.name });
    announce(`${model.id} no longer has your own price`);
  };
  return (
    <Dialog title="Remove your own price?" onClose={onClose} action={{ verb: "Remove", run: remove, danger: true }}>
      <p>
        <span className="mono">{model.id}</span> costs {prices(model.input_per_million, model.output_per_million)} now,
        as you set it. Without it, the price in its provider's list or in the packaged table applies again; if neither
        has one, the price is unknown.
      </p>
    </Dialog>
  );
}

function text(price: number | null): string {
  return price === null ? "" : String(price);
}

/** What is no number is sent as it is read, so that the router says what is wrong with it. */
function number(typed: string): number {
  return Number(typed.trim().replace(",", ".").replace(/^\$/, ""));
}
