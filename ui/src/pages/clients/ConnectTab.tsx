import type { ClientView } from "../../api/generated";
import { useCommand } from "../../api/queries";
import { Button } from "../../parts/controls/Button";
import { CopyButton } from "../../parts/controls/Copy";
import { Notice } from "../../parts/display/Bits";
import { Row } from "../../parts/display/Layout";
import { Facts, Section } from "../../parts/display/Section";
import { Remark } from "../../parts/forms/Field";
import { Programs } from "../../setup/Programs";
import { KEY_PLACEHOLDER, modelFor } from "../../setup/snippets";
import { useServerStatus } from "../../state/connection";
import { address as pageAddress } from "../../state/match";
import { Link } from "../../state/router";
import { Ago } from "./cells";
import styles from "./clients.module.css";

interface ConnectTabProps {
  client: ClientView;
  /** The key, as long as it was just made and not hidden. */
  freshKey: string | null;
  onHide: () => void;
  onRotate: () => void;
}

/** What your program needs to use the router as this client. */
export function ConnectTab({ client, freshKey, onHide, onRotate }: ConnectTabProps) {
  const { data: status } = useServerStatus();
  const url = status?.url ?? location.origin;
  const v1 = `${url}/v1`;
  return (
    <>
      {freshKey && <FreshKey client={client} freshKey={freshKey} onHide={onHide} />}
      <Section title="What your program needs">
        <Facts
          rows={[
            ["Address", <CopyButton key="address" text={v1} what="address" />],
            [
              "Key",
              <Row key="key">
                {client.has_key ? (
                  <span>
                    ends in <span className="mono">{client.key_hint}</span>
                  </span>
                ) : (
                  <span>none: the client was deleted and restored, so its old key no longer works</span>
                )}
                <Button look="plain" onClick={onRotate}>
                  Create a new key
                </Button>
              </Row>,
            ],
            ["Last request", <LastRequest key="last" client={client} />],
          ]}
        />
      </Section>
      <Section title="Where to enter it">
        <Connecting client={client} address={v1} freshKey={freshKey} />
      </Section>
    </>
  );
}

function FreshKey({ client, freshKey, onHide }: { client: ClientView; freshKey: string; onHide: () => void }) {
  return (
    <div className={styles.freshKey}>
      <Notice>
        <p>
          <strong>The key of {client.name} is shown only once.</strong> Only a digest is stored. If you lose the key,
          you can replace it, but not see it again.
        </p>
        <p>
          <CopyButton text={freshKey} what="key" />
        </p>
        <Row>
          <Button onClick={onHide}>I have saved it, hide it</Button>
        </Row>
      </Notice>
    </div>
  );
}

function LastRequest({ client }: { client: ClientView }) {
  const { data } = useCommand("list_requests", { client_id: client.id, limit: 1 });
  const last = data?.items[0];
  if (!data) return null;
  if (!last) return <span role="status">none yet. The first one appears here as it arrives.</span>;
  const served = last.model_served ? `${last.provider_served}/${last.model_served}` : last.model_asked;
  return (
    <span role="status">
      <Ago at={last.started_at} />, <span className="mono">{served}</span>,{" "}
      {last.outcome === "success" ? "answered" : last.outcome}
    </span>
  );
}

function Connecting({ client, address, freshKey }: { client: ClientView; address: string; freshKey: string | null }) {
  const { data: strategies = [] } = useCommand("list_strategies", {});
  const { data: models = [] } = useCommand("list_models", {});
  const { data: presets = [] } = useCommand("list_provider_presets", {});
  const strategy = strategies.find((other) => other.id === client.strategy_id);
  const model = modelFor(strategy, models, presets);
  return (
    <Programs values={{ address, key: freshKey ?? KEY_PLACEHOLDER, model }}>
      {!freshKey && !client.has_key && <Remark severity="warning">It has no key. Create a new one.</Remark>}
      {!freshKey && client.has_key && (
        <Remark>
          Put the key that ends in {client.key_hint} in place of {KEY_PLACEHOLDER}. It was shown when it was made; where
          it is lost, make a new one.
        </Remark>
      )}
      {models.length === 0 && (
        <Remark severity="warning">
          No provider lists a model yet, so requests find none.{" "}
          <Link to={pageAddress("providers")}>Add a provider</Link>
        </Remark>
      )}
    </Programs>
  );
}
