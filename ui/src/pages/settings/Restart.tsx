import { useState } from "react";
import { sentence } from "../../api/errors";
import type { Server } from "../../api/generated";
import { queries } from "../../api/queries";
import { token } from "../../api/token";
import { rpc } from "../../api/transport";
import { Notice } from "../../parts/Bits";
import { Button } from "../../parts/Button";
import { Remark } from "../../parts/Field";
import { addressAfter } from "./input";

type At = { at: "asking" } | { at: "restarting" } | { at: "refused"; problem: string };

const LOOK_EVERY = 400;
/** Running requests may finish for ten seconds, and then it starts again. */
const PATIENCE = 20_000;

/** Another address acts after a restart; the pages follow it there. */
export function Restart({ server, onOver }: { server: Server; onOver: () => void }) {
  const [state, setState] = useState<At>({ at: "asking" });
  const moved = addressAfter(server, location);
  const pages = moved && `${moved}/ui/settings#token=${encodeURIComponent(token() ?? "")}`;
  const restart = async () => {
    setState({ at: "restarting" });
    try {
      await rpc.restartServer();
      await gone();
      if (pages) {
        await pause(1_500);
        location.assign(pages);
        return;
      }
      await back();
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
          Restarting. Running requests may finish first, for up to ten seconds.
          {pages && (
            <>
              {" "}
              The pages move to <a href={pages}>{moved}</a>.
            </>
          )}
        </p>
      </Notice>
    );
  }
  return (
    <Notice>
      <p>The new address acts after a restart. Running requests may finish first, for up to ten seconds.</p>
      {state.at === "refused" && <Remark severity="error">{state.problem}</Remark>}
      <div className="actions">
        <Button onClick={() => void restart()}>Restart now</Button>
        <Button look="plain" onClick={onOver}>
          Later
        </Button>
      </div>
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

async function back(): Promise<void> {
  for (let waited = 0; waited < PATIENCE && !(await isUp()); waited += LOOK_EVERY) await pause(LOOK_EVERY);
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
