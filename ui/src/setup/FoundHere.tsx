import { useState } from "react";
import { sentence } from "../api/errors";
import type { CreateProviderParams, LocalServer, PresetView, ProviderView } from "../api/generated";
import { queries, useCommand } from "../api/queries";
import { rpc } from "../api/transport";
import { Button } from "../parts/controls/Button";
import { Badge } from "../parts/display/Bits";
import { Entries, Entry, Row } from "../parts/display/Layout";
import { Section } from "../parts/display/Section";
import { Remark } from "../parts/forms/Field";
import { listed, plural } from "../parts/words/format";
import { freeName } from "../parts/words/names";
import { announce } from "../state/announcer";
import { offeredKeys } from "./offers";

export interface Offer {
  key: string;
  title: string;
  isLocal: boolean;
  what: string;
  preset: PresetView | undefined;
  params: Omit<CreateProviderParams, "name">;
}

/** What this computer already has: servers that run on it and keys in the router's environment. */
export function useOffers(providers: readonly ProviderView[]): readonly Offer[] {
  const { data: presets = [] } = useCommand("list_provider_presets", {});
  const { data: servers = [] } = useCommand("discover_local_providers", {}, { every: 30_000 });
  return [
    ...unused(servers, providers).map((server) => serverOffer(server, presets)),
    ...offeredKeys(presets, providers).map(keyOffer),
  ];
}

interface FoundHereProps {
  providers: readonly ProviderView[];
  offers: readonly Offer[];
}

/** Each is added by one press. */
export function FoundHere({ providers, offers }: FoundHereProps) {
  const [problems, setProblems] = useState<Readonly<Record<string, string>>>({});
  const [adding, setAdding] = useState<string | null>(null);
  if (offers.length === 0) return null;

  const add = async (offer: Offer) => {
    setAdding(offer.key);
    const name = freeName(
      offer.params.preset,
      providers.map((provider) => provider.name),
    );
    try {
      await rpc.createProvider({ ...offer.params, name });
      announce(`Added ${name}`);
      setProblems({});
      void queries.invalidateQueries({ queryKey: ["discover_local_providers"] });
    } catch (error) {
      setProblems({ ...problems, [offer.key]: sentence(error) });
    } finally {
      setAdding(null);
    }
  };

  return (
    <Section title="Found on this computer">
      <Entries>
        {offers.map((offer, index) => (
          <Entry
            key={offer.key}
            what={
              <>
                <Row>
                  <strong>{offer.title}</strong>
                  {offer.isLocal && <Badge>local</Badge>}
                  <span className="quiet">{offer.what}</span>
                </Row>
                {problems[offer.key] && (
                  <div role="alert">
                    <Remark severity="error">{problems[offer.key]}</Remark>
                  </div>
                )}
              </>
            }
          >
            <Button
              look={providers.length === 0 && index === 0 ? "primary" : "normal"}
              disabled={adding !== null}
              onClick={() => void add(offer)}
            >
              Add {offer.title}
            </Button>
          </Entry>
        ))}
      </Entries>
    </Section>
  );
}

export function unused(servers: readonly LocalServer[], providers: readonly ProviderView[]): LocalServer[] {
  const taken = new Set(providers.map((provider) => provider.address));
  return servers.filter((server) => server.provider === null && !taken.has(server.base_url));
}

export function serverOffer(server: LocalServer, presets: readonly PresetView[]): Offer {
  const preset = presets.find((other) => other.name === server.preset);
  const isUsual = preset?.base_url === server.base_url;
  const models = server.models.length
    ? `${plural(server.models.length, "model")}: ${listed(server.models, 3)}`
    : "it has no models yet";
  return {
    key: `server:${server.base_url}`,
    title: server.title,
    isLocal: true,
    what: `answers at ${new URL(server.base_url).host}, ${models}`,
    preset,
    params: { preset: server.preset, ...(!isUsual && { base_url: server.base_url }) },
  };
}

export function keyOffer(preset: PresetView): Offer {
  return {
    key: `key:${preset.name}`,
    title: preset.title,
    isLocal: false,
    what: `its key is in ${preset.key_variable}; the key stays there`,
    preset,
    params: { preset: preset.name, secret: `env:${preset.key_variable}` },
  };
}
