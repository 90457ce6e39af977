import { useState } from "react";
import type { PresetView, ProviderView } from "../../api/generated";
import { useCommand } from "../../api/queries";
import { rpc } from "../../api/transport";
import { Lines } from "../../parts/display/Layout";
import { Field, Input } from "../../parts/forms/Field";
import { useProblems } from "../../parts/forms/problems";
import { Dialog } from "../../parts/overlays/Dialog";
import { plural } from "../../parts/words/format";
import { announce } from "../../state/announcer";
import { address } from "../../state/match";
import { navigate } from "../../state/router";
import { strategiesNaming } from "./words";

interface ProviderDialogProps {
  provider: ProviderView;
  onClose: () => void;
}

export function SetKey({ provider, onClose }: ProviderDialogProps) {
  const [key, setKey] = useState("");
  const { at, guard } = useProblems(["key"], "key");
  const run = () =>
    guard(async () => {
      await rpc.setProviderKey({ name: provider.name, key: key.trim() });
      announce(`Key of ${provider.name} stored`);
    });
  const replaces = provider.key_source === "stored" && provider.has_key ? " It replaces the one that is stored." : "";
  return (
    <Dialog
      title={`Key for ${provider.name}`}
      onClose={onClose}
      action={{ verb: "Store key", run, disabled: !key.trim() }}
    >
      <Field
        label="Key"
        error={at.key}
        hint={`Stored in the system keychain, or in a file that only you can read. It is never shown again. It is sent to ${provider.address} only.${replaces}`}
      >
        {(field) => <Input {...field} type="password" value={key} onChange={(event) => setKey(event.target.value)} />}
      </Field>
    </Dialog>
  );
}

export function DeleteKey({ provider, onClose }: ProviderDialogProps) {
  const isStored = provider.key_source === "stored";
  const run = async () => {
    await rpc.deleteProviderKey({ name: provider.name });
    announce(`${provider.name} has no key any more`);
  };
  return (
    <Dialog
      title={isStored ? `Delete the key of ${provider.name}?` : `Use ${provider.name} without its key?`}
      onClose={onClose}
      action={{ verb: isStored ? "Delete key" : "Stop using the key", run, danger: true }}
    >
      <p>
        {isStored
          ? "The stored key is deleted for good. Restoring an earlier revision does not bring it back: you must set it again."
          : `The environment keeps it; ${provider.name} no longer reads it.`}
      </p>
      <p>Until it has a key, requests for its models fail or move on to the next model.</p>
    </Dialog>
  );
}

export function DeleteProvider({ provider, onClose }: ProviderDialogProps) {
  const { data: strategies } = useCommand("list_strategies", {});
  const naming = strategiesNaming(provider.name, strategies ?? []);
  const run = async () => {
    await rpc.deleteProvider({ name: provider.name });
    announce(`Deleted ${provider.name}`);
    navigate(address("providers"));
  };
  const goes = [
    ...(provider.key_source === "stored" ? ["its stored key, for good"] : []),
    ...(provider.listed_models
      ? [`its ${plural(provider.listed_models, "model")} on all pages and in /v1/models`]
      : []),
    ...(Object.keys(provider.headers).length ? ["its headers"] : []),
  ];
  return (
    <Dialog
      title={`Delete ${provider.name}?`}
      onClose={onClose}
      action={{ verb: "Delete", run, danger: true, disabled: !strategies }}
    >
      {goes.length > 0 && (
        <>
          <p>This also deletes:</p>
          <Lines lines={goes} />
        </>
      )}
      {naming.length > 0 ? (
        <>
          <p>
            {naming.length === 1 ? "This strategy names it" : "These strategies name it"}. Those entries are skipped:
          </p>
          <Lines lines={naming.map(({ name }) => name)} />
        </>
      ) : (
        <p>No strategy names it.</p>
      )}
      <p>Past requests stay in the metrics.</p>
    </Dialog>
  );
}

export async function setEnabled(provider: ProviderView, enabled: boolean): Promise<void> {
  await rpc.updateProvider({ name: provider.name, enabled });
  announce(enabled ? `${provider.name} is enabled` : `${provider.name} is disabled: the router passes it over`);
}

/** The key that a preset's variable holds, read from there at every request instead of a stored one. */
export function useKeyInEnvironment(provider: ProviderView): PresetView | undefined {
  const { data: presets = [] } = useCommand("list_provider_presets", {});
  const preset = presets.find((other) => other.name === provider.preset);
  const goesThere = provider.address === preset?.base_url; // a preset's variable is sent nowhere else
  const isUsed = provider.secret === `env:${preset?.key_variable}`;
  return preset?.key_in_environment && goesThere && !isUsed ? preset : undefined;
}
