import { useState } from "react";
import { useCommand } from "../../api/queries";
import { rpc } from "../../api/transport";
import { Field, Input, Remark, Select } from "../../parts/forms/Field";
import { useProblems } from "../../parts/forms/problems";
import { Dialog } from "../../parts/overlays/Dialog";
import { ownership } from "../../parts/words/ownership";
import { announce } from "../../state/announcer";
import { address } from "../../state/match";
import { remember } from "../../state/remembered";
import { navigate } from "../../state/router";
import { freshKeyPlace } from "./actions";

type Choice = "own" | "shared" | "copy";

const CHOICES: Record<Choice, string> = {
  own: "A new strategy of its own",
  copy: "A copy of another strategy",
  shared: "A strategy it shares with others",
};

const MEANS: Record<Choice, string> = {
  own: "It starts with all models allowed, without auto-routing or limits.",
  copy: "It starts with the same settings. Later changes to either do not affect the other.",
  shared: "Changes reach every client that uses it, and all of them share its limits.",
};

/** Asks for a name and which strategy the client uses. Its key is shown on its page, once. */
export function CreateClient({ onClose }: { onClose: () => void }) {
  const { data: strategies } = useCommand("list_strategies", {});
  const [name, setName] = useState("");
  const [choice, setChoice] = useState<Choice>("own");
  const [chosen, setChosen] = useState<string | null>(null);
  const { at, guard } = useProblems(["name", "strategy_id", "copy_of"], "name");
  const from = chosen ?? strategies?.[0]?.id;
  const needsOne = choice !== "own";

  const create = () =>
    guard(async () => {
      const { client, key } = await rpc.createClient({
        name: name.trim(),
        ...(choice === "shared" && from && { strategy_id: from }),
        ...(choice === "copy" && from && { copy_of: from }),
      });
      remember(freshKeyPlace(client.id), key);
      announce(`Created ${client.name}. Its key is shown only once.`);
      navigate(address("clients", client.id, "connect"), { replace: true });
    });
  const owner = strategies?.find(({ id }) => id === from);
  const taken = choice === "shared" && owner?.clients.find(({ id }) => id === owner.parent);
  return (
    <Dialog
      title="New client"
      onClose={onClose}
      action={{ verb: "Create", run: create, disabled: !name.trim() || (needsOne && !from) }}
    >
      <Field label="Name" error={at.name} hint="Create one client for each program. Each gets its own key.">
        {(field) => <Input {...field} value={name} maxLength={200} onChange={(event) => setName(event.target.value)} />}
      </Field>
      <Field label="Strategy" hint={MEANS[choice]}>
        {(field) => (
          <Select {...field} value={choice} onChange={(event) => setChoice(event.target.value as Choice)}>
            {(Object.keys(CHOICES) as Choice[]).map((each) => (
              <option key={each} value={each}>
                {CHOICES[each]}
              </option>
            ))}
          </Select>
        )}
      </Field>
      {needsOne && (
        <Field label={choice === "copy" ? "Copy of" : "Which one"} error={at.strategy_id ?? at.copy_of}>
          {(field) => (
            <Select {...field} value={from} onChange={(event) => setChosen(event.target.value)}>
              {(strategies ?? []).map((strategy) => (
                <option key={strategy.id} value={strategy.id}>
                  {strategy.name} ({ownership(strategy)})
                </option>
              ))}
            </Select>
          )}
        </Field>
      )}
      {taken && (
        <Remark>{`It belongs to ${taken.name} now. Once shared, it stays when ${taken.name} is deleted.`}</Remark>
      )}
    </Dialog>
  );
}
