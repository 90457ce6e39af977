import { useRef, useState } from "react";
import type { LocalServer, PresetView } from "../../api/generated";
import { useCommand } from "../../api/queries";
import { rpc } from "../../api/transport";
import { Button } from "../../parts/controls/Button";
import { Snippet } from "../../parts/controls/Copy";
import { Checkbox } from "../../parts/controls/Toggle";
import { Badge, Skeleton } from "../../parts/display/Bits";
import { Row } from "../../parts/display/Layout";
import { Section } from "../../parts/display/Section";
import { Remark } from "../../parts/forms/Field";
import { listed } from "../../parts/words/format";
import { keyOffer, type Offer, serverOffer, unused } from "../../setup/FoundHere";
import { offeredKeys } from "../../setup/offers";
import { announce } from "../../state/announcer";
import { address as pageAddress } from "../../state/match";
import { Link } from "../../state/router";
import styles from "./home.module.css";
import { OwnKey } from "./OwnKey";
import { Steps } from "./Steps";
import { hasModels, modelAdvice, type Progress, start } from "./starting";
import { Waiting } from "./Waiting";

interface FirstRunProps {
  progress: Progress;
  onProgress: (progress: Progress) => void;
  onDone: () => void;
  /** With /v1 at its end. */
  address: string;
}

/** An empty home: what this computer has, one press, a key, and the wait for the first request. */
export function FirstRun({ progress, onProgress, onDone, address }: FirstRunProps) {
  const isCancelled = useRef(false);
  const begin = async (offers: readonly Offer[]) => {
    isCancelled.current = false;
    onProgress({ at: "starting", steps: [] });
    const end = await start({
      rpc,
      offers,
      onSteps: (steps) => onProgress({ at: "starting", steps }),
      isCancelled: () => isCancelled.current,
    });
    onProgress(end);
    announce(end.at === "waiting" ? "Ready. The key is shown now, and never again." : "It could not be finished.");
  };
  if (progress.at === "waiting") {
    return <Waiting ready={progress} address={address} onDone={onDone} />;
  }
  return (
    <div className={styles.firstRun}>
      <p className={styles.lead}>
        LocalRouter gives every program on this computer one address for all its models. Choose where answers come from;
        the rest is set up for you and can be changed later.
      </p>
      {progress.at === "starting" ? (
        <Section title="Setting up" actions={<Button onClick={() => (isCancelled.current = true)}>Cancel</Button>}>
          <Steps steps={progress.steps} />
        </Section>
      ) : (
        <Choosing stopped={progress.at === "stopped" ? progress : null} onBegin={(offers) => void begin(offers)} />
      )}
    </div>
  );
}

interface ChoosingProps {
  stopped: Extract<Progress, { at: "stopped" }> | null;
  onBegin: (offers: readonly Offer[]) => void;
}

function Choosing({ stopped, onBegin }: ChoosingProps) {
  const { data: presets } = useCommand("list_provider_presets", {});
  const { data: providers } = useCommand("list_providers", {});
  const { data: servers } = useCommand("discover_local_providers", {}, { every: 5_000 });
  const [own, setOwn] = useState<readonly Offer[]>([]);
  const [left, setLeft] = useState<ReadonlySet<string>>(new Set());
  if (!presets || !providers || !servers) return <Skeleton rows={4} />;

  const found = [
    ...own,
    ...offeredKeys(presets, providers).map(keyOffer),
    ...unused(servers, providers).map((server) => serverOffer(server, presets)),
  ];
  const chosen = found.filter((offer) => !left.has(offer.key) && hasModels(offer, servers));
  const existing = providers.filter((provider) => provider.enabled).map((provider) => provider.name);
  const toggle = (key: string, isChosen: boolean) => {
    const next = new Set(left);
    if (isChosen) next.delete(key);
    else next.add(key);
    setLeft(next);
  };
  const names = [...existing, ...chosen.map((offer) => offer.title)];

  return (
    <>
      {stopped && (
        <Section title="It is not finished">
          <Steps steps={stopped.steps} />
          <div role="alert">
            <Remark severity="error">{stopped.problem}</Remark>
          </div>
        </Section>
      )}
      <Section
        title="Found on this computer"
        hint={found.length === 0 ? nothingFound(existing) : "Keys stay where they are. Local servers cost nothing."}
      >
        {found.length > 0 && (
          <ul className={styles.offers}>
            {found.map((offer) => (
              <OfferRow
                key={offer.key}
                offer={offer}
                servers={servers}
                isChosen={!left.has(offer.key)}
                onChoose={(isChosen) => toggle(offer.key, isChosen)}
              />
            ))}
          </ul>
        )}
        {existing.length > 0 && (
          <Remark>
            Already there: <Link to={pageAddress("providers")}>{listed(existing)}</Link>.
          </Remark>
        )}
        {names.length > 0 && (
          <div className={styles.start}>
            <Button look="primary" onClick={() => onBegin(chosen)}>
              Start with {listed(names, 3)}
            </Button>
            <span className="quiet">Creates “My first app”, with its key.</span>
          </div>
        )}
      </Section>
      <Section title="With a key of yours">
        <OwnKey presets={presets} onAdd={(offer) => setOwn([...own.filter(({ key }) => key !== offer.key), offer])} />
      </Section>
      {servers.length === 0 && <LocalHint presets={presets} />}
    </>
  );
}

function nothingFound(existing: readonly string[]): string {
  if (existing.length > 0) return "Nothing besides what is set up already.";
  return "No model server answers at the usual ports, and no known key is in the environment that LocalRouter was started in.";
}

interface OfferRowProps {
  offer: Offer;
  servers: readonly LocalServer[];
  isChosen: boolean;
  onChoose: (isChosen: boolean) => void;
}

function OfferRow({ offer, servers, isChosen, onChoose }: OfferRowProps) {
  const isReady = hasModels(offer, servers);
  const advice = isReady ? null : modelAdvice(offer.params.preset);
  return (
    <li>
      <Checkbox checked={isChosen && isReady} disabled={!isReady} onChange={onChoose}>
        <Row>
          <strong>{offer.title}</strong>
          {offer.isLocal && <Badge>local</Badge>}
          <span className="quiet">{offer.what}</span>
        </Row>
      </Checkbox>
      {advice && <Remark severity="warning">{advice.says}</Remark>}
      {advice?.command && <Snippet text={advice.command} what="command" />}
    </li>
  );
}

/** For a computer without a model server: the shortest way to one. */
function LocalHint({ presets }: { presets: readonly PresetView[] }) {
  const local = presets.filter((preset) => preset.local).map((preset) => preset.title);
  return (
    <Section
      title="Or with models on this computer"
      hint={`Start any of ${listed(local, 6)}. This page notices it within seconds. With Ollama, for instance:`}
    >
      <Snippet text="ollama pull llama3.2" what="command" />
    </Section>
  );
}
