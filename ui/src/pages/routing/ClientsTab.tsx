import { useState } from "react";
import { sentence } from "../../api/errors";
import type { ClientView, StrategyView } from "../../api/generated";
import { useCommand } from "../../api/queries";
import { rpc } from "../../api/transport";
import { Button } from "../../parts/controls/Button";
import { Badge, EmptyState, Notice, Skeleton } from "../../parts/display/Bits";
import { Search } from "../../parts/forms/Field";
import { Dialog } from "../../parts/overlays/Dialog";
import { joined } from "../../parts/words/classes";
import { listed } from "../../parts/words/format";
import { announce } from "../../state/announcer";
import strategyStyles from "./strategy.module.css";

/** Who uses this strategy, and who else could. */
export default function ClientsTab({ strategy }: { strategy: StrategyView }) {
  const { data: clients, error } = useCommand("list_clients", {});
  const [assigning, setAssigning] = useState<ClientView | null>(null);
  const [filter, setFilter] = useState("");
  if (error) return <Notice mood="bad">{sentence(error)}</Notice>;
  if (!clients) return <Skeleton />;
  if (clients.length === 0) {
    return (
      <EmptyState title="No clients yet">
        A client is a program with its own key. Once you have one, you can assign it to this strategy here.
      </EmptyState>
    );
  }
  const users = clients.filter((client) => client.strategy_id === strategy.id);
  const others = clients.filter((client) => client.strategy_id !== strategy.id);
  const shown = others.filter((client) => client.name.toLowerCase().includes(filter.trim().toLowerCase()));

  return (
    <div className={strategyStyles.who}>
      <section>
        <h2>Clients that use this strategy</h2>
        {users.length === 0 && <p className="quiet">No client uses it yet.</p>}
        {users.length > 1 && (
          <p className="quiet">
            Shared: a change of this strategy reaches{" "}
            {listed(
              users.map(({ name }) => name),
              8,
            )}
            .
          </p>
        )}
        <ul className={strategyStyles.lines}>
          {users.map((client) => (
            <li key={client.id}>
              <span className="truncate">{client.name}</span>
              {client.id === strategy.parent && <Badge hint="It is deleted together with this client.">owner</Badge>}
              {!client.enabled && <Badge mood="warn">disabled</Badge>}
              <span className={joined(strategyStyles.end, "mono quiet")}>
                {client.has_key ? `key …${client.key_hint}` : "no key"}
              </span>
            </li>
          ))}
        </ul>
      </section>
      {others.length > 0 && (
        <section>
          <header>
            <h2>Other clients</h2>
            {others.length > 8 && <Search label="Filter clients" value={filter} onChange={setFilter} />}
          </header>
          <ul className={strategyStyles.lines}>
            {shown.map((client) => (
              <li key={client.id}>
                <span className="truncate">{client.name}</span>
                <span className="quiet truncate">uses {client.strategy_name}</span>
                <Button className={strategyStyles.end} onClick={() => setAssigning(client)}>
                  Assign<span className="visually-hidden"> {client.name}</span>
                </Button>
              </li>
            ))}
          </ul>
        </section>
      )}
      {assigning && (
        <Assign
          client={assigning}
          strategy={strategy}
          owner={clients.find((client) => client.id === strategy.parent)}
          onClose={() => setAssigning(null)}
        />
      )}
    </div>
  );
}

interface AssignProps {
  client: ClientView;
  strategy: StrategyView;
  owner: ClientView | undefined;
  onClose: () => void;
}

function Assign({ client, strategy, owner, onClose }: AssignProps) {
  const assign = async () => {
    await rpc.assignClientStrategy({ client_id: client.id, strategy_id: strategy.id });
    announce(`${client.name} uses ${strategy.name} now`);
  };
  return (
    <Dialog
      title={`Assign ${strategy.name} to ${client.name}?`}
      onClose={onClose}
      action={{ verb: "Assign", run: assign }}
    >
      <p>
        {client.name} uses {client.strategy_name} now. From its next request on it gets the models and limits of{" "}
        {strategy.name}. {client.strategy_name} stays as it is.
      </p>
      {owner && owner.id !== client.id && (
        <p>
          {strategy.name} belongs to {owner.name}. It becomes shared, and stays when {owner.name} is deleted.
        </p>
      )}
    </Dialog>
  );
}
