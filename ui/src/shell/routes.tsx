/**
 * All pages, one entry each. To add one: write `src/pages/<name>/<Name>Page.tsx` with a default export that takes the
 * parameters of its path, and add its entry here. Entries with a `nav` stand in the sidebar, in this order, and in the
 * palette; the first of them is what `/ui/` shows. `load` keeps a page's code out of the first script.
 */

import {
  Activity,
  Boxes,
  ChartColumn,
  House,
  KeyRound,
  MessageSquare,
  Plug,
  Route as RouteIcon,
  Settings,
} from "lucide-react";
import { type ComponentType, type LazyExoticComponent, lazy } from "react";
import type { ServerStatusView } from "../api/generated";
import { providersInTrouble } from "../pages/providers/attention";
import { match, type Params } from "../state/match";
import type { Path, PlainPath } from "../state/paths";
import { loadPatiently } from "./loading";

export interface Attention {
  count: number;
  /** What it is that needs attention, read aloud and shown on hover. */
  words: string;
}

interface Nav {
  title: string;
  icon: ComponentType<{ "aria-hidden"?: boolean }>;
  /** The letter after `g` that goes there. */
  key: string;
  attention?: (status: ServerStatusView) => Attention | null;
}

export interface Page {
  path: Path;
  title: string;
  view: LazyExoticComponent<ComponentType<{ params: Params }>>;
  load: Loaded;
  nav?: Nav;
}

type Loaded = () => Promise<{ default: ComponentType<{ params: Params }> }>;

function page(path: Path, title: string, load: Loaded, nav?: Omit<Nav, "title">): Page {
  return { path, title, view: lazy(() => loadPatiently(load)), load, ...(nav && { nav: { ...nav, title } }) };
}

export const PAGES: readonly Page[] = [
  page("home", "Home", () => import("../pages/home/HomePage"), { icon: House, key: "h" }),
  page("routing", "Routing", () => import("../pages/routing/RoutingPage"), { icon: RouteIcon, key: "r" }),
  page("routing/:id/:tab?", "Strategy", () => import("../pages/routing/StrategyPage")),
  page("clients", "Clients", () => import("../pages/clients/ClientsPage"), { icon: KeyRound, key: "c" }),
  page("clients/:id/:tab?", "Client", () => import("../pages/clients/ClientPage")),
  page("providers", "Providers", () => import("../pages/providers/ProvidersPage"), {
    icon: Plug,
    key: "p",
    attention: providersInTrouble,
  }),
  page("providers/:name/:tab?", "Provider", () => import("../pages/providers/ProviderPage")),
  page("models", "Models", () => import("../pages/models/ModelsPage"), { icon: Boxes, key: "m" }),
  page("models/:id", "Model", () => import("../pages/models/ModelPage")),
  page("spend", "Spend", () => import("../pages/spend/SpendPage"), { icon: ChartColumn, key: "d" }),
  page("monitor", "Monitor", () => import("../pages/monitor/MonitorPage"), { icon: Activity, key: "o" }),
  page("try", "Try it", () => import("../pages/try/TryPage"), { icon: MessageSquare, key: "t" }),
  page("settings", "Settings", () => import("../pages/settings/SettingsPage"), { icon: Settings, key: "s" }),
  page("settings/:tab", "Settings", () => import("../pages/settings/SettingsPage")),
];

export const NAV = PAGES.flatMap(({ path, nav }) => (nav ? [{ path: path as PlainPath, ...nav }] : []));

export function findPage(path: string): { page: Page; params: Params } | null {
  const wanted = path || (NAV[0]?.path ?? "");
  for (const candidate of PAGES) {
    const params = match(candidate.path, wanted);
    if (params) return { page: candidate, params };
  }
  return null;
}
