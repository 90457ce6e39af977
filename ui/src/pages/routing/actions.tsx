/** What can be done with a strategy from its row as well as from its page. */

import { useState } from "react";
import type { StrategyView } from "../../api/generated";
import { useCommand } from "../../api/queries";
import { rpc } from "../../api/transport";
import { Lines } from "../../parts/display/Layout";
import { Field, Input } from "../../parts/forms/Field";
import { Dialog } from "../../parts/overlays/Dialog";
import { listed, plural } from "../../parts/words/format";
import { copyName } from "../../parts/words/names";
import { goesWith, names } from "../../parts/words/ownership";
import { announce } from "../../state/announcer";
import { address } from "../../state/match";
import { navigate } from "../../state/router";

interface NameDialogProps {
  title: string;
  verb: string;
  initial: string;
  hint: string;
  onName: (name: string) => Promise<unknown>;
  onClose: () => void;
}

function NameDialog({ title, verb, initial, hint, onName, onClose }: NameDialogProps) {
  const [name, setName] = useState(initial);
  const action = { verb, run: () => onName(name), disabled: !name.trim() || name === initial };
  return (
    <Dialog title={title} onClose={onClose} action={action}>
      <Field label="Name" hint={hint}>
        {(field) => <Input {...field} value={name} maxLength={200} onChange={(event) => setName(event.target.value)} />}
      </Field>
    </Dialog>
  );
}

export function CreateStrategy({ onClose }: { onClose: () => void }) {
  const create = async (name: string) => {
    const { strategy } = await rpc.createStrategy({ name });
    navigate(address("routing", strategy.id, "configuration"));
  };
  return (
    <NameDialog
      title="New strategy"
      verb="Create"
      initial=""
      hint="It starts with all models allowed, and without auto-routing or limits. No client uses it yet."
      onName={create}
      onClose={onClose}
    />
  );
}

export function RenameStrategy({ strategy, onClose }: { strategy: StrategyView; onClose: () => void }) {
  const owner = strategy.clients.find((client) => client.id === strategy.parent);
  const hint = owner
    ? `It belongs to ${owner.name}. Once renamed, it stays when ${owner.name} is deleted.`
    : "Its clients, limits and metrics stay.";
  return (
    <NameDialog
      title={`Rename ${strategy.name}`}
      verb="Rename"
      initial={strategy.name}
      hint={hint}
      onName={(name) => rpc.renameStrategy({ strategy_id: strategy.id, name })}
      onClose={onClose}
    />
  );
}

/** A strategy with the same settings, used by nobody yet. */
export async function duplicate(strategy: StrategyView, taken: readonly string[]): Promise<void> {
  const { strategy: copy } = await rpc.createStrategy({ name: copyName(strategy.name, taken) });
  const { allowed_models, auto_config, rate_limits, aliases } = strategy;
  await rpc.updateStrategy({ strategy_id: copy.id, allowed_models, auto_config, rate_limits, aliases });
  announce(`Created ${copy.name}`);
  navigate(address("routing", copy.id, "configuration"));
}

export function DeleteStrategy({ strategy, onClose }: { strategy: StrategyView; onClose: () => void }) {
  const users = names(strategy);
  if (users.length > 0) return <InUse strategy={strategy} users={users} onClose={onClose} />;
  const lost = goesWith(strategy);
  const remove = async () => {
    await rpc.deleteStrategy({ strategy_id: strategy.id });
    announce(`Deleted ${strategy.name}`);
    navigate(address("routing"));
  };
  return (
    <Dialog title={`Delete ${strategy.name}?`} onClose={onClose} action={{ verb: "Delete", run: remove, danger: true }}>
      {lost.length > 0 ? (
        <>
          <p>No client uses it. This also deletes:</p>
          <Lines lines={lost} />
        </>
      ) : (
        <p>No client uses it, and it has no settings of its own.</p>
      )}
      <p>Its past requests stay in the metrics. You can undo this.</p>
    </Dialog>
  );
}

function InUse({ strategy, users, onClose }: { strategy: StrategyView; users: string[]; onClose: () => void }) {
  const { data: others = [] } = useCommand("list_strategies", {});
  const isOnlyOne = others.length <= 1;
  return (
    <Dialog title={`${strategy.name} is in use`} onClose={onClose}>
      <p>
        {plural(users.length, "client uses", "clients use")} it: {listed(users, 8)}.
      </p>
      <p>
        {isOnlyOne
          ? "Create another strategy and assign it to them, then delete this one."
          : "Assign them another strategy first, then delete this one."}
      </p>
    </Dialog>
  );
}
