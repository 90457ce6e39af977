import { useState } from "react";
import { sentence } from "../../api/errors";
import type { RestoredRevision, RevisionView } from "../../api/generated";
import { useCommand } from "../../api/queries";
import { rpc } from "../../api/transport";
import { Button } from "../../parts/controls/Button";
import { Badge, Notice, Skeleton } from "../../parts/display/Bits";
import { Lines, Row } from "../../parts/display/Layout";
import { Section } from "../../parts/display/Section";
import { Remark } from "../../parts/forms/Field";
import { Dialog } from "../../parts/overlays/Dialog";
import { listed, moment } from "../../parts/words/format";
import { announce } from "../../state/announcer";
import { address } from "../../state/match";
import { Link } from "../../state/router";
import { sectionWords } from "./words";

type Done = { before: number; result: RestoredRevision };

/** Every state of the configuration that is kept; any can be made the current one again, and that be undone. */
export function Revisions() {
  const { data, error } = useCommand("list_revisions", {});
  const [chosen, setChosen] = useState<RevisionView | null>(null);
  const [done, setDone] = useState<Done | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const current = data?.find((revision) => revision.is_current);

  const restore = async (revision: number) => {
    const before = current?.revision ?? 0;
    const result = await rpc.restoreRevision({ revision });
    announce(`Revision ${revision} is restored`);
    setDone({ before, result });
  };
  const undo = (revision: number) => {
    setProblem(null);
    restore(revision)
      .then(() => setDone(null))
      .catch((failure: unknown) => setProblem(sentence(failure)));
  };

  if (error) return <Notice mood="bad">{sentence(error)}</Notice>;
  if (!data) return <Skeleton />;
  return (
    <Section
      title="Revisions"
      hint="Each change makes one; the last 50 are kept. To restore one makes a new revision with its content, so that nothing is lost."
    >
      {done && <Restored done={done} onUndo={() => undo(done.before)} />}
      {problem && <Notice mood="bad">{problem}</Notice>}
      <ul className="revisions">
        {data.map((revision) => (
          <li key={revision.revision}>
            <span className="number">{revision.revision}</span>
            <span>{moment(revision.made_at)}</span>
            <span className="truncate" title={sectionWords(revision.changed)}>
              {sectionWords(revision.changed)}
            </span>
            {revision.is_current ? (
              <Badge mood="ok">current</Badge>
            ) : (
              <Button look="plain" onClick={() => setChosen(revision)}>
                Restore<span className="visually-hidden"> revision {revision.revision}</span>
              </Button>
            )}
          </li>
        ))}
      </ul>
      {data.length === 1 && <p className="quiet">Nothing was changed yet. Each change to come can be undone here.</p>}
      {chosen && (
        <Dialog
          title={`Restore revision ${chosen.revision}?`}
          onClose={() => setChosen(null)}
          action={{ verb: "Restore", run: () => restore(chosen.revision) }}
        >
          <p>
            The whole configuration becomes what it was at {moment(chosen.made_at)}: clients, providers, strategies and
            settings. Changes made since are undone:
          </p>
          <Lines
            lines={since(data, chosen).map(
              ({ revision, made_at, changed }) => `${revision}, ${moment(made_at)}: ${sectionWords(changed)}`,
            )}
          />
          <p>
            Keys do not come back: clients keep the keys that they have now, a client that was deleted is back without
            one, and provider keys that were deleted stay deleted. To undo it, restore revision {current?.revision}.
          </p>
        </Dialog>
      )}
    </Section>
  );
}

const MOST_TOLD = 8;

function since(all: readonly RevisionView[], chosen: RevisionView): RevisionView[] {
  return all.filter(({ revision }) => revision > chosen.revision).slice(0, MOST_TOLD);
}

function Restored({ done: { before, result }, onUndo }: { done: Done; onUndo: () => void }) {
  const without = result.providers_without_key;
  return (
    <Notice mood="plain">
      <p role="status">
        Revision {result.restored} is restored, as revision {result.revision}.
      </p>
      {result.about_keys.map((line) => (
        <Remark key={line}>{line}</Remark>
      ))}
      {without.length > 0 && (
        <p>
          Set it again:{" "}
          {without.length === 1 && without[0] ? (
            <Link to={address("providers", without[0])}>{without[0]}</Link>
          ) : (
            <Link to={address("providers")}>{listed(without)}</Link>
          )}
          .
        </p>
      )}
      <Row>
        <Button onClick={onUndo}>Undo, back to revision {before}</Button>
      </Row>
    </Notice>
  );
}
