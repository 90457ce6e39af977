import { useState } from "react";
import { sentence } from "../../api/errors";
import type { ClientView } from "../../api/generated";
import { useCommand } from "../../api/queries";
import { Button, ButtonLink } from "../../parts/controls/Button";
import { EmptyState, Notice, Skeleton } from "../../parts/display/Bits";
import { Padded } from "../../parts/display/Layout";
import { Page } from "../../parts/display/Page";
import { Select } from "../../parts/forms/Field";
import { address } from "../../state/match";
import { useRemembered } from "../../state/remembered";
import { Link, navigate, useSearch } from "../../state/router";
import { Composer } from "./Composer";
import { send, startAnew, useConversation } from "./conversation";
import { grouped, useModelsOf } from "./models";
import { Turns } from "./Turns";
import styles from "./try.module.css";

/** A chat as one of the clients: the same way that its program goes, with the route of every answer. */
export default function TryPage() {
  const clients = useCommand("list_clients", {});
  const turns = useConversation();
  return (
    <Page
      title="Try it"
      beside="real requests: they count and cost like those of a program"
      flush
      actions={turns.length > 0 && <Button onClick={startAnew}>New chat</Button>}
    >
      {clients.data ? (
        <Chat clients={clients.data} />
      ) : clients.error ? (
        <Padded>
          <Notice mood="bad">{sentence(clients.error)}</Notice>
        </Padded>
      ) : (
        <Skeleton />
      )}
    </Page>
  );
}

function Chat({ clients }: { clients: readonly ClientView[] }) {
  const asked = useSearch("client");
  const [kept, setKept] = useRemembered<string | null>("try:client", null);
  const known = (id: string | null) => clients.find((client) => client.id === id);
  const client = known(asked) ?? known(kept) ?? clients.find((each) => each.enabled) ?? clients[0];
  const turns = useConversation();
  const choose = (id: string) => {
    setKept(id);
    navigate(address("try"), { replace: true });
  };
  if (!client) {
    return (
      <Padded>
        <EmptyState
          title="Try it needs a client"
          action={
            <ButtonLink look="primary" to={`${address("clients")}?create`}>
              Create client
            </ButtonLink>
          }
        >
          You chat here as one of your clients, so its strategy decides which model answers. There is no client yet.
        </EmptyState>
      </Padded>
    );
  }
  return (
    <div className={styles.try}>
      <Turns turns={turns} clientName={client.name} />
      <Asking
        key={client.id}
        client={client}
        clients={clients}
        onClient={choose}
        isRunning={turns.at(-1)?.state === "running"}
      />
    </div>
  );
}

interface AskingProps {
  client: ClientView;
  clients: readonly ClientView[];
  onClient: (id: string) => void;
  isRunning: boolean;
}

function Asking({ client, clients, onClient, isRunning }: AskingProps) {
  const models = useModelsOf(client.enabled ? client.id : null);
  const [kept, setKept] = useRemembered<string | null>(`try:model:${client.id}`, null);
  const [problem, setProblem] = useState<string | null>(null);
  const listed = models.data ?? [];
  const model = listed.find((each) => each.id === kept)?.id ?? listed[0]?.id ?? null;
  const submit = (question: string) => {
    if (model === null) return;
    setProblem(null);
    send(client.id, model, question).catch((error: unknown) => setProblem(sentence(error)));
  };
  return (
    <div className={styles.asking}>
      {problem && <Notice mood="bad">{problem}</Notice>}
      <Trouble client={client} error={models.error} isEmpty={models.data?.length === 0} />
      <Composer onSend={submit} isRunning={isRunning} canSend={model !== null}>
        <div className={styles.choice}>
          <span aria-hidden>as</span>
          <Select small aria-label="Client" value={client.id} onChange={(event) => onClient(event.target.value)}>
            {clients.map((each) => (
              <option key={each.id} value={each.id}>
                {each.enabled ? each.name : `${each.name} (disabled)`}
              </option>
            ))}
          </Select>
        </div>
        <div className={styles.choice}>
          <span aria-hidden>ask</span>
          <Select
            small
            aria-label="Model"
            className="mono"
            value={model ?? ""}
            disabled={model === null}
            onChange={(event) => setKept(event.target.value)}
          >
            {grouped(listed).map(([provider, own]) => (
              <optgroup key={provider} label={provider}>
                {own.map((each) => (
                  <option key={each.id} value={each.id}>
                    {each.id}
                  </option>
                ))}
              </optgroup>
            ))}
          </Select>
        </div>
      </Composer>
    </div>
  );
}

function Trouble({ client, error, isEmpty }: { client: ClientView; error: Error | null; isEmpty: boolean }) {
  if (!client.enabled) {
    return (
      <Notice>
        <p>
          {client.name} is disabled, so the router refuses it. <Link to={address("clients")}>Enable it</Link> or choose
          another one.
        </p>
      </Notice>
    );
  }
  if (error) return <Notice mood="bad">{sentence(error)}</Notice>;
  if (!isEmpty) return null;
  return (
    <Notice>
      <p>
        No model is listed that {client.name} may use.{" "}
        <Link to={address("routing", client.strategy_id)}>See its strategy</Link> or{" "}
        <Link to={address("providers")}>the providers</Link>.
      </p>
    </Notice>
  );
}
