import { lazy, Suspense, useState } from "react";
import { isMissing, sentence } from "../../api/errors";
import { useCommand } from "../../api/queries";
import { Metrics } from "../../charts/spend/Metrics";
import { SaveState } from "../../editor/draft/SaveState";
import { useStrategyAtRevision, useStrategyDraft } from "../../editor/draft/useStrategyDraft";
import { ButtonLink } from "../../parts/controls/Button";
import { Menu } from "../../parts/controls/Menu";
import { Tabs } from "../../parts/controls/Tabs";
import { EmptyState, Notice, Skeleton, StatusWord } from "../../parts/display/Bits";
import { Page } from "../../parts/display/Page";
import { ownership } from "../../parts/words/ownership";
import { address, type Params } from "../../state/match";
import { DeleteStrategy, duplicate, RenameStrategy } from "./actions";

const EditorTab = lazy(() =>
  import("../../editor/StrategyConfigEditor").then((m) => ({ default: m.StrategyConfigEditor })),
);
const ClientsTab = lazy(() => import("./ClientsTab"));
const ExplainTab = lazy(() => import("./ExplainTab"));

const TABS = { metrics: "Metrics", configuration: "Configuration", clients: "Clients", explain: "Explain" } as const;

/** One strategy: what it did, what it says, who uses it, and what it would do now. */
export default function StrategyPage({ params }: { params: Params }) {
  const id = params.id ?? "";
  const { data, error } = useStrategyAtRevision(id);
  if (isMissing(error)) return <Missing />;
  if (error && !data) {
    return (
      <Page title="Strategy">
        <Notice mood="bad">{sentence(error)}</Notice>
      </Page>
    );
  }
  return data ? (
    <Strategy key={id} found={data} tab={params.tab && params.tab in TABS ? params.tab : "configuration"} />
  ) : (
    <Skeleton />
  );
}

interface StrategyProps {
  found: NonNullable<ReturnType<typeof useStrategyAtRevision>["data"]>;
  tab: string;
}

function Strategy({ found, tab }: StrategyProps) {
  const editing = useStrategyDraft(found);
  const { strategy } = editing;
  const users = strategy.clients.length;
  return (
    <Page
      title={strategy.name}
      beside={ownership(strategy)}
      actions={
        <>
          <SaveState editing={editing} />
          <More strategy={strategy} />
        </>
      }
      tabs={
        <Tabs
          label="Strategy"
          current={tab}
          tabs={Object.entries(TABS).map(([key, title]) => ({
            key,
            title: key === "clients" && users > 0 ? `${title} ${users}` : title,
            to: address("routing", strategy.id, key),
          }))}
        />
      }
    >
      <Suspense fallback={<Skeleton />}>
        {tab === "metrics" && (
          <Metrics
            scope={`llm_strategy:${strategy.id}`}
            empty={
              users
                ? "Requests from clients that use this strategy appear here as soon as they are answered."
                : "No client uses this strategy. Assign one under Clients, and its requests appear here."
            }
          />
        )}
        {tab === "configuration" && <EditorTab editing={editing} />}
        {tab === "clients" && <ClientsTab strategy={strategy} />}
        {tab === "explain" && <ExplainTab strategy={strategy} />}
      </Suspense>
    </Page>
  );
}

function More({ strategy }: { strategy: StrategyProps["found"]["strategy"] }) {
  const [doing, setDoing] = useState<"rename" | "delete" | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const { data: all = [] } = useCommand("list_strategies", {});
  const taken = all.map((other) => other.name);
  const copy = () => duplicate(strategy, taken).catch((error: unknown) => setProblem(sentence(error)));
  const close = () => setDoing(null);
  return (
    <>
      {problem && <StatusWord bad>{problem}</StatusWord>}
      <Menu
        label={`Actions for ${strategy.name}`}
        items={[
          { verb: "Rename", run: () => setDoing("rename") },
          { verb: "Duplicate", run: () => void copy() },
          ...(strategy.is_default ? [] : [{ verb: "Delete", danger: true, run: () => setDoing("delete") }]),
        ]}
      />
      {doing === "rename" && <RenameStrategy strategy={strategy} onClose={close} />}
      {doing === "delete" && <DeleteStrategy strategy={strategy} onClose={close} />}
    </>
  );
}

function Missing() {
  return (
    <Page title="No such strategy">
      <EmptyState
        title="There is no strategy at this address"
        action={<ButtonLink to={address("routing")}>Go to Routing</ButtonLink>}
      >
        It was deleted, or the address is mistyped. An earlier revision may still contain it.
      </EmptyState>
    </Page>
  );
}
