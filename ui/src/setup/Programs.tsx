import type { ReactNode } from "react";
import { useCommand } from "../api/queries";
import { Snippet } from "../parts/controls/Copy";
import { VerticalTabs } from "../parts/controls/VerticalTabs";
import { Remark } from "../parts/forms/Field";
import { useRemembered } from "../state/remembered";
import styles from "./setup.module.css";
import { programs, type Values } from "./snippets";

interface ProgramsProps {
  values: Values;
  /** What else is to be said, whatever the program. */
  children?: ReactNode;
}

/** How each program is told where the router is; the one that was chosen last is shown. */
export function Programs({ values, children }: ProgramsProps) {
  const [chosen, setChosen] = useRemembered("clients:program", "curl");
  const { data: launched } = useCommand("list_programs", { address: values.address, model: values.model });
  const all = programs(values, launched);
  const program = all.find((other) => other.key === chosen) ?? all[0];
  if (!program) return null;
  return (
    <VerticalTabs label="Programs" tabs={all} current={program.key} onChange={setChosen}>
      {program.snippets.map((snippet) => (
        <div key={snippet.into} className={styles.program}>
          <p className="meta">{snippet.into}</p>
          <Snippet text={snippet.text} what={`snippet for ${program.title}`} />
        </div>
      ))}
      {program.note && <Remark>{program.note}</Remark>}
      {children}
    </VerticalTabs>
  );
}
