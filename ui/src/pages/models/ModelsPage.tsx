import { useDeferredValue, useMemo, useState } from "react";
import { sentence } from "../../api/errors";
import type { ModelView, RefreshedList } from "../../api/generated";
import { useCommand } from "../../api/queries";
import { rpc } from "../../api/transport";
import {
  ABILITIES,
  type Ability,
  filtered,
  isFiltered,
  type ModelFilter,
  NO_FILTER,
  type Place,
} from "../../models/filter";
import { ModelsTable } from "../../models/ModelsTable";
import styles from "../../models/models.module.css";
import { Button, ButtonLink } from "../../parts/controls/Button";
import { EmptyState, Notice, Skeleton } from "../../parts/display/Bits";
import { Padded } from "../../parts/display/Layout";
import { Page } from "../../parts/display/Page";
import { Search, Select } from "../../parts/forms/Field";
import { joined } from "../../parts/words/classes";
import { ago, count, plural } from "../../parts/words/format";
import { announce } from "../../state/announcer";
import { address } from "../../state/match";
import { useRemembered } from "../../state/remembered";
import { Link } from "../../state/router";

/** All models that the providers list or declare, with what is known of each. */
export default function ModelsPage() {
  const models = useCommand("list_models", {});
  const [filter, setFilter] = useRemembered<ModelFilter>("models:filter", NO_FILTER);
  const refreshing = useRefresh();
  const isEmpty = models.data?.length === 0;
  return (
    <Page
      title="Models"
      flush
      beside={models.data && !isEmpty && <Ages models={models.data} />}
      actions={
        <>
          {!isEmpty && (
            <Search
              main
              label="Filter models"
              value={filter.text}
              onChange={(text) => setFilter({ ...filter, text })}
            />
          )}
          <Button disabled={refreshing.isRunning} onClick={() => void refreshing.run()}>
            {refreshing.isRunning ? "Refreshing" : "Refresh lists"}
          </Button>
        </>
      }
    >
      <Problems refreshed={refreshing.lists} problem={refreshing.problem} />
      {isEmpty ? (
        <NoModels />
      ) : models.data ? (
        <Models all={models.data} filter={filter} onFilter={setFilter} />
      ) : models.error ? (
        <Padded>
          <Notice mood="bad">{sentence(models.error)}</Notice>
        </Padded>
      ) : (
        <Skeleton rows={8} />
      )}
    </Page>
  );
}

function useRefresh() {
  const [isRunning, setRunning] = useState(false);
  const [lists, setLists] = useState<readonly RefreshedList[]>([]);
  const [problem, setProblem] = useState<string | null>(null);
  const run = async () => {
    setRunning(true);
    setProblem(null);
    try {
      const refreshed = await rpc.refreshModels({});
      setLists(refreshed);
      announce(`Refreshed ${plural(refreshed.filter((list) => list.problem === null).length, "list")}`);
    } catch (error) {
      setProblem(sentence(error));
    } finally {
      setRunning(false);
    }
  };
  return { run, isRunning, lists, problem };
}

function Problems({ refreshed, problem }: { refreshed: readonly RefreshedList[]; problem: string | null }) {
  const failed = refreshed.filter((list) => list.problem !== null);
  if (!problem && failed.length === 0) return null;
  return (
    <div className={styles.aboveTable}>
      <Notice mood={problem ? "bad" : "warn"}>
        {problem && <p>{problem}</p>}
        {failed.map((list) => (
          <p key={list.provider}>
            <Link to={address("providers", list.provider)}>{list.provider}</Link>: {list.problem}
          </p>
        ))}
      </Notice>
    </div>
  );
}

function NoModels() {
  return (
    <Padded>
      <EmptyState
        title="No models known"
        action={
          <ButtonLink look="primary" to={address("providers")}>
            Go to Providers
          </ButtonLink>
        }
      >
        This page lists your providers' models with context windows, capabilities and prices. No provider is configured,
        or no list has been read yet.
      </EmptyState>
    </Padded>
  );
}

interface ModelsProps {
  all: readonly ModelView[];
  filter: ModelFilter;
  onFilter: (filter: ModelFilter) => void;
}

function Models({ all, filter, onFilter }: ModelsProps) {
  const deferred = useDeferredValue(filter);
  const shown = useMemo(() => filtered(all, deferred), [all, deferred]);
  return (
    <>
      <FilterBar all={all} shown={shown.length} filter={filter} onFilter={onFilter} />
      {shown.length > 0 ? (
        <ModelsTable models={shown} />
      ) : (
        <Padded>
          <p className="quiet">
            No model is left of {count(all.length)}. A capability must be named by a source to count.
          </p>
        </Padded>
      )}
    </>
  );
}

function FilterBar({ all, shown, filter, onFilter }: ModelsProps & { shown: number }) {
  const providers = useMemo(() => [...new Set(all.map((model) => model.provider))], [all]);
  const provider = providers.includes(filter.provider ?? "") ? filter.provider : null;
  return (
    <div className={joined(styles.filterBar, styles.modelsFilter)}>
      <Select
        small
        aria-label="Provider"
        value={provider ?? ""}
        onChange={(event) => onFilter({ ...filter, provider: event.target.value || null })}
      >
        <option value="">Every provider</option>
        {providers.map((name) => (
          <option key={name}>{name}</option>
        ))}
      </Select>
      <Select
        small
        aria-label="Where it runs"
        value={filter.place}
        onChange={(event) => onFilter({ ...filter, place: event.target.value as Place })}
      >
        <option value="anywhere">Local and cloud</option>
        <option value="local">Local</option>
        <option value="cloud">Cloud</option>
      </Select>
      <Select
        small
        aria-label="Capability"
        value={filter.ability ?? ""}
        onChange={(event) => onFilter({ ...filter, ability: (event.target.value as Ability) || null })}
      >
        <option value="">Any capability</option>
        {Object.entries(ABILITIES).map(([ability, words]) => (
          <option key={ability} value={ability}>
            {words}
          </option>
        ))}
      </Select>
      <span className="meta" role="status">
        {shown === all.length ? plural(shown, "model") : `${count(shown)} of ${plural(all.length, "model")}`}
      </span>
      {isFiltered(filter) && (
        <Button look="plain" onClick={() => onFilter(NO_FILTER)}>
          Clear
        </Button>
      )}
    </div>
  );
}

/** How old the lists and the table of prices are. */
function Ages({ models }: { models: readonly ModelView[] }) {
  const ages = models.flatMap((model) => (model.list_age_seconds === null ? [] : [model.list_age_seconds]));
  const dates = models.flatMap((model) => (model.table_date === null ? [] : [model.table_date]));
  const oldest = ages.length ? Math.max(...ages) : null;
  const date = dates.sort().at(-1);
  return (
    <>
      {oldest === null ? "No list read yet" : oldest < 45 ? "Lists read just now" : `Oldest list read ${ago(oldest)}`}
      {date && `, prices of ${date}`}
    </>
  );
}
