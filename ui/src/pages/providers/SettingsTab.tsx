import type { ProviderView, Timeouts, UpdateProviderParams } from "../../api/generated";
import { useCommand } from "../../api/queries";
import { rpc } from "../../api/transport";
import { Fields } from "../../parts/display/Layout";
import { Section } from "../../parts/display/Section";
import { SavedField } from "../../parts/forms/SavedField";
import { announce } from "../../state/announcer";
import { address } from "../../state/match";
import { navigate } from "../../state/router";
import { FreeField } from "./Free";
import { fieldsOf, headerLines, headersOf, leftOutAnyway, linesOf } from "./words";

interface SettingsTabProps {
  provider: ProviderView;
  /** Shows in the page's head how saving went. */
  through: <T>(work: Promise<T>) => Promise<T>;
}

const KEY_STAYS = "A stored key is not sent elsewhere: set it again after a change.";

const TIMEOUTS: readonly [keyof Timeouts, string, string][] = [
  ["connect", "Connect", "to get a connection"],
  ["first_byte", "First byte", "for the answer of a plain request to begin"],
  ["first_token", "First token", "for a stream's first content"],
  ["idle", "Idle", "between two bytes once they flow"],
  ["total", "Total", "for a whole plain answer"],
];

/** Everything about a provider that can be changed. Each field is saved when it is left. */
export function SettingsTab({ provider, through }: SettingsTabProps) {
  const { data: presets = [] } = useCommand("list_provider_presets", {});
  const preset = presets.find((other) => other.name === provider.preset);
  const update = (changes: Omit<UpdateProviderParams, "name">) =>
    through(rpc.updateProvider({ name: provider.name, ...changes })).then((result) => {
      announce("Saved");
      return result;
    });
  const rename = async (name: string) => {
    const { provider: renamed } = await update({ new_name: name });
    navigate(address("providers", renamed.name, "settings"), { replace: true });
  };

  return (
    <>
      <Section title="Connection" hint="A field is saved when you leave it. Escape brings back what is saved.">
        <Fields>
          <SavedField
            label="Name"
            value={provider.name}
            save={rename}
            hint={`Programs ask for ${provider.name}/model. Strategies and prices follow a new name, programs do not.`}
          />
          <SavedField
            label="Base URL"
            mono
            value={provider.base_url ?? ""}
            placeholder={preset?.base_url ?? "https://"}
            save={(text) => update({ base_url: text || null })}
            hint={`${provider.base_url ? `Requests go to ${provider.address}` : "Empty: the preset's own"}. ${KEY_STAYS}`}
          />
          <SavedField
            label="Proxy"
            mono
            value={provider.proxy ?? ""}
            save={(text) => update({ proxy: text || null })}
            hint={`http://host:port. With a password in it: env:HTTPS_PROXY, or set_provider_key field=proxy. ${KEY_STAYS}`}
          />
          <SavedField
            label="Certificate authority"
            mono
            value={provider.ca_file ?? ""}
            save={(text) => update({ ca_file: text || null })}
            hint={`A file of certificates to trust besides the system's. ${KEY_STAYS}`}
          />
          {provider.preset === "azure-openai" && (
            <SavedField
              label="API version"
              mono
              value={provider.api_version ?? ""}
              save={(text) => update({ api_version: text || null })}
            />
          )}
        </Fields>
      </Section>
      <Section title="Headers and models">
        <Fields>
          <SavedField
            label="Headers"
            lines
            value={headerLines(provider.headers)}
            placeholder="X-Team: research"
            save={(text) => update({ headers: headersOf(text) })}
            hint="Sent with every request, one a line. A secret is stored by set_provider_key field=headers.NAME, or named: env:LOCALROUTER_KEY_NAME."
          />
          <SavedField
            label="Declared models"
            lines
            value={provider.models.join("\n")}
            save={(text) => update({ models: linesOf(text) })}
            hint="One a line, for servers without a list. While there are any, the list is not asked for."
          />
        </Fields>
      </Section>
      <Section
        title="Request fields"
        hint="For servers that answer with an error to a field that programs send, or pass over it."
      >
        <Fields>
          <SavedField
            label="Fields left out"
            lines
            value={provider.request_fields.drop.join("\n")}
            placeholder="stream_options"
            save={(text) => update({ request_fields: { ...provider.request_fields, drop: fieldsOf(text) } })}
            hint={`One a line. ${leftOutAnyway(preset, provider.left_out)}`}
          />
          <SavedField
            label="Field for the cap on answers"
            mono
            value={provider.request_fields.output_cap ?? ""}
            placeholder={preset?.request_fields.output_cap ?? ""}
            save={(text) => update({ request_fields: { ...provider.request_fields, output_cap: text || null } })}
            hint="Every request's cap is sent under this name. Empty: the preset's own, or what the program chose."
          />
        </Fields>
      </Section>
      <Section title="Price">
        <Fields>
          <FreeField provider={provider} />
        </Fields>
      </Section>
      <Section
        title="Deadlines"
        hint="In seconds. After them the attempt counts as unreachable, and the next model is tried."
      >
        <Fields narrow>
          {TIMEOUTS.map(([key, label, hint]) => (
            <SavedField
              key={key}
              label={label}
              inputMode="decimal"
              value={String(provider.timeouts[key])}
              save={(text) => update({ timeouts: { ...provider.timeouts, [key]: Number(text.replace(",", ".")) } })}
              hint={hint}
            />
          ))}
        </Fields>
      </Section>
    </>
  );
}
