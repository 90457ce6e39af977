import { type ReactNode, useState } from "react";
import type { ModelView } from "../api/generated";
import { copyText } from "../parts/controls/Copy";
import { Tooltip } from "../parts/controls/Tooltip";
import { Badge } from "../parts/display/Bits";
import { Money } from "../parts/display/Money";
import { type Column, Table } from "../parts/display/Table";
import { joined } from "../parts/words/classes";
import { moneyDecimals, windowSize } from "../parts/words/format";
import { announce } from "../state/announcer";
import { address } from "../state/match";
import { ABILITIES, abilitiesOf } from "./filter";
import styles from "./models.module.css";
import { DeletePrice, SetPrice } from "./price";

interface ModelsTableProps {
  models: readonly ModelView[];
  /** The one provider whose models these are, which then need not be named in each row. */
  of?: string;
}

type Doing = { what: "set" | "delete"; model: ModelView } | null;

export function ModelsTable({ models, of }: ModelsTableProps) {
  const [doing, setDoing] = useState<Doing>(null);
  const close = () => setDoing(null);
  return (
    <>
      <Table
        label={of ? `Models of ${of}` : "Models"}
        rows={models}
        rowKey={(model) => model.id}
        nameOf={(model) => model.id}
        to={(model) => address("models", model.id)}
        first={{
          title: "Model",
          sort: (model) => model.name.toLowerCase(),
          width: of ? "34%" : "30%",
          name: (model) => <span className={joined(styles.modelName, "mono")}>{model.name}</span>,
          beside: (model) => !model.enabled && <Badge>provider disabled</Badge>,
        }}
        columns={columns(of, models)}
        menu={(model) => [
          { verb: "Copy id", run: () => void copyText(model.id).then(() => announce(`Copied ${model.id}`)) },
          { verb: "Set your price", run: () => setDoing({ what: "set", model }) },
          ...(model.price_source === "override"
            ? [{ verb: "Remove your price", run: () => setDoing({ what: "delete", model }) }]
            : []),
        ]}
      />
      {doing?.what === "set" && <SetPrice model={doing.model} onClose={close} />}
      {doing?.what === "delete" && <DeletePrice model={doing.model} onClose={close} />}
    </>
  );
}

function columns(of: string | undefined, models: readonly ModelView[]): Column<ModelView>[] {
  const decimals = moneyDecimals(models.flatMap((model) => [model.input_per_million, model.output_per_million]));
  return [
    ...(of
      ? []
      : [
          {
            key: "provider",
            title: "Provider",
            sort: (model: ModelView) => model.provider.toLowerCase(),
            width: "14%",
            cell: (model: ModelView) => (
              <>
                {model.provider} {model.local && <Badge>local</Badge>}
              </>
            ),
          },
        ]),
    {
      key: "abilities",
      title: "Capabilities",
      isExtra: true,
      cell: (model) => {
        const words = abilityWords(model);
        return (
          <Tooltip text={words}>
            <span className={model.confirmed.length ? undefined : "quiet"}>{words}</span>
          </Tooltip>
        );
      },
    },
    {
      key: "window",
      title: "Context",
      sort: (model) => model.context_window,
      sortsDown: true,
      width: "84px",
      isNumber: true,
      cell: (model) => (
        <Maybe value={model.context_window} title={model.context_window && `${model.context_window} tokens`}>
          {windowSize(model.context_window)}
        </Maybe>
      ),
    },
    {
      key: "input",
      title: "In / million",
      sort: (model) => model.input_per_million,
      width: "124px",
      isNumber: true,
      cell: (model) => (
        <>
          {model.price_source === "override" && <Badge hint="Your own price">yours</Badge>}{" "}
          <Maybe value={model.input_per_million} title={priceTitle(model)}>
            <Money usd={model.input_per_million} decimals={decimals} />
          </Maybe>
        </>
      ),
    },
    {
      key: "output",
      title: "Out / million",
      sort: (model) => model.output_per_million,
      width: "108px",
      isNumber: true,
      cell: (model) => (
        <Maybe value={model.output_per_million}>
          <Money usd={model.output_per_million} decimals={decimals} />
        </Maybe>
      ),
    },
  ];
}

const SOURCES = {
  override: "you set it",
  list: "as its provider's list says",
  table: "as the packaged table says",
  local: "since it runs on this computer",
  free: "since you marked its provider as free",
} as const;

function priceTitle(model: ModelView): string | null {
  return model.price_source && SOURCES[model.price_source];
}

function abilityWords(model: ModelView): string {
  const abilities = abilitiesOf(model).map((ability) => ABILITIES[ability]);
  if (abilities.length === 0) return model.capabilities === null ? "unknown" : "none known";
  return abilities.join(", ");
}

function Maybe({
  value,
  title,
  children,
}: {
  value: number | null;
  title?: string | number | null | undefined;
  children: ReactNode;
}) {
  if (value === null) return <span className="quiet">{children}</span>;
  return (
    <Tooltip text={title ? String(title) : null}>
      <span>{children}</span>
    </Tooltip>
  );
}
