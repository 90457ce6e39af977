import { lazy, Suspense, useState } from "react";
import { createPortal } from "react-dom";
import { sentence } from "../../api/errors";
import type { ClientView, StrategyView } from "../../api/generated";
import { useCommand } from "../../api/queries";
import { rpc } from "../../api/transport";
import { SaveState } from "../../editor/draft/SaveState";
import { useStrategyAtRevision, useStrategyDraft } from "../../editor/draft/useStrategyDraft";
import { Button } from "../../parts/controls/Button";
import { Notice, Skeleton } from "../../parts/display/Bits";
import { Row } from "../../parts/display/Layout";
import { Field, Remark, Select } from "../../parts/forms/Field";
import { listed } from "../../parts/words/format";
import { isShared } from "../../parts/words/ownership";
import { announce } from "../../state/announcer";
import { address } from "../../state/match";
import { Link } from "../../state/router";
import { sharedWith } from "./actions";
import styles from "./clients.module.css";
import { makeOwnCopy } from "./ownCopy";

const Editor = lazy(() =>
  import("../../editor/StrategyConfigEditor").then((module) => ({ default: module.StrategyConfigEditor })),
);

interface StrategyTabProps {
  client: ClientView;
  /** The place in the page's head where saving is told. */
  saveSlot: HTMLElement | null;
}

/** Which strategy the client uses, and that strategy to edit in place. */
export function StrategyTab({ client, saveSlot }: StrategyTabProps) {
  const strategies = useCommand("list_strategies", {});
  if (strategies.error) return <Notice mood="bad">{sentence(strategies.error)}</Notice>;
  if (!strategies.data) return <Skeleton />;
  const current = strategies.data.find((strategy) => strategy.id === client.strategy_id);
  return (
    <>
      <Assignment client={client} current={current} all={strategies.data} />
      <Configuration key={client.strategy_id} strategyId={client.strategy_id} saveSlot={saveSlot} />
    </>
  );
}

function Configuration({ strategyId, saveSlot }: { strategyId: string; saveSlot: HTMLElement | null }) {
  const { data, error } = useStrategyAtRevision(strategyId);
  if (data) return <Editing found={data} saveSlot={saveSlot} />;
  return error ? <Notice mood="bad">{sentence(error)}</Notice> : <Skeleton />;
}

interface EditingProps {
  found: NonNullable<ReturnType<typeof useStrategyAtRevision>["data"]>;
  saveSlot: HTMLElement | null;
}

function Editing({ found, saveSlot }: EditingProps) {
  const editing = useStrategyDraft(found);
  return (
    <>
      {saveSlot && createPortal(<SaveState editing={editing} />, saveSlot)}
      <Suspense fallback={<Skeleton />}>
        <Editor editing={editing} />
      </Suspense>
    </>
  );
}

interface AssignmentProps {
  client: ClientView;
  current: StrategyView | undefined;
  all: readonly StrategyView[];
}

function Assignment({ client, current, all }: AssignmentProps) {
  const [chosenId, setChosenId] = useState<string | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const [isBusy, setBusy] = useState(false);
  const chosen = all.find((strategy) => strategy.id === chosenId);
  const isOther = chosen !== undefined && chosen.id !== client.strategy_id;
  const others = current ? sharedWith(current, client) : [];

  const run = async (work: () => Promise<string>) => {
    setBusy(true);
    setProblem(null);
    try {
      announce(await work());
      setChosenId(null);
    } catch (error) {
      setProblem(sentence(error));
    } finally {
      setBusy(false);
    }
  };
  const assign = (strategy: StrategyView) =>
    run(async () => {
      await rpc.assignClientStrategy({ client_id: client.id, strategy_id: strategy.id });
      return `${client.name} uses ${strategy.name}`;
    });
  const copy = (strategy: StrategyView) =>
    run(async () => {
      const name = await makeOwnCopy(client, strategy, all);
      return `${client.name} uses ${name}, its own`;
    });

  return (
    <div className={styles.assign}>
      <Field label="Strategy" error={problem}>
        {(field) => (
          <Row>
            <Select
              {...field}
              value={chosen?.id ?? client.strategy_id}
              onChange={(event) => setChosenId(event.target.value)}
            >
              {all.map((strategy) => (
                <option key={strategy.id} value={strategy.id}>
                  {strategy.name}
                  {isShared(strategy) ? ` (${strategy.clients.length} clients)` : ""}
                </option>
              ))}
            </Select>
            {isOther ? (
              <>
                <Button look="primary" disabled={isBusy} onClick={() => void assign(chosen)}>
                  Use this strategy
                </Button>
                <Button look="plain" onClick={() => setChosenId(null)}>
                  Keep {client.strategy_name}
                </Button>
              </>
            ) : (
              current && <Link to={address("routing", current.id)}>Open in Routing</Link>
            )}
          </Row>
        )}
      </Field>
      {isOther && <Remark>{consequence(client, current, chosen)}</Remark>}
      {!isOther && current && others.length > 0 && (
        <Notice>
          <p>
            {listed(others, 12)} {others.length === 1 ? "uses" : "use"} this strategy too. Your changes apply to{" "}
            {others.length === 1 ? "it" : "them"} as well, and all share the same limits.
          </p>
          <Row>
            <Button disabled={isBusy} onClick={() => void copy(current)}>
              Make my own copy
            </Button>
          </Row>
        </Notice>
      )}
    </div>
  );
}

/** What choosing another strategy would do, beyond the choice itself. */
function consequence(client: ClientView, current: StrategyView | undefined, chosen: StrategyView): string {
  const said = ["It applies from the next request."];
  const owner = chosen.clients.find((other) => other.id === chosen.parent && other.id !== client.id);
  const others = chosen.clients.map((other) => other.name);
  if (owner) said.push(`${chosen.name} belongs to ${owner.name}. The two will share it.`);
  else if (others.length > 0) said.push(`It will be shared with ${listed(others, 8)}, with one set of limits for all.`);
  if (current?.parent === client.id) said.push(`${current.name} stays as it is, and still belongs to ${client.name}.`);
  else if (current) said.push(`${current.name} stays as it is.`);
  return said.join(" ");
}
