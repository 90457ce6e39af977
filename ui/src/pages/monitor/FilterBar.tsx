import type { FailureKind, Outcome } from "../../api/generated";
import { useCommand } from "../../api/queries";
import { Button } from "../../parts/controls/Button";
import { Select } from "../../parts/forms/Field";
import { KINDS } from "../../parts/words/words";
import { EVERYTHING, type Filter, isNarrowed } from "./filter";
import styles from "./monitor.module.css";

interface FilterBarProps {
  filter: Filter;
  onChange: (filter: Filter) => void;
}

type Choice = readonly [value: string, title: string];

const OUTCOMES: Record<Outcome, string> = {
  success: "answered",
  failed: "failed",
  denied: "denied",
  cancelled: "cancelled",
};

/** What is offered is what has metrics or exists: nothing that could never match. */
export function FilterBar({ filter, onChange }: FilterBarProps) {
  const { data: clients = [] } = useCommand("list_clients", {});
  const { data: strategies = [] } = useCommand("list_strategies", {});
  const { data: providers = [] } = useCommand("list_metric_scopes", { tier: "llm_provider" });
  const { data: models = [] } = useCommand("list_metric_scopes", { tier: "llm_model" });
  const set = (field: keyof Filter) => (value: string) => onChange({ ...filter, [field]: value });
  const choice = (field: keyof Filter, all: string, choices: readonly Choice[]) => (
    <Choose label={field} all={all} choices={choices} value={filter[field]} onChange={set(field)} />
  );
  return (
    <div className={styles.filters} role="search" aria-label="Filter requests">
      {choice("client", "All clients", named(clients))}
      {choice("strategy", "All strategies", named(strategies))}
      {choice("provider", "All providers", scoped(providers))}
      {choice("model", "All models", scoped(models))}
      {choice("outcome", "Any outcome", Object.entries(OUTCOMES))}
      {choice("kind", "Any failure", Object.entries(KINDS) as [FailureKind, string][])}
      {isNarrowed(filter) && (
        <Button look="plain" onClick={() => onChange(EVERYTHING)}>
          Clear filters
        </Button>
      )}
    </div>
  );
}

interface ChooseProps {
  label: string;
  all: string;
  choices: readonly Choice[];
  value: string;
  onChange: (value: string) => void;
}

function Choose({ label, all, choices, value, onChange }: ChooseProps) {
  const isGone = value !== "" && !choices.some(([other]) => other === value);
  return (
    <Select
      small
      aria-label={`Filter by ${label}`}
      className={value ? styles.narrowing : undefined}
      value={value}
      onChange={(event) => onChange(event.target.value)}
    >
      <option value="">{all}</option>
      {isGone && <option value={value}>{value}</option>}
      {choices.map(([key, title]) => (
        <option key={key} value={key}>
          {title}
        </option>
      ))}
    </Select>
  );
}

function named(things: readonly { id: string; name: string }[]): Choice[] {
  return things.map(({ id, name }) => [id, name]);
}

/** `llm_model:openai/gpt-4o` names the model after its first colon. */
function scoped(scopes: readonly string[]): Choice[] {
  const names = scopes
    .map((scope) => scope.slice(scope.indexOf(":") + 1))
    .sort((one, other) => one.localeCompare(other));
  return names.map((name) => [name, name]);
}
