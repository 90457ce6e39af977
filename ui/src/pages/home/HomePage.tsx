import { sentence } from "../../api/errors";
import type { ServerStatusView } from "../../api/generated";
import { CopyButton } from "../../parts/controls/Copy";
import { Notice, Skeleton, StatusDot } from "../../parts/display/Bits";
import { Page } from "../../parts/display/Page";
import { Demo } from "../../setup/demo/Demo";
import { useConnection, useServerStatus } from "../../state/connection";
import { useRemembered } from "../../state/remembered";
import { useTold } from "../../state/time";
import { Attention, RightNow } from "./Attention";
import { concerns, providersWords } from "./concerns";
import { FirstRun } from "./FirstRun";
import styles from "./home.module.css";
import { coolingWords } from "./overview";
import { Recent } from "./Recent";
import { Spending } from "./Spending";
import { FIRST_RUN_PLACE, type Progress } from "./starting";

/** How the router does, at a glance; before the first client, how to begin. */
export default function HomePage() {
  const { data: status, error } = useServerStatus();
  const [progress, setProgress] = useRemembered<Progress>(FIRST_RUN_PLACE, { at: "choosing" });
  const isFirstRun = status?.clients === 0 || progress.at !== "choosing";
  if (status && isFirstRun) {
    return (
      <Page title="Welcome" name="Home">
        <FirstRun
          progress={progress}
          onProgress={setProgress}
          onDone={() => setProgress({ at: "choosing" })}
          address={`${status.url ?? location.origin}/v1`}
        />
      </Page>
    );
  }
  return (
    <Page title="Home">
      {status ? <Overview status={status} /> : error ? <Notice mood="bad">{sentence(error)}</Notice> : <Skeleton />}
    </Page>
  );
}

/** A router that does not answer is not serving, whatever it said last. */
function Serving({ status }: { status: ServerStatusView }) {
  const isLost = useConnection() === "lost";
  const mood = isLost ? "bad" : concerns(status).some((concern) => !concern.passes) ? "warn" : "ok";
  const cooling = useTold((now) => coolingWords(status.cooling, now) ?? "");
  return (
    <section className={styles.status} aria-label="Status">
      <p>
        <StatusDot mood={mood} />
        {isLost ? "Not answering; the figures below are from before" : "Serving"}
        <CopyButton text={`${status.url ?? location.origin}/v1`} what="address" />
      </p>
      {!isLost && (
        <p className="quiet">
          {providersWords(status)}
          {cooling && ` · ${cooling}`}
        </p>
      )}
    </section>
  );
}

function Overview({ status }: { status: ServerStatusView }) {
  return (
    <div className={styles.home}>
      <Demo />
      <Serving status={status} />
      <Attention status={status} />
      <Spending isDemo={status.is_demo} />
      <div className={styles.now}>
        <RightNow status={status} />
        <Recent />
      </div>
    </div>
  );
}
