import { useState } from "react";
import { sentence } from "../../api/errors";
import type { ChangeView, RestoredRevision, RevisionView } from "../../api/generated";
import { useCommand } from "../../api/queries";
import { rpc } from "../../api/transport";
import { Button } from "../../parts/controls/Button";
import { Badge, Notice, Skeleton } from "../../parts/display/Bits";
import { Row } from "../../parts/display/Layout";
import { Section } from "../../parts/display/Section";
import { Remark } from "../../parts/forms/Field";
import { Dialog } from "../../parts/overlays/Dialog";
import { listed, moment } from "../../parts/words/format";
import { announce } from "../../state/announcer";
import { address } from "../../state/match";
import { Link } from "../../state/router";
import styles from "./settings.module.css";

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
    announce(`Revision ${revision} restored`);
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
      hint="Every change makes a revision, and the last 50 are kept. Restoring one adds a new revision, so nothing is lost."
    >
      {done && <Restored done={done} onUndo={() => undo(done.before)} />}
      {problem && <Notice mood="bad">{problem}</Notice>}
      <ul className={styles.revisions}>
        {data.map((revision) => (
          <li key={revision.revision}>
            <span className={styles.number}>{revision.revision}</span>
            <span>{moment(revision.made_at)}</span>
            <What revision={revision} />
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
      {data.length === 1 && <p className="quiet">Nothing has changed yet. Every change you make can be undone here.</p>}
      {chosen && (
        <Restore revision={chosen} current={current?.revision} run={restore} onClose={() => setChosen(null)} />
      )}
    </Section>
  );
}

/** The change in one line; where one line leaves some of it out, the rest on demand. */
function What({ revision: { summary, changes } }: { revision: RevisionView }) {
  if (changes.length <= 1) return <span className={styles.what}>{summary}</span>;
  return (
    <details className={styles.what}>
      <summary>{summary}</summary>
      <Changes changes={changes} />
    </details>
  );
}

function Changes({ changes }: { changes: readonly ChangeView[] }) {
  return (
    <ul className={styles.changes}>
      {changes.map((change) => (
        <li key={`${change.subject} ${change.text}`}>
          {change.text ? `${change.subject}: ${change.text}` : change.subject}
          {isLonger(change) && (
            <span className={styles.sides}>
              <del>{change.before}</del> <ins>{change.after}</ins>
            </span>
          )}
        </li>
      ))}
    </ul>
  );
}

/** Whether the whole values say more than the line does. */
function isLonger({ text, before, after }: ChangeView): boolean {
  return before !== null && after !== null && !(text.includes(before) && text.includes(after)) && before !== after;
}

interface RestoreProps {
  revision: RevisionView;
  current: number | undefined;
  run: (revision: number) => Promise<unknown>;
  onClose: () => void;
}

/** Shows the difference before anything is done. */
function Restore({ revision: { revision, made_at }, current, run, onClose }: RestoreProps) {
  const { data, error } = useCommand("compare_revision", { revision });
  return (
    <Dialog
      title={`Restore revision ${revision}?`}
      onClose={onClose}
      action={{ verb: "Restore", run: () => run(revision), disabled: !data || data.changes.length === 0 }}
    >
      <p>The whole configuration goes back to {moment(made_at)}. This is what changes:</p>
      {error && <Notice mood="bad">{sentence(error)}</Notice>}
      {data && data.changes.length === 0 && <p>Nothing. It is the same as the current configuration.</p>}
      {data && <Changes changes={data.changes} />}
      {!data && !error && <Skeleton rows={3} />}
      <p className="quiet">
        Keys are not restored. Clients keep the keys they have now, a deleted client comes back disabled and without a
        key, and deleted provider keys stay deleted. To undo this, restore revision {current}.
      </p>
    </Dialog>
  );
}

function Restored({ done: { before, result }, onUndo }: { done: Done; onUndo: () => void }) {
  const without = result.providers_without_key;
  return (
    <Notice mood="plain">
      <p role="status">
        Revision {result.restored} restored as revision {result.revision}.
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
        <Button onClick={onUndo}>Undo: back to revision {before}</Button>
      </Row>
    </Notice>
  );
}
