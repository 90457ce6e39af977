import { useState } from "react";
import { rpc } from "../api/transport";
import { Button, ButtonLink } from "../parts/controls/Button";
import { Row } from "../parts/display/Layout";
import { Remark } from "../parts/forms/Field";
import { sentences } from "../parts/forms/problems";
import { announce } from "../state/announcer";
import { address } from "../state/match";

const MOST = 3;

/** What can be done about models without a price, beside the limit of cost that refuses them. */
export function Remedies({ providers }: { providers: readonly string[] }) {
  const [problem, setProblem] = useState<string | null>(null);
  const sayFree = async (name: string) => {
    setProblem(null);
    try {
      await rpc.updateProvider({ name, free: true });
      announce(`${name} is free: limits of cost do not judge its models`);
    } catch (error) {
      setProblem(sentences(error));
    }
  };
  return (
    <div className="remedies">
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
