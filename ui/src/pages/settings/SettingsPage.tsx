import { sentence } from "../../api/errors";
import { useCommand } from "../../api/queries";
import { Tabs } from "../../parts/controls/Tabs";
import { Notice, Skeleton } from "../../parts/display/Bits";
import { Page } from "../../parts/display/Page";
import { useSaving } from "../../parts/forms/saving";
import { address, type Params } from "../../state/match";
import { Access } from "./Access";
import { Diagnostics } from "./Diagnostics";
import { General } from "./General";
import { Revisions } from "./Revisions";
import styles from "./settings.module.css";
import { Transfer } from "./Transfer";

const TABS = {
  general: "General",
  access: "Access",
  revisions: "Revisions",
  transfer: "Import and export",
  diagnostics: "Diagnostics",
} as const;

type TabKey = keyof typeof TABS;

/** How the router itself is set up, what it was before, and how it does. */
export default function SettingsPage({ params }: { params: Params }) {
  const tab = isTab(params.tab) ? params.tab : "general";
  const config = useCommand("get_config", {});
  const { word, through } = useSaving();
  return (
    <Page
      title="Settings"
      name={tab === "general" ? "Settings" : `Settings, ${TABS[tab].toLowerCase()}`}
      beside={word}
      tabs={
        <Tabs
          label="Settings"
          current={tab}
          tabs={Object.entries(TABS).map(([key, title]) => ({
            key,
            title,
            to: key === "general" ? address("settings") : address("settings", key),
          }))}
        />
      }
    >
      {config.data ? (
        <div className={styles.settings}>
          {tab === "general" && <General document={config.data.document} save={through} />}
          {tab === "access" && <Access />}
          {tab === "revisions" && <Revisions />}
          {tab === "transfer" && <Transfer document={config.data.document} />}
          {tab === "diagnostics" && <Diagnostics findings={config.data.findings} />}
        </div>
      ) : config.error ? (
        <Notice mood="bad">{sentence(config.error)}</Notice>
      ) : (
        <Skeleton />
      )}
    </Page>
  );
}

function isTab(tab: string | undefined): tab is TabKey {
  return tab !== undefined && Object.hasOwn(TABS, tab);
}
