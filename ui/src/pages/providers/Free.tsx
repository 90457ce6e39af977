import { useState } from "react";
import type { ProviderView } from "../../api/generated";
import { rpc } from "../../api/transport";
import { Button } from "../../parts/controls/Button";
import { Notice } from "../../parts/display/Bits";
import { Row } from "../../parts/display/Layout";
import { Field, Remark, Select } from "../../parts/forms/Field";
import { sentences } from "../../parts/forms/problems";
import { announce } from "../../state/announcer";

/** Asked once, where neither preset nor address says whether a provider costs anything. */
export function AskIfFree({ provider }: { provider: ProviderView }) {
  const { say, problem } = useSayIfFree(provider);
  if (!provider.asks_if_free) return null;
  return (
    <Notice mood="plain">
      <p>
        Do requests to {provider.name} cost anything? Its models have no price until you say so or set one, and limits
        refuse models without a price.
      </p>
      <Row>
        <Button onClick={() => void say(true)}>They are free</Button>
        <Button onClick={() => void say(false)}>They cost money</Button>
      </Row>
      {problem && <Remark severity="error">{problem}</Remark>}
    </Notice>
  );
}

/** The same answer, to be changed later. */
export function FreeField({ provider }: { provider: ProviderView }) {
  const { say, problem } = useSayIfFree(provider);
  const unsaid = provider.is_free && provider.free === null ? "free, since it runs on this computer" : "not known";
  return (
    <Field
      label="Cost of requests"
      error={problem}
      hint="Cost limits let a free provider's models through. A price that you set, or that its list gives, takes precedence."
    >
      {(field) => (
        <Select
          {...field}
          value={provider.free === null ? "" : String(provider.free)}
          onChange={({ target: { value } }) => void say(value === "" ? null : value === "true")}
        >
          <option value="">{`Not set: ${unsaid}`}</option>
          <option value="true">They are free</option>
          <option value="false">They cost money</option>
        </Select>
      )}
    </Field>
  );
}

function useSayIfFree({ name }: ProviderView) {
  const [problem, setProblem] = useState<string | null>(null);
  const say = async (free: boolean | null) => {
    setProblem(null);
    try {
      await rpc.updateProvider({ name, free });
      announce(free ? `${name} is free` : "Saved");
    } catch (error) {
      setProblem(sentences(error));
    }
  };
  return { say, problem };
}
