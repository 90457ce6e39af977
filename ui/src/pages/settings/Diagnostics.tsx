import { sentence } from "../../api/errors";
import type { FindingView, NetworkAddress } from "../../api/generated";
import { CopyButton, Snippet } from "../../parts/controls/Copy";
import { Notice, Skeleton } from "../../parts/display/Bits";
import { Facts, Section } from "../../parts/display/Section";
import { moment } from "../../parts/words/format";
import { useServerStatus } from "../../state/connection";
import { browserName, diagnosis } from "./diagnosis";

/** What one would be asked for when something is wrong. */
export function Diagnostics({ findings }: { findings: readonly FindingView[] }) {
  const { data: status, error } = useServerStatus();
  if (error) return <Notice mood="bad">{sentence(error)}</Notice>;
  if (!status) return <Skeleton />;
  const browser = browserName(navigator.userAgent);
  return (
    <>
      <Section title="This router">
        <Facts
          rows={[
            ["Version", status.version],
            ["Address", status.url && <CopyButton key="url" text={status.url} what="address" />],
            ["From other computers", status.network.length > 0 && <Network key="network" of={status.network} />],
            ["Process", status.pid],
            ["Running since", moment(status.started_at)],
            ["Revision", status.revision],
            [
              "Home",
              <span key="home">
                the folder in <span className="mono">LOCALROUTER_HOME</span>, else{" "}
                <span className="mono">~/.localrouter</span>
              </span>,
            ],
          ]}
        />
      </Section>
      <Section
        title="Report"
        hint="The router's state as text, without keys or prompts. In a terminal: localrouter status, or localrouter check to check the home folder."
      >
        <Snippet text={diagnosis(status, findings, browser)} what="report" />
      </Section>
    </>
  );
}

function Network({ of: addresses }: { of: readonly NetworkAddress[] }) {
  return addresses.map(({ url, is_served }) => (
    <div key={url}>
      {is_served ? (
        <CopyButton text={`${url}/v1`} what="address" />
      ) : (
        <>
          <span className="mono">{url}/v1</span>, refused until its host is among the further host names
        </>
      )}
    </div>
  ));
}
