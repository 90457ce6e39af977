import { useState } from "react";
import { NotConnected, sentence } from "../../api/errors";
import type { Server } from "../../api/generated";
import { queries } from "../../api/queries";
import { rpc } from "../../api/transport";
import { Button } from "../../parts/controls/Button";
import { Notice } from "../../parts/display/Bits";
import { Row } from "../../parts/display/Layout";
import { Remark } from "../../parts/forms/Field";
import { addressAfter } from "./input";

type At = { at: "asking" } | { at: "restarting" } | { at: "refused"; problem: string };

const LOOK_EVERY = 400;
/** Running requests may finish for ten seconds, and then it starts again. */
const PATIENCE = 20_000;

/** Another address acts after a restart; the pages follow it there. */
export function Restart({ server, onOver }: { server: Server; onOver: () => void }) {
  const [state, setState] = useState<At>({ at: "asking" });
  const moved = addressAfter(server, location);
  const restart = async () => {
    setState({ at: "restarting" });
    try {
      const { started_at: before } = await rpc.getServerStatus();
      const code = moved && (await rpc.issueSessionCode({ port: server.port })).code;
      await rpc.restartServer();
      if (code) {
        await gone();
        await pause(1_500);
        location.assign(`${moved}/ui/settings#code=${encodeURIComponent(code)}`);
        return;
      }
      await startedAfter(before);
      await queries.invalidateQueries();
      onOver();
    } catch (error) {
      setState({ at: "refused", problem: sentence(error) });
    }
  };

  if (state.at === "restarting") {
    return (
      <Notice>
        <p role="status">
          Restarting. Running requests get up to ten seconds to finish.
          {moved && ` The pages move to ${moved}.`}
        </p>
      </Notice>
    );
  }
  return (
    <Notice>
      <p>The new address takes effect after a restart. Running requests get up to ten seconds to finish.</p>
      {state.at === "refused" && <Remark severity="error">{state.problem}</Remark>}
      <Row>
        <Button onClick={() => void restart()}>Restart now</Button>
        <Button look="plain" onClick={onOver}>
          Later
        </Button>
      </Row>
    </Notice>
  );
}

async function isUp(): Promise<boolean> {
  try {
    return (await fetch("/health", { cache: "no-store" })).ok;
  } catch {
    return false;
  }
}

async function gone(): Promise<void> {
  for (let waited = 0; waited < PATIENCE && (await isUp()); waited += LOOK_EVERY) await pause(LOOK_EVERY);
}

/** Until the router has started once more; its port is held meanwhile, so that whoever asks waits. */
async function startedAfter(before: number | null): Promise<void> {
  for (let waited = 0; waited < PATIENCE; waited += LOOK_EVERY) {
    await pause(LOOK_EVERY);
    try {
      if ((await rpc.getServerStatus()).started_at !== before) return;
    } catch (error) {
      if (!(error instanceof NotConnected)) throw error;
    }
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
