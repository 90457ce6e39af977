import { useState } from "react";
import type { ClientView } from "../../api/generated";
import { useCommand } from "../../api/queries";
import { Button } from "../../parts/controls/Button";
import { Badge, EmptyState } from "../../parts/display/Bits";
import { Padded } from "../../parts/display/Layout";
import { Money } from "../../parts/display/Money";
import { Table } from "../../parts/display/Table";
import { ListPage, Refused } from "../../parts/lists/ListPage";
import { useAttempts } from "../../parts/lists/useAttempts";
import { count, moneyDecimals } from "../../parts/words/format";
import { holdsWords } from "../../parts/words/search";
import { address } from "../../state/match";
import { remember } from "../../state/remembered";
import { navigate } from "../../state/router";
import { useNewest, useToday } from "../../state/usage";
import { DeleteClient, freshKeyPlace, RenameClient, RotateKey, setEnabled } from "./actions";
import { CreateClient } from "./CreateClient";
import { LastSeen, UsedStrategy } from "./cells";

/** All clients: whose key it is, which strategy it uses, and what it did today. */
export default function ClientsPage() {
  return (
    <ListPage
      title="Clients"
      path="clients"
      list={useCommand("list_clients", {})}
      searchLabel="Filter clients"
      create={{ verb: "Create client", word: "create", dialog: (close) => <CreateClient onClose={close} /> }}
    >
      {(all, filter, create) =>
        all.length === 0 ? <NoClients onCreate={create} /> : <Clients all={all} filter={filter} />
      }
    </ListPage>
  );
}

function NoClients({ onCreate }: { onCreate: () => void }) {
  return (
    <Padded>
      <EmptyState
        title="No clients yet"
        action={
          <Button look="primary" onClick={onCreate}>
            Create client
          </Button>
        }
      >
        A client is one program that uses the router. It has its own key, its own metrics, and a strategy that says what
        it may use. This page lists them. Create one to get a key.
      </EmptyState>
    </Padded>
  );
}

type Doing = { what: "rename" | "rotate" | "delete"; client: ClientView } | null;

function Clients({ all, filter }: { all: readonly ClientView[]; filter: string }) {
  const today = useToday("llm_key");
  const decimals = moneyDecimals([...(today?.values() ?? [])].map((totals) => totals.cost_usd));
  const newest = useNewest();
  const { data: strategies = [] } = useCommand("list_strategies", {});
  const byId = new Map(strategies.map((strategy) => [strategy.id, strategy]));
  const [doing, setDoing] = useState<Doing>(null);
  const { refusal, attempt } = useAttempts();
  const shown = all.filter((client) => fits(client, filter));
  const close = () => setDoing(null);
  const showKey = (client: ClientView, key: string) => {
    remember(freshKeyPlace(client.id), key);
    navigate(address("clients", client.id, "connect"));
  };

  return (
    <>
      {refusal && <Refused>{refusal}</Refused>}
      <Table
        label="Clients"
        rows={shown}
        rowKey={(client) => client.id}
        nameOf={(client) => client.name}
        to={(client) => address("clients", client.id)}
        first={{
          title: "Client",
          name: (client) => client.name,
          beside: (client) => !client.enabled && <Badge mood="warn">disabled</Badge>,
        }}
        columns={[
          {
            key: "strategy",
            title: "Strategy",
            width: "28%",
            cell: (client) => <UsedStrategy client={client} strategy={byId.get(client.strategy_id)} />,
          },
          {
            key: "key",
            title: "Key ends in",
            width: "96px",
            isExtra: true,
            cell: (client) => (client.has_key ? <span className="mono">{client.key_hint}</span> : "no key"),
          },
          {
            key: "seen",
            title: "Last request",
            width: "132px",
            cell: (client) => <LastSeen client={client} newest={newest} />,
          },
          {
            key: "requests",
            title: "Today",
            width: "96px",
            isNumber: true,
            cell: ({ id }) => today && requestsWords(today.get(id)?.requests ?? 0),
          },
          {
            key: "cost",
            title: "Cost today",
            width: "96px",
            isNumber: true,
            cell: ({ id }) => today && <Money usd={today.has(id) ? today.get(id)?.cost_usd : 0} decimals={decimals} />,
          },
        ]}
        menu={(client) => [
          { verb: "Connect", run: () => navigate(address("clients", client.id, "connect")) },
          { verb: "Rename", run: () => setDoing({ what: "rename", client }) },
          { verb: client.enabled ? "Disable" : "Enable", run: () => attempt(setEnabled(client, !client.enabled)) },
          { verb: "Create a new key", run: () => setDoing({ what: "rotate", client }) },
          { verb: "Delete", danger: true, run: () => setDoing({ what: "delete", client }) },
        ]}
      />
      {shown.length === 0 && (
        <Padded>
          <p className="quiet">No client or strategy matches “{filter.trim()}”.</p>
        </Padded>
      )}
      {doing?.what === "rename" && <RenameClient client={doing.client} onClose={close} />}
      {doing?.what === "delete" && <DeleteClient client={doing.client} onClose={close} />}
      {doing?.what === "rotate" && (
        <RotateKey client={doing.client} onKey={(key) => showKey(doing.client, key)} onClose={close} />
      )}
    </>
  );
}

function requestsWords(requests: number): string {
  return requests === 1 ? "1 request" : `${count(requests)} requests`;
}

function fits(client: ClientView, filter: string): boolean {
  const text = `${client.name} ${client.strategy_name} ${client.key_hint}`;
  return holdsWords(text, filter);
}
