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

const KEY_STAYS = "A stored key is never sent to a new address. Set it again after a change.";

const TIMEOUTS: readonly [keyof Timeouts, string, string][] = [
  ["connect", "Connect", "to connect"],
  ["first_byte", "First byte", "until the answer to a non-streaming request begins"],
  ["first_token", "First token", "until a stream's first content"],
  ["idle", "Idle", "between two bytes once the answer has begun"],
  ["total", "Total", "for a complete non-streaming answer"],
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
      <Section title="Connection" hint="A field is saved when you leave it. Press Escape to discard your edit.">
        <Fields>
          <SavedField
            label="Name"
            value={provider.name}
            save={rename}
            hint={`Programs ask for ${provider.name}/model. If you rename it, strategies and prices follow, but programs must be updated.`}
          />
          <SavedField
            label="Base URL"
            mono
            value={provider.base_url ?? ""}
            placeholder={preset?.base_url ?? "https://"}
            save={(text) => update({ base_url: text || null })}
            hint={`${provider.base_url ? `Requests go to ${provider.address}` : "Leave empty for the preset's address"}. ${KEY_STAYS}`}
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
            hint={`A file with certificates to trust in addition to the system's. ${KEY_STAYS}`}
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
            hint="Sent with every request, one per line. Store a secret with set_provider_key field=headers.NAME, or refer to a variable: env:LOCALROUTER_KEY_NAME."
          />
          <SavedField
            label="Declared models"
            lines
            value={provider.models.join("\n")}
            save={(text) => update({ models: linesOf(text) })}
            hint="One per line, for servers without a model list. If you declare any, the server's list is not used."
          />
        </Fields>
      </Section>
      <Section title="Request fields" hint="For servers that reject or ignore a field that programs send.">
        <Fields>
          <SavedField
            label="Fields to leave out"
            lines
            value={provider.request_fields.drop.join("\n")}
            placeholder="stream_options"
            save={(text) => update({ request_fields: { ...provider.request_fields, drop: fieldsOf(text) } })}
            hint={`One per line. ${leftOutAnyway(preset, provider.left_out)}`}
          />
          <SavedField
            label="Field for the answer's length limit"
            mono
            value={provider.request_fields.output_cap ?? ""}
            placeholder={preset?.request_fields.output_cap ?? ""}
            save={(text) => update({ request_fields: { ...provider.request_fields, output_cap: text || null } })}
            hint="Every request's cap is sent under this name. Leave empty for the preset's address, or what the program chose."
          />
        </Fields>
      </Section>
      <Section title="Price">
        <Fields>
          <FreeField provider={provider} />
        </Fields>
      </Section>
      <Section
        title="Timeouts"
        hint="In seconds. After a timeout the provider counts as unreachable, and the next model is tried."
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
