import { type FormEvent, useState } from "react";
import type { PresetView } from "../../api/generated";
import { Button } from "../../parts/controls/Button";
import { Field, Input, Remark, Select } from "../../parts/forms/Field";
import type { Offer } from "../../setup/FoundHere";
import { address } from "../../state/match";
import { Link } from "../../state/router";
import styles from "./home.module.css";

interface OwnKeyProps {
  presets: readonly PresetView[];
  onAdd: (offer: Offer) => void;
}

/** A provider and its key, added to what is chosen. The key is stored when it begins, not before. */
export function OwnKey({ presets, onAdd }: OwnKeyProps) {
  const known = presets.filter((preset) => preset.needs_key && preset.base_url !== null);
  const [name, setName] = useState(known[0]?.name ?? "");
  const [key, setKey] = useState("");
  const preset = known.find((other) => other.name === name);
  const add = (event: FormEvent) => {
    event.preventDefault();
    if (!preset || !key.trim()) return;
    onAdd({
      key: `own:${preset.name}`,
      title: preset.title,
      isLocal: false,
      what: "with the key that you gave",
      preset,
      params: { preset: preset.name, key: key.trim() },
    });
    setKey("");
  };
  return (
    <>
      <form className={styles.ownKey} onSubmit={add}>
        <Field label="Provider">
          {(field) => (
            <Select {...field} value={name} onChange={(event) => setName(event.target.value)}>
              {known.map((each) => (
                <option key={each.name} value={each.name}>
                  {each.title}
                </option>
              ))}
            </Select>
          )}
        </Field>
        <Field label="Key">
          {(field) => <Input {...field} type="password" value={key} onChange={(event) => setKey(event.target.value)} />}
        </Field>
        <Button type="submit" disabled={!key.trim()}>
          Use this key
        </Button>
      </form>
      <Remark>
        Stored in the system keychain, or in a file that only you can read. It is never shown again. Another address or
        a server elsewhere: <Link to={`${address("providers")}?add`}>add it under Providers</Link>.
      </Remark>
    </>
  );
}
