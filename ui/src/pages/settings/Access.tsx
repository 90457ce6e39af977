import { useState } from "react";
import { sentence } from "../../api/errors";
import { useCommand } from "../../api/queries";
import { openCommand, sessionId } from "../../api/session";
import { rpc } from "../../api/transport";
import { Button } from "../../parts/controls/Button";
import { CopyButton } from "../../parts/controls/Copy";
import { Tooltip } from "../../parts/controls/Tooltip";
import { Badge, Notice, Skeleton } from "../../parts/display/Bits";
import { Row } from "../../parts/display/Layout";
import { Section } from "../../parts/display/Section";
import { Dialog } from "../../parts/overlays/Dialog";
import { moment } from "../../parts/words/format";
import { browserName } from "./diagnosis";
import styles from "./settings.module.css";

/** Which tabs are let in, and the admin token that scripts use. */
export function Access() {
  const { data, error, refetch } = useCommand("list_sessions", {});
  const [problem, setProblem] = useState<string | null>(null);
  const [isRotating, setRotating] = useState(false);
  const end = async (id: string) => {
    setProblem(null);
    try {
      await rpc.endSession({ session_id: id });
    } catch (failure) {
      setProblem(sentence(failure));
    }
    await refetch();
  };

  if (error) return <Notice mood="bad">{sentence(error)}</Notice>;
  if (!data) return <Skeleton />;
  return (
    <>
      <Section
        title="Sessions"
        hint="Each browser tab that you let in has a session. Sessions end when the router stops, or after 30 days."
      >
        {problem && <Notice mood="bad">{problem}</Notice>}
        <ul className={styles.sessions}>
          {data.map((session) => (
            <li key={session.session_id}>
              <Tooltip text={session.browser}>
                <span className="truncate">{browserName(session.browser) || "unknown browser"}</span>
              </Tooltip>
              <span>since {moment(session.made_at)}</span>
              <span>last used {moment(session.last_used_at)}</span>
              {session.session_id === sessionId() ? (
                <Badge mood="ok">this tab</Badge>
              ) : (
                <Button look="plain" onClick={() => void end(session.session_id)}>
                  End<span className="visually-hidden"> the session since {moment(session.made_at)}</span>
                </Button>
              )}
            </li>
          ))}
        </ul>
      </Section>
      <Section
        title="Admin token"
        hint="Scripts on other computers use it; on this computer nothing needs it. Replace it if someone else may have seen it."
      >
        <Row>
          <Button onClick={() => setRotating(true)}>Replace the admin token</Button>
        </Row>
      </Section>
      {isRotating && (
        <Dialog
          title="Replace the admin token?"
          onClose={() => setRotating(false)}
          action={{ verb: "Replace", run: async () => void (await rpc.rotateAdminToken()) }}
        >
          <p>
            All sessions end, including this tab's, and scripts must read the new token from the file admin.token in the
            home folder. To get back in:
          </p>
          <p>
            <CopyButton text={openCommand()} what="command" />
          </p>
        </Dialog>
      )}
    </>
  );
}
