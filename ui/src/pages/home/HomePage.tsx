import { sentence } from "../../api/errors";
import type { ServerStatusView } from "../../api/generated";
import { CopyButton } from "../../parts/controls/Copy";
import { Notice, Skeleton, StatusDot } from "../../parts/display/Bits";
import { Page } from "../../parts/display/Page";
import { moment } from "../../parts/words/format";
import { Demo } from "../../setup/demo/Demo";
import { useConnection, useServerStatus } from "../../state/connection";
import { useRemembered } from "../../state/remembered";
import { Attention, RightNow } from "./Attention";
import { concerns, statusWords } from "./concerns";
import { FirstRun } from "./FirstRun";
import { Recent } from "./Recent";
import { FIRST_RUN_PLACE, type Progress } from "./starting";
import { Today } from "./Today";
import "./home.css";

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
  if (useConnection() === "lost") {
    return (
      <p>
        <StatusDot mood="bad" />
        Not answering; the figures below are from before
      </p>
    );
  }
  return (
    <p>
      <StatusDot mood={concerns(status).some((concern) => !concern.passes) ? "warn" : "ok"} />
      {statusWords(status, moment(status.started_at))}
    </p>
  );
}

function Overview({ status }: { status: ServerStatusView }) {
  return (
    <div className="home">
      <Demo />
      <section className="home-status" aria-label="Status">
        <Serving status={status} />
        <p>
          <span className="quiet">Address for programs</span>
          <CopyButton text={`${status.url ?? location.origin}/v1`} what="address" />
        </p>
      </section>
      <Attention status={status} />
      <Today />
      <RightNow status={status} />
      <Recent />
    </div>
  );
}
