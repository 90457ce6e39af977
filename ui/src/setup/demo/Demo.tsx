import { Check, Circle } from "lucide-react";
import { useState } from "react";
import { sentence } from "../../api/errors";
import { useCommand } from "../../api/queries";
import { rpc } from "../../api/transport";
import { Button } from "../../parts/controls/Button";
import { CopyButton } from "../../parts/controls/Copy";
import { Remark } from "../../parts/forms/Field";
import { Dialog } from "../../parts/overlays/Dialog";
import { clock, plural } from "../../parts/words/format";
import { limitWords } from "../../parts/words/words";
import { useServerStatus } from "../../state/connection";
import { useRemembered } from "../../state/remembered";
import { Link } from "../../state/router";
import { requestAddress } from "../../trace/place";
import styles from "./demo.module.css";
import { beatsOf, brokenUrl, isBroken, mendedUrl, nowWords, ownCommand } from "./story";

/** In a demo: that it is one, what to watch, and what happens. Nothing in any other home. */
export function Demo() {
  const { data: status } = useServerStatus();
  const [isHidden, setHidden] = useRemembered("demo:hidden", false);
  const [isAsking, setAsking] = useState(false);
  if (!status?.is_demo) return null;
  if (isHidden) return <Hidden onShow={() => setHidden(false)} />;
  return (
    <section className={styles.demo} aria-label="Demo">
      <div className={styles.line}>
        <Introduction />
        <div className={styles.actions}>
          <BreakProvider />
          <Button onClick={() => setAsking(true)}>Use it with my own models</Button>
          <Button look="plain" onClick={() => setHidden(true)}>
            Hide
          </Button>
        </div>
      </div>
      <Happening />
      {isAsking && <OwnModels command={ownCommand(status.command_line)} onClose={() => setAsking(false)} />}
    </section>
  );
}

function Hidden({ onShow }: { onShow: () => void }) {
  return (
    <section className={styles.hidden} aria-label="Demo">
      <p className="quiet">Demo: the providers are simulated, and nothing is spent.</p>
      <Button look="plain" onClick={onShow}>
        Show the story
      </Button>
    </section>
  );
}

/** The same in one line, above a list that shows the rest. */
export function DemoLine() {
  const { data: status } = useServerStatus();
  const { data } = useCommand("list_requests", { limit: 100 }, { enabled: status?.is_demo === true });
  if (!status?.is_demo) return null;
  return (
    <p className={styles.oneLine}>
      <b>Demo</b> <span data-story>{data && nowWords(data.items)}</span>
    </p>
  );
}

function Introduction() {
  const { data: providers = [] } = useCommand("list_providers", {});
  const { data: strategies = [] } = useCommand("list_strategies", {});
  const limit = strategies.flatMap(({ rate_limits }) => rate_limits)[0];
  return (
    <p>
      <b>Demo</b>: {plural(providers.length, "simulated provider")}
      {limit && `, a budget of ${limitWords(limit)}`}. Watch which model answers, and why.
    </p>
  );
}

/** The newest request in a sentence, and which parts of the story were seen. */
function Happening() {
  const { data } = useCommand("list_requests", { limit: 100 });
  const requests = data?.items ?? [];
  return (
    <>
      <p className={styles.now} data-story>
        {data && nowWords(requests)}
      </p>
      <ul className={styles.beats} aria-label="What to watch">
        {beatsOf(requests).map(({ key, wait, done, seen }) => (
          <li key={key} className={seen ? styles.seen : undefined} data-seen={seen !== null}>
            {seen ? <Check aria-hidden /> : <Circle aria-hidden />}
            {seen ? <Link to={requestAddress(seen.request_id)}>{`${done} ${clock(seen.started_at)}`}</Link> : wait}
          </li>
        ))}
      </ul>
    </>
  );
}

/** Breaks the first provider of the list, or mends the one that is broken. */
function BreakProvider() {
  const { data: providers = [] } = useCommand("list_providers", {});
  const [problem, setProblem] = useState<string | null>(null);
  const broken = providers.find(({ base_url }) => base_url !== null && isBroken(base_url));
  const provider = broken ?? providers[0];
  const url = provider?.base_url;
  if (!provider || !url) return null;
  const change = () =>
    rpc
      .updateProvider({ name: provider.name, base_url: isBroken(url) ? mendedUrl(url) : brokenUrl(url) })
      .then(() => setProblem(null))
      .catch((error: unknown) => setProblem(sentence(error)));
  return (
    <>
      <Button onClick={() => void change()}>{broken ? `Mend ${broken.name}` : "Break a provider"}</Button>
      {problem && <Remark severity="error">{problem}</Remark>}
    </>
  );
}

function OwnModels({ command, onClose }: { command: string; onClose: () => void }) {
  return (
    <Dialog title="Use it with my own models" onClose={onClose}>
      <p>Run this in a terminal:</p>
      <p>
        <CopyButton text={command} what="command" />
      </p>
      <p>
        It opens with a home of its own, finds the local servers and keys on this computer, and offers them. The demo
        can keep running beside it; when it ends, it leaves nothing behind.
      </p>
    </Dialog>
  );
}
