import { useState } from "react";
import type { ProviderView } from "../../api/generated";
import { useCommand } from "../../api/queries";
import { Button } from "../../parts/controls/Button";
import { Tooltip } from "../../parts/controls/Tooltip";
import { Badge, EmptyState } from "../../parts/display/Bits";
import { Money } from "../../parts/display/Money";
import { Table } from "../../parts/display/Table";
import { ListPage, Refused } from "../../parts/lists/ListPage";
import { useAttempts } from "../../parts/lists/useAttempts";
import { count, moneyDecimals } from "../../parts/words/format";
import { holdsWords } from "../../parts/words/search";
import { FoundHere, useOffers } from "../../setup/FoundHere";
import { address } from "../../state/match";
import { navigate } from "../../state/router";
import { useToday } from "../../state/usage";
import { AddProvider } from "./AddProvider";
import { DeleteProvider, SetKey, setEnabled } from "./actions";
import styles from "./providers.module.css";
import { Status } from "./Status";
import { keyWords } from "./words";

/** All providers in the order in which bare model names are looked up: whether each answers, and what to do. */
export default function ProvidersPage() {
  return (
    <ListPage
      title="Providers"
      path="providers"
      list={useCommand("list_providers", {})}
      searchLabel="Filter providers"
      create={{ verb: "Add provider", word: "add", dialog: (close) => <AddProvider onClose={close} /> }}
    >
      {(all, filter, add) => (
        <>
          <Offers all={all} onAdd={add} />
          {all.length > 0 && <Providers all={all} filter={filter} />}
        </>
      )}
    </ListPage>
  );
}

function Offers({ all, onAdd }: { all: readonly ProviderView[]; onAdd: () => void }) {
  const offers = useOffers(all);
  if (all.length > 0 && offers.length === 0) return null;
  return (
    <div className={styles.offers}>
      {all.length === 0 && <NoProviders hasOffers={offers.length > 0} onAdd={onAdd} />}
      <FoundHere providers={all} offers={offers} />
    </div>
  );
}

function NoProviders({ hasOffers, onAdd }: { hasOffers: boolean; onAdd: () => void }) {
  return (
    <EmptyState
      title="No providers yet"
      action={
        <Button look={hasOffers ? "normal" : "primary"} onClick={onAdd}>
          {hasOffers ? "Add another provider" : "Add provider"}
        </Button>
      }
    >
      A provider is an account or a local server whose models answer the requests. This page will list them and say
      whether each one answers.{" "}
      {hasOffers
        ? "Add what was found on this computer with one click."
        : "LocalRouter looks for local servers and for keys in its environment. It found none."}
    </EmptyState>
  );
}

type Doing = { what: "key" | "delete"; provider: ProviderView } | null;

function Providers({ all, filter }: { all: readonly ProviderView[]; filter: string }) {
  const today = useToday("llm_provider");
  const decimals = moneyDecimals([...(today?.values() ?? [])].map((totals) => totals.cost_usd));
  const [doing, setDoing] = useState<Doing>(null);
  const { refusal, attempt } = useAttempts();
  const shown = all.filter((provider) => fits(provider, filter));
  const close = () => setDoing(null);
  return (
    <>
      {refusal && <Refused>{refusal}</Refused>}
      <Table
        label="Providers"
        rows={shown}
        rowKey={(provider) => provider.name}
        nameOf={(provider) => provider.name}
        to={(provider) => address("providers", provider.name)}
        first={{
          title: "Provider",
          width: "196px",
          name: (provider) => provider.name,
          beside: (provider) => provider.local && <Badge>local</Badge>,
        }}
        columns={[
          { key: "status", title: "Status", cell: (provider) => <Status provider={provider} /> },
          {
            key: "address",
            title: "Address",
            width: "20%",
            isExtra: true,
            cell: (provider) => (
              <Tooltip text={provider.address}>
                <span className="mono">{provider.address.replace(/^https?:\/\//, "")}</span>
              </Tooltip>
            ),
          },
          { key: "key", title: "Key", width: "22%", cell: (provider) => keyWords(provider) },
          {
            key: "models",
            title: "Models",
            width: "72px",
            isNumber: true,
            cell: (provider) => <Models provider={provider} />,
          },
          {
            key: "today",
            title: "Cost today",
            width: "92px",
            isNumber: true,
            cell: ({ name }) =>
              today && <Money usd={today.has(name) ? today.get(name)?.cost_usd : 0} decimals={decimals} />,
          },
        ]}
        menu={(provider) => [
          { verb: "Test", run: () => navigate(`${address("providers", provider.name)}?test`) },
          { verb: "Set key", run: () => setDoing({ what: "key", provider }) },
          {
            verb: provider.enabled ? "Disable" : "Enable",
            run: () => attempt(setEnabled(provider, !provider.enabled)),
          },
          { verb: "Delete", danger: true, run: () => setDoing({ what: "delete", provider }) },
        ]}
      />
      <div className={styles.providerBelow}>
        {shown.length === 0 ? (
          <p className="quiet">No provider matches “{filter.trim()}”.</p>
        ) : (
          all.length > 1 && <p className="meta">A model requested without its provider is looked up in this order.</p>
        )}
      </div>
      {doing?.what === "key" && <SetKey provider={doing.provider} onClose={close} />}
      {doing?.what === "delete" && <DeleteProvider provider={doing.provider} onClose={close} />}
    </>
  );
}

function Models({ provider }: { provider: ProviderView }) {
  if (provider.listed_models === 0 && provider.list_age_seconds === null) return <span className="quiet">unknown</span>;
  return count(provider.listed_models);
}

function fits(provider: ProviderView, filter: string): boolean {
  const text = `${provider.name} ${provider.title} ${provider.address} ${provider.local ? "local" : ""}`;
  return holdsWords(text, filter);
}
