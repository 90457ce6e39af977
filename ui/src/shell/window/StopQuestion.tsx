import { rpc } from "../../api/transport";
import { Dialog } from "../../parts/overlays/Dialog";

/** Asks before the router stops, since these pages cannot start it again. */
export function StopQuestion({ onClose }: { onClose: () => void }) {
  return (
    <Dialog
      title="Stop LocalRouter?"
      onClose={onClose}
      action={{ verb: "Stop", run: () => rpc.stopServer(), danger: true }}
    >
      <p>
        Running requests have 10 seconds to finish. After that no program is served until LocalRouter is started again.
      </p>
    </Dialog>
  );
}
