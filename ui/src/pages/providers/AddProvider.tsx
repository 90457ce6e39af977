import { useState } from "react";
import type { PresetView } from "../../api/generated";
import { useCommand } from "../../api/queries";
import { rpc } from "../../api/transport";
import { Button } from "../../parts/controls/Button";
import { Checkbox } from "../../parts/controls/Toggle";
import { Field, Input, Remark } from "../../parts/forms/Field";
import { useProblems } from "../../parts/forms/problems";
import { Dialog } from "../../parts/overlays/Dialog";
import { freeName } from "../../parts/words/names";
import { announce } from "../../state/announcer";
import { address } from "../../state/match";
import { navigate } from "../../state/router";
import { PresetPicker } from "./PresetPicker";

/** First which one, then what it needs. Only fields that this one needs are asked for. */
export function AddProvider({ onClose }: { onClose: () => void }) {
  const { data: presets } = useCommand("list_provider_presets", {});
  const { data: providers } = useCommand("list_providers", {});
  const [preset, setPreset] = useState<PresetView | null>(null);
  const taken = providers?.map((provider) => provider.name) ?? [];
  if (preset) {
    return <Details key={preset.name} preset={preset} taken={taken} onBack={() => setPreset(null)} onClose={onClose} />;
  }
  return (
    <Dialog title="Add a provider" onClose={onClose}>
      <PresetPicker presets={presets} onChoose={setPreset} />
    </Dialog>
  );
}

interface DetailsProps {
  preset: PresetView;
  taken: readonly string[];
  onBack: () => void;
  onClose: () => void;
}

function Details({ preset, taken, onBack, onClose }: DetailsProps) {
  const isOther = preset.name === "openai-compatible";
  const [name, setName] = useState(() => (isOther ? "" : freeName(preset.name, taken)));
  const [baseUrl, setBaseUrl] = useState(preset.base_url ?? "");
  const [key, setKey] = useState("");
  const [wantsVariable, setWantsVariable] = useState(preset.key_in_environment);
  const isUsual = baseUrl.trim() === (preset.base_url ?? "");
  const hasVariable = preset.key_in_environment && isUsual; // it is sent to the preset's own address only
  const usesVariable = wantsVariable && hasVariable;
  const { at, guard } = useProblems(["name", "base_url", "key", "secret"], "name");

  const add = () =>
    guard(async () => {
      const { provider } = await rpc.createProvider({
        name: name.trim(),
        preset: preset.name,
        ...(!isUsual && { base_url: baseUrl.trim() }),
        ...(usesVariable ? { secret: `env:${preset.key_variable}` } : key.trim() && { key: key.trim() }),
      });
      announce(`Added ${provider.name}`);
      navigate(`${address("providers", provider.name)}?test`, { replace: true });
    });
  const startsAt = preset.base_url === null ? "address" : preset.needs_key && !usesVariable ? "key" : "name";

  return (
    <Dialog
      title={`Add ${isOther ? "an OpenAI-compatible server" : preset.title}`}
      onClose={onClose}
      action={{ verb: "Add", run: add, disabled: !name.trim() }}
    >
      {preset.local && isUsual && <Remark>It runs on this computer: requests are free and never leave it.</Remark>}
      {hasVariable && (
        <Checkbox checked={usesVariable} onChange={setWantsVariable}>
          Use the key in {preset.key_variable}, and leave it there
        </Checkbox>
      )}
      {!usesVariable && !preset.local && (
        <Field
          label={preset.needs_key ? "Key" : "Key (optional)"}
          error={at.key ?? at.secret}
          hint="Stored in the system keychain, or in a file that only you can read. It is never shown again."
        >
          {(field) => (
            <Input
              {...field}
              type="password"
              data-start={startsAt === "key" || undefined}
              value={key}
              onChange={(event) => setKey(event.target.value)}
            />
          )}
        </Field>
      )}
      <Field label="Base URL" error={at.base_url} hint={baseUrlHint(preset)}>
        {(field) => (
          <Input
            {...field}
            type="url"
            className="mono"
            placeholder="https://"
            data-start={startsAt === "address" || undefined}
            value={baseUrl}
            onChange={(event) => setBaseUrl(event.target.value)}
          />
        )}
      </Field>
      <Field label="Name" error={at.name} hint={`Programs ask for its models as ${name.trim() || "name"}/model.`}>
        {(field) => <Input {...field} value={name} maxLength={200} onChange={(event) => setName(event.target.value)} />}
      </Field>
      <p>
        <Button look="link" onClick={onBack}>
          Choose another provider
        </Button>
      </p>
    </Dialog>
  );
}

function baseUrlHint(preset: PresetView): string {
  if (preset.name === "azure-openai") return "The address of your resource, such as https://NAME.openai.azure.com";
  if (preset.base_url === null) return "What you would enter in an OpenAI library, such as http://10.0.0.7:8000/v1";
  return preset.local
    ? "Where it usually listens."
    : "The provider's own address. Change it only for a proxy or gateway.";
}
