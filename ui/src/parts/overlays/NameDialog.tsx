import { useState } from "react";
import { Field, Input } from "../forms/Field";
import { useProblems } from "../forms/problems";
import { Dialog } from "./Dialog";

interface NameDialogProps {
  title: string;
  verb: string;
  initial?: string;
  hint: string;
  onName: (name: string) => Promise<unknown>;
  onClose: () => void;
}

/** Asks for a name. A refusal stands at the field. */
export function NameDialog({ title, verb, initial = "", hint, onName, onClose }: NameDialogProps) {
  const [name, setName] = useState(initial);
  const { at, guard } = useProblems(["name", "new_name"], "name");
  const run = () => guard(() => onName(name.trim()));
  return (
    <Dialog title={title} onClose={onClose} action={{ verb, run, disabled: !name.trim() || name.trim() === initial }}>
      <Field label="Name" error={at.name ?? at.new_name} hint={hint}>
        {(field) => <Input {...field} value={name} maxLength={200} onChange={(event) => setName(event.target.value)} />}
      </Field>
    </Dialog>
  );
}
