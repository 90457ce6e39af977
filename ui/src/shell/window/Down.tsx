import { CopyButton } from "../../parts/controls/Copy";
import { Notice } from "../../parts/display/Bits";
import { useConnection, useServerStatus } from "../../state/connection";
import styles from "./shell.module.css";

/** Says on every page that the router is down. What the page shows below is what it knew last. */
export function Down() {
  const isDown = useConnection() === "lost";
  const { data: status } = useServerStatus();
  if (!isDown) return null;
  return (
    <div className={styles.down}>
      <Notice mood="bad">
        <strong>LocalRouter does not answer.</strong> Programs are not served, and what stands below may be old. This
        page continues by itself once the router runs again.
        {status && (
          <>
            {" "}
            Start it with <CopyButton text={`${status.command_line} serve`} what="command" />
          </>
        )}
      </Notice>
    </div>
  );
}
