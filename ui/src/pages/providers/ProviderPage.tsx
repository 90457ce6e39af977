import { useState } from "react";
import { sentence } from "../../api/errors";
import type { ProviderView } from "../../api/generated";
import { useCommand } from "../../api/queries";
import { Metrics } from "../../charts/spend/Metrics";
import { ModelsTable } from "../../models/ModelsTable";
import { ButtonLink } from "../../parts/controls/Button";
import { Menu } from "../../parts/controls/Menu";
import { Tabs } from "../../parts/controls/Tabs";
import { Switch } from "../../parts/controls/Toggle";
import { Badge, EmptyState, Notice, Skeleton } from "../../parts/display/Bits";
import { Padded } from "../../parts/display/Layout";
import { Page } from "../../parts/display/Page";
import { useSaving } from "../../parts/forms/saving";
import { address, type Params } from "../../state/match";
import { DeleteKey, DeleteProvider, SetKey, setEnabled } from "./actions";
import { SettingsTab } from "./SettingsTab";
import { StatusTab } from "./StatusTab";

/** One provider: whether it answers, its key, its models, its settings. */
export default function ProviderPage({ params }: { params: Params }) {
  const providers = useCommand("list_providers", {});
  const name = params.name ?? "";
  if (!providers.data) {
    return (
      <Page title={name}>
        {providers.error ? <Notice mood="bad">{sentence(providers.error)}</Notice> : <Skeleton />}
      </Page>
    );
  }
  const provider = providers.data.find((other) => other.name.toLowerCase() === name.toLowerCase());
  if (provider) return <Known provider={provider} tab={params.tab ?? "status"} />;
  return (
    <Page title={name}>
      <EmptyState
        title={`There is no provider named ${name}`}
        action={<ButtonLink to={address("providers")}>All providers</ButtonLink>}
      >
        It was deleted or renamed. You can restore a deleted provider from an earlier revision, but you must set its key
        again.
      </EmptyState>
    </Page>
  );
}

const TABS = [
  { key: "status", title: "Status" },
  { key: "models", title: "Models" },
  { key: "metrics", title: "Metrics" },
  { key: "settings", title: "Settings" },
];

type Doing = "key" | "delete-key" | "delete" | null;

function Known({ provider, tab }: { provider: ProviderView; tab: string }) {
  const [doing, setDoing] = useState<Doing>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const { word, through } = useSaving();
  const close = () => setDoing(null);
  const enable = (enabled: boolean) => {
    setProblem(null);
    through(setEnabled(provider, enabled)).catch((error: unknown) => setProblem(sentence(error)));
  };
  const isOwnName = provider.name.toLowerCase() === provider.title.toLowerCase();
  return (
    <Page
      title={provider.name}
      flush={tab === "models"}
      beside={
        <>
          {!isOwnName && provider.title} {provider.local && <Badge>local</Badge>} {word}
        </>
      }
      actions={
        <>
          <Switch checked={provider.enabled} onChange={enable}>
            Enabled
          </Switch>
          <Menu
            label={`Actions for ${provider.name}`}
            items={[
              { verb: "Set key", run: () => setDoing("key") },
              { verb: "Delete", danger: true, run: () => setDoing("delete") },
            ]}
          />
        </>
      }
      tabs={
        <Tabs
          label={provider.name}
          current={tab}
          tabs={TABS.map((each) => ({ ...each, to: address("providers", provider.name, each.key) }))}
        />
      }
    >
      {problem && <Notice mood="bad">{problem}</Notice>}
      {tab === "models" ? (
        <ProviderModels provider={provider} />
      ) : tab === "metrics" ? (
        <Metrics
          scope={`llm_provider:${provider.name}`}
          empty={`Attempts on its models appear here, including those that failed and moved on to another provider.`}
        />
      ) : tab === "settings" ? (
        <SettingsTab provider={provider} through={through} />
      ) : (
        <StatusTab provider={provider} onSetKey={() => setDoing("key")} onDeleteKey={() => setDoing("delete-key")} />
      )}
      {doing === "key" && <SetKey provider={provider} onClose={close} />}
      {doing === "delete-key" && <DeleteKey provider={provider} onClose={close} />}
      {doing === "delete" && <DeleteProvider provider={provider} onClose={close} />}
    </Page>
  );
}

function ProviderModels({ provider }: { provider: ProviderView }) {
  const { data: models } = useCommand("list_models", {});
  if (!models) return <Skeleton />;
  const own = models.filter((model) => model.provider === provider.name);
  if (own.length > 0) return <ModelsTable models={own} of={provider.name} />;
  return (
    <Padded>
      <EmptyState
        title="No models known"
        action={<ButtonLink to={address("providers", provider.name, "settings")}>Declare models</ButtonLink>}
      >
        {provider.status.message} {provider.status.advice} Once its list is read its models stand here, with their
        context windows and prices. A server without a list needs its models declared.
      </EmptyState>
    </Padded>
  );
}
