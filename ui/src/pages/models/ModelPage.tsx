import { useState } from "react";
import { sentence } from "../../api/errors";
import type { ModelView } from "../../api/generated";
import { useCommand } from "../../api/queries";
import { Metrics } from "../../charts/spend/Metrics";
import { ABILITIES, abilitiesOf } from "../../models/filter";
import styles from "../../models/models.module.css";
import { perMillion } from "../../models/numbers";
import { DeletePrice, SetPrice } from "../../models/price";
import { Button, ButtonLink } from "../../parts/controls/Button";
import { CopyButton } from "../../parts/controls/Copy";
import { Badge, EmptyState, Notice, Skeleton } from "../../parts/display/Bits";
import { Page } from "../../parts/display/Page";
import { Facts, Section } from "../../parts/display/Section";
import { ago, UNKNOWN } from "../../parts/words/format";
import { address, type Params } from "../../state/match";
import { Link } from "../../state/router";

/** One model: what is known of it and from where, its price, and how it did. */
export default function ModelPage({ params }: { params: Params }) {
  const models = useCommand("list_models", {});
  const id = params.id ?? "";
  const model = models.data?.find((other) => other.id === id);
  if (model) return <Known model={model} />;
  return (
    <Page title={<span className="mono">{id}</span>} name={id}>
      {models.data ? (
        <EmptyState
          title="This model is not listed"
          action={<ButtonLink to={address("models")}>All models</ButtonLink>}
        >
          Its provider was deleted or no longer lists it. Programs can still request a model that is not listed: the
          provider then decides.
        </EmptyState>
      ) : models.error ? (
        <Notice mood="bad">{sentence(models.error)}</Notice>
      ) : (
        <Skeleton />
      )}
    </Page>
  );
}

type Doing = "set" | "delete" | null;

function Known({ model }: { model: ModelView }) {
  const [doing, setDoing] = useState<Doing>(null);
  const close = () => setDoing(null);
  return (
    <Page
      title={model.name}
      name={model.id}
      beside={
        <>
          <Link to={address("providers", model.provider)}>{model.provider}</Link> {model.local && <Badge>local</Badge>}{" "}
          {!model.enabled && <Badge mood="warn">provider disabled</Badge>}
        </>
      }
    >
      <Section title="Details">
        <Facts
          rows={[
            ["Name for programs", <CopyButton key="id" text={model.id} what="id" />],
            ["Context window", tokens(model.context_window)],
            ["Maximum output", tokens(model.max_output_tokens)],
            ["Capabilities", <Abilities key="abilities" model={model} />],
            ["From", whence(model)],
          ]}
        />
      </Section>
      <Section
        title="Price"
        actions={
          <>
            {model.price_source === "override" && (
              <Button look="danger" onClick={() => setDoing("delete")}>
                Remove your price
              </Button>
            )}
            <Button onClick={() => setDoing("set")}>
              {model.price_source === "override" ? "Change your price" : "Set your price"}
            </Button>
          </>
        }
      >
        <Facts
          rows={[
            ["Input", spoken(model.input_per_million)],
            ["Output", spoken(model.output_per_million)],
            ["From", priceWhence(model)],
          ]}
        />
      </Section>
      <Section title="Metrics">
        <Metrics
          scope={`llm_model:${model.id}`}
          empty="Attempts on this model appear here, including those that failed and moved on to another model."
        />
      </Section>
      {doing === "set" && <SetPrice model={model} onClose={close} />}
      {doing === "delete" && <DeletePrice model={model} onClose={close} />}
    </Page>
  );
}

function tokens(value: number | null): string {
  return value === null ? UNKNOWN : `${String(value).replace(/\B(?=(\d{3})+$)/g, ",")} tokens`;
}

function spoken(value: number | null): string {
  return value === null ? UNKNOWN : `${perMillion(value)} per million tokens`;
}

function whence(model: ModelView): string {
  const table = model.table_date ? `the packaged table of ${model.table_date}` : "no entry in the packaged table";
  const age = model.list_age_seconds;
  return age === null
    ? `declared in its provider's settings, ${table}`
    : `its provider's list, read ${ago(age)}; ${table}`;
}

function priceWhence(model: ModelView): string {
  switch (model.price_source) {
    case "override":
      return "you set it";
    case "list":
      return "its provider's list";
    case "table":
      return `the packaged table of ${model.table_date ?? UNKNOWN}`;
    case "local":
      return "it runs on this computer";
    case "free":
      return "you marked its provider as free";
    case null:
      return "no source gives one. Cost limits refuse its requests; without a cost limit they are served and recorded as unpriced.";
  }
}

function Abilities({ model }: { model: ModelView }) {
  const abilities = abilitiesOf(model);
  if (abilities.length === 0) return model.capabilities === null ? UNKNOWN : "none known";
  return (
    <span className={styles.abilities}>
      {abilities.map((ability) => (
        <Badge key={ability}>{ABILITIES[ability]}</Badge>
      ))}
    </span>
  );
}
