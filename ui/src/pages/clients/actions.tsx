import type { ClientView, StrategyView } from "../../api/generated";
import { useCommand } from "../../api/queries";
import { rpc } from "../../api/transport";
import { Lines } from "../../parts/display/Layout";
import { Dialog } from "../../parts/overlays/Dialog";
import { NameDialog } from "../../parts/overlays/NameDialog";
import { listed, plural } from "../../parts/words/format";
import { goesWith } from "../../parts/words/ownership";
import { announce } from "../../state/announcer";
import { address } from "../../state/match";
import { navigate } from "../../state/router";

/** Where a key that was just made is kept until it is hidden or the page is closed. Nowhere else is it readable. */
export function freshKeyPlace(clientId: string): string {
  return `fresh-key:${clientId}`;
}

export function RenameClient({ client, onClose }: { client: ClientView; onClose: () => void }) {
  return (
    <NameDialog
      title={`Rename ${client.name}`}
      verb="Rename"
      initial={client.name}
      hint="Its key and metrics stay. Its own strategy is renamed too, unless you gave it another name."
      onName={(name) => rpc.updateClient({ client_id: client.id, name })}
      onClose={onClose}
    />
  );
}

interface RotateProps {
  client: ClientView;
  onKey: (key: string) => void;
  onClose: () => void;
}

export function RotateKey({ client, onKey, onClose }: RotateProps) {
  const rotate = async () => {
    const { key } = await rpc.rotateClientKey({ client_id: client.id });
    announce(`${client.name} has a new key. It is shown only once.`);
    onKey(key);
  };
  return (
    <Dialog
      title={`New key for ${client.name}?`}
      onClose={onClose}
      action={{ verb: "Create a new key", run: rotate, danger: true }}
    >
      {client.has_key && (
        <p>
          The key that ends in <span className="mono">{client.key_hint}</span> stops working, and no earlier revision
          brings it back. Programs that still use it get status 401 until they have the new one. Running requests
          finish.
        </p>
      )}
      <p>The new key is shown only once.</p>
    </Dialog>
  );
}

export function DeleteClient({ client, onClose }: { client: ClientView; onClose: () => void }) {
  const { data: strategies } = useCommand("list_strategies", {});
  const owned = (strategies ?? []).filter((strategy) => strategy.parent === client.id);
  const { lost, released } = fate(client, owned);
  const remove = async () => {
    await rpc.deleteClient({ client_id: client.id });
    announce(`Deleted ${client.name}`);
    navigate(address("clients"));
  };
  const action = { verb: "Delete", run: remove, danger: true, disabled: !strategies };
  return (
    <Dialog title={`Delete ${client.name}?`} onClose={onClose} action={action}>
      <p>
        {client.has_key ? (
          <>
            Its key, which ends in <span className="mono">{client.key_hint}</span>, stops working at once and for good
          </>
        ) : (
          "It has no key"
        )}
        {lost.length ? ". This also deletes:" : ". No strategy is deleted."}
      </p>
      {lost.length > 0 && <Lines lines={lost} />}
      {released.map((line) => (
        <p key={line}>{line}</p>
      ))}
      <p>Its past requests stay in the metrics. You can undo this, but the client then needs a new key.</p>
    </Dialog>
  );
}

/** What goes with a client, and what stays although the client owns it. */
function fate(client: ClientView, owned: readonly StrategyView[]): { lost: string[]; released: string[] } {
  const lost: string[] = [];
  const released: string[] = [];
  for (const strategy of owned) {
    const others = strategy.clients.filter((other) => other.id !== client.id).map((other) => other.name);
    const has = goesWith(strategy);
    if (others.length === 0 && !strategy.is_default)
      lost.push(has.length ? `${strategy.name}: ${has.join("; ")}` : strategy.name);
    else {
      const users = others.length
        ? `${listed(others)} ${others.length === 1 ? "uses" : "use"} it`
        : "it is the default";
      released.push(`${strategy.name} stays, since ${users}. It belongs to nobody from then on.`);
    }
  }
  return { lost, released };
}

export async function setEnabled(client: ClientView, enabled: boolean): Promise<void> {
  await rpc.updateClient({ client_id: client.id, enabled });
  announce(enabled ? `${client.name} is enabled` : `${client.name} is disabled: its key does not work`);
}

export function sharedWith(strategy: StrategyView, client: ClientView): string[] {
  return strategy.clients.filter((other) => other.id !== client.id).map((other) => other.name);
}

export function otherClients(names: readonly string[]): string {
  return `${plural(names.length, "other client")}: ${listed(names, 8)}`;
}
