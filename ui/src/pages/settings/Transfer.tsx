import { useState } from "react";
import { sentence } from "../../api/errors";
import type { Config, ImportedConfig, Judgement } from "../../api/generated";
import { rpc } from "../../api/transport";
import { Button, FileButton } from "../../parts/controls/Button";
import { copyText } from "../../parts/controls/Copy";
import { Notice } from "../../parts/display/Bits";
import { Lines, Row } from "../../parts/display/Layout";
import { Section } from "../../parts/display/Section";
import { Field, Remark, TextArea } from "../../parts/forms/Field";
import { Dialog } from "../../parts/overlays/Dialog";
import { joined } from "../../parts/words/classes";
import { announce } from "../../state/announcer";
import { address } from "../../state/match";
import { Link } from "../../state/router";
import { documentOf } from "./input";
import styles from "./settings.module.css";
import { contentWords, lostWith } from "./words";

/** The whole configuration as one document, out to a file and in from one. */
export function Transfer({ document: present }: { document: Config }) {
  return (
    <>
      <Export present={present} />
      <Import present={present} />
    </>
  );
}

function Export({ present }: { present: Config }) {
  const [told, setTold] = useState<{ word: string; bad?: boolean } | null>(null);
  const run = (use: (text: string) => Promise<void> | void, word: string) => {
    rpc
      .exportConfig()
      .then((document) => use(`${JSON.stringify(document, null, 2)}\n`))
      .then(() => {
        setTold({ word });
        announce(word);
      })
      .catch((error: unknown) => setTold({ word: sentence(error), bad: true }));
  };
  return (
    <Section
      title="Export"
      hint={`Everything: ${contentWords(present)}, limits, prices and settings. It contains no provider keys, and only digests of client keys.`}
    >
      <Row>
        <Button
          onClick={() => run((text) => download(text, `localrouter-r${present.revision}.json`), "Saved as a file")}
        >
          Save as a file
        </Button>
        <Button onClick={() => run(copyText, "Copied")}>Copy</Button>
        {told && <span className={joined(styles.told, told.bad && styles.bad)}>{told.word}</span>}
      </Row>
    </Section>
  );
}

interface Judged {
  document: Record<string, unknown>;
  judgement: Judgement;
}

function Import({ present }: { present: Config }) {
  const [text, setText] = useState("");
  const [judged, setJudged] = useState<Judged | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const [isAsking, setAsking] = useState(false);
  const [done, setDone] = useState<{ before: number; result: ImportedConfig } | null>(null);

  const judge = async (given: string) => {
    setJudged(null);
    setProblem(null);
    setDone(null);
    try {
      const document = documentOf(given);
      setJudged({ document, judgement: await rpc.validateConfig({ document }) });
    } catch (error) {
      setProblem(sentence(error));
    }
  };
  const choose = async (file: File) => {
    const content = await file.text();
    setText(content);
    await judge(content);
  };
  const replace = async () => {
    if (!judged) return;
    const before = present.revision;
    const result = await rpc.importConfig({ document: judged.document });
    setDone({ before, result });
    setJudged(null);
    setText("");
    announce("Configuration replaced");
  };

  return (
    <Section
      title="Import"
      hint="Replaces the whole configuration. It is checked first, and nothing changes until you confirm."
    >
      <Row>
        <FileButton accept=".json,application/json" onChoose={(file) => void choose(file)}>
          Choose a file
        </FileButton>
      </Row>
      <Field label="Or paste the document" error={problem}>
        {(field) => (
          <TextArea
            {...field}
            className={styles.document}
            value={text}
            onChange={(event) => {
              setText(event.target.value);
              setJudged(null);
              setProblem(null);
            }}
          />
        )}
      </Field>
      <Row>
        <Button disabled={!text.trim()} onClick={() => void judge(text)}>
          Check it
        </Button>
        {judged?.judgement.valid && (
          <Button look="primary" onClick={() => setAsking(true)}>
            Replace the configuration
          </Button>
        )}
      </Row>
      {judged && <Verdict judgement={judged.judgement} />}
      {done && <Replaced before={done.before} result={done.result} />}
      {judged && isAsking && (
        <Replace
          lost={lostWith(present, judged.document)}
          present={present}
          onReplace={replace}
          onClose={() => setAsking(false)}
        />
      )}
    </Section>
  );
}

function Verdict({ judgement: { valid, findings, healed } }: { judgement: Judgement }) {
  return (
    <div className={styles.verdictOfImport} role="status">
      <p>{valid ? "This configuration is valid." : "This configuration cannot be used:"}</p>
      {findings.map(({ path, message, severity }) => (
        <Remark key={`${path} ${message}`} severity={severity}>
          {path && <span className="mono">{path} </span>}
          {message}
        </Remark>
      ))}
      {healed.map((line) => (
        <Remark key={line}>Repaired: {line}</Remark>
      ))}
    </div>
  );
}

interface ReplaceProps {
  lost: readonly string[];
  present: Config;
  onReplace: () => Promise<void>;
  onClose: () => void;
}

const MOST_TOLD = 10;

function Replace({ lost, present, onReplace, onClose }: ReplaceProps) {
  return (
    <Dialog
      title="Replace the whole configuration?"
      onClose={onClose}
      action={{ verb: "Replace", run: onReplace, danger: true }}
    >
      {lost.length > 0 ? (
        <>
          <p>The new configuration does not contain:</p>
          <Lines
            lines={[
              ...lost.slice(0, MOST_TOLD),
              ...(lost.length > MOST_TOLD ? [`${lost.length - MOST_TOLD} more`] : []),
            ]}
          />
        </>
      ) : (
        <p>The new configuration contains all current clients, strategies and providers.</p>
      )}
      <p>
        Revision {present.revision} stays in the list of revisions and can be restored. Clients that it brings back get
        new keys then.
      </p>
    </Dialog>
  );
}

function Replaced({ before, result }: { before: number; result: ImportedConfig }) {
  const [problem, setProblem] = useState<string | null>(null);
  const [undone, setUndone] = useState<readonly string[] | null>(null);
  const undo = () =>
    rpc
      .restoreRevision({ revision: before })
      .then(({ about_keys }) => setUndone(about_keys))
      .catch((error: unknown) => setProblem(sentence(error)));
  if (undone) {
    return (
      <>
        <Remark>Undone. Revision {before} is active again.</Remark>
        {undone.map((line) => (
          <Remark key={line}>{line}</Remark>
        ))}
      </>
    );
  }
  return (
    <Notice mood="plain">
      <p role="status">
        The configuration is replaced, as revision {result.revision}: {contentWords(result.document)}. Providers whose
        key is not on this computer need one: <Link to={address("providers")}>see Providers</Link>.
      </p>
      {result.healed.map((line) => (
        <Remark key={line}>Repaired: {line}</Remark>
      ))}
      {result.about_keys.map((line) => (
        <Remark key={line}>{line}</Remark>
      ))}
      {problem && <Remark severity="error">{problem}</Remark>}
      <Row>
        <Button onClick={() => void undo()}>Undo: back to revision {before}</Button>
      </Row>
    </Notice>
  );
}

function download(text: string, name: string): void {
  const url = URL.createObjectURL(new Blob([text], { type: "application/json" }));
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  URL.revokeObjectURL(url);
}
