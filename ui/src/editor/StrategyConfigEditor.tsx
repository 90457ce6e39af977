import { useMemo } from "react";
import type { ModelView, ProviderView } from "../api/generated";
import { useCommand } from "../api/queries";
import { Button } from "../parts/controls/Button";
import { Notice, Skeleton } from "../parts/display/Bits";
import { Row } from "../parts/display/Layout";
import { Aliases } from "./Aliases";
import { GROUPS } from "./draft/draft";
import { findingsOf, strays } from "./draft/findings";
import { isAllowed, type Pair } from "./draft/selection";
import type { Editing } from "./draft/useStrategyDraft";
import styles from "./editor.module.css";
import { Limits } from "./Limits";
import { AllowedModels } from "./models/AllowedModels";
import { AutoRouting } from "./models/AutoRouting";
import { branches, knownOf } from "./models/tree";
import { toPrice, unpricedProviders } from "./unpriced";

/** The settings of a strategy. They save by themselves: show a `SaveState` of the same `editing` near the title. */
export function StrategyConfigEditor({ editing }: { editing: Editing }) {
  const models = useCommand("list_models", {});
  const providers = useCommand("list_providers", {});
  if (!models.data || !providers.data) return <Skeleton rows={8} />;
  return <Sections editing={editing} models={models.data} providers={providers.data} />;
}

interface SectionsProps {
  editing: Editing;
  models: readonly ModelView[];
  providers: readonly ProviderView[];
}

function Sections({ editing, models, providers }: SectionsProps) {
  const { draft, strategy } = editing;
  const selection = draft.current.allowed_models;
  const all = useMemo(() => branches(providers, models, selection), [providers, models, selection]);
  const known = useMemo(() => knownOf(all), [all]);
  const facts = useMemo(() => new Map(models.map((model) => [model.id, model])), [models]);
  const allowed = useMemo(
    () =>
      all.flatMap((branch) =>
        branch.models
          .filter((model) => isAllowed(selection, branch.provider, model.name))
          .map((model): Pair => [branch.provider, model.name]),
      ),
    [all, selection],
  );
  const auto = draft.current.auto_config;
  const unpriced = useMemo(
    () => unpricedProviders(models, allowed, auto?.enabled ? auto.prioritized_models : []),
    [models, allowed, auto],
  );
  const unpricedModels = useMemo(
    () => toPrice(models, allowed, auto?.enabled ? auto.prioritized_models : []),
    [models, allowed, auto],
  );
  const targets = useMemo(() => ["localrouter/auto", ...models.map((model) => model.id)], [models]);
  const at = (group: (typeof GROUPS)[number]) => findingsOf(draft, group, strategy.findings);

  return (
    <div className={styles.editor}>
      <Refused editing={editing} />
      <AllowedModels editing={editing} findings={at("allowed_models")} branches={all} known={known} />
      <AutoRouting editing={editing} findings={at("auto_config")} allowed={allowed} facts={facts} />
      <Limits editing={editing} findings={at("rate_limits")} unpriced={unpriced} unpricedModels={unpricedModels} />
      <Aliases editing={editing} findings={at("aliases")} targets={targets} />
    </div>
  );
}

/** A save that failed stays visible until it is resolved; what belongs to a field stands there instead. */
function Refused({ editing: { draft, dispatch } }: { editing: Editing }) {
  const { problem } = draft;
  if (!problem) return null;
  const elsewhere = strays(problem.findings, GROUPS);
  if (problem.findings.length > 0 && elsewhere.length === 0) return null;
  return (
    <Notice mood="bad">
      <p>{problem.message}</p>
      <p className="quiet">Your change is still here, but it is not saved.</p>
      <Row>
        <Button onClick={() => dispatch({ type: "tried_again" })}>Save again</Button>
      </Row>
    </Notice>
  );
}
