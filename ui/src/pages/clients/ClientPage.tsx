import { useState } from "react";
import { isMissing, sentence } from "../../api/errors";
import type { ClientView } from "../../api/generated";
import { useCommand } from "../../api/queries";
import { Metrics } from "../../charts/spend/Metrics";
import { ButtonLink } from "../../parts/controls/Button";
import { Menu } from "../../parts/controls/Menu";
import { Tabs } from "../../parts/controls/Tabs";
import { Switch } from "../../parts/controls/Toggle";
import { Badge, EmptyState, Notice, Skeleton } from "../../parts/display/Bits";
import { Page } from "../../parts/display/Page";
import { useSaving } from "../../parts/forms/saving";
import { address, type Params } from "../../state/match";
import { useRemembered } from "../../state/remembered";
import { navigate } from "../../state/router";
import { DeleteClient, freshKeyPlace, RenameClient, RotateKey, setEnabled } from "./actions";
import { ConnectTab } from "./ConnectTab";
import styles from "./clients.module.css";
import { StrategyTab } from "./StrategyTab";

/** One client: how to connect it, what it may use, what it did. */
export default function ClientPage({ params }: { params: Params }) {
  const id = params.id ?? "";
  const client = useCommand("get_client", { client_id: id });
  if (client.data) return <Known key={id} client={client.data} tab={params.tab ?? "connect"} />;
  if (!client.error) {
    return (
      <Page title="Client">
        <Skeleton />
      </Page>
    );
  }
  return (
    <Page title="Client">
      {isMissing(client.error) ? (
        <EmptyState
          title="This client does not exist"
          action={<ButtonLink to={address("clients")}>All clients</ButtonLink>}
        >
          It was deleted, or the address is mistyped. You can restore a deleted client from an earlier revision, but it
          needs a new key.
        </EmptyState>
      ) : (
        <Notice mood="bad">{sentence(client.error)}</Notice>
      )}
    </Page>
  );
}

const TABS = [
  { key: "connect", title: "Connect" },
  { key: "strategy", title: "Strategy" },
  { key: "metrics", title: "Metrics" },
];

type Doing = "rename" | "rotate" | "delete" | null;

function Known({ client, tab }: { client: ClientView; tab: string }) {
  const [doing, setDoing] = useState<Doing>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const [key, setKey] = useRemembered<string | null>(freshKeyPlace(client.id), null);
  const { word, through } = useSaving();
  const [slot, setSlot] = useState<HTMLElement | null>(null);
  const close = () => setDoing(null);
  const closeDelete = () => {
    if (location.pathname.startsWith(address("clients", client.id))) close();
  };
  const enable = (enabled: boolean) => {
    setProblem(null);
    through(setEnabled(client, enabled)).catch((error: unknown) => setProblem(sentence(error)));
  };
  const showKey = (fresh: string) => {
    setKey(fresh);
    navigate(address("clients", client.id, "connect"));
  };
  const isCurrent = (client.has_key && key?.endsWith(client.key_hint)) ?? false;

  return (
    <Page
      title={client.name}
      beside={
        <>
          {!client.enabled && (
            <Badge mood="warn">{client.has_key ? "disabled: its key does not work" : "disabled, no key"}</Badge>
          )}{" "}
          {word}
        </>
      }
      actions={
        <>
          <span ref={setSlot} className={styles.saveSlot} />
          <Switch checked={client.enabled} onChange={enable}>
            Enabled
          </Switch>
          <Menu
            label={`Actions for ${client.name}`}
            items={[
              { verb: "Rename", run: () => setDoing("rename") },
              { verb: "Create a new key", run: () => setDoing("rotate") },
              { verb: "Delete", danger: true, run: () => setDoing("delete") },
            ]}
          />
        </>
      }
      tabs={
        <Tabs
          label={client.name}
          current={tab}
          tabs={TABS.map((each) => ({ ...each, to: address("clients", client.id, each.key) }))}
        />
      }
    >
      {problem && <Notice mood="bad">{problem}</Notice>}
      {client.lost_strategy_id && (
        <Notice mood="bad">
          It is disabled, since its strategy ({client.lost_strategy_id}) does not exist and its limits with it. Assign a
          strategy to it, or enable it to let it use “{client.strategy_name}”.
        </Notice>
      )}
      {tab === "strategy" ? (
        <StrategyTab client={client} saveSlot={slot} />
      ) : tab === "metrics" ? (
        <Metrics
          scope={`llm_key:${client.id}`}
          empty={`Requests from ${client.name} appear here as soon as they are answered.`}
        />
      ) : (
        <ConnectTab
          client={client}
          freshKey={isCurrent ? key : null}
          onHide={() => setKey(null)}
          onRotate={() => setDoing("rotate")}
        />
      )}
      {doing === "rename" && <RenameClient client={client} onClose={close} />}
      {doing === "rotate" && <RotateKey client={client} onKey={showKey} onClose={close} />}
      {doing === "delete" && <DeleteClient client={client} onClose={closeDelete} />}
    </Page>
  );
}
