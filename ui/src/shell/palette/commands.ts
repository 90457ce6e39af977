/** What the palette offers: every page, every strategy, and what can be done from anywhere. */

import { useCommand } from "../../api/queries";
import { copyText } from "../../parts/controls/Copy";
import { announce } from "../../state/announcer";
import { useServerStatus } from "../../state/connection";
import { address } from "../../state/match";
import { navigate } from "../../state/router";
import { chooseTheme } from "../../theme/theme";
import { NAV } from "../routes";
import { JUMPS } from "./jumps";

export interface PaletteCommand {
  id: string;
  title: string;
  hint: string;
  run: () => void;
}

/** To add commands of a page: extend the list that fits, `actions` for verbs, one like `strategies` for things. */
export function useCommands(): { commands: PaletteCommand[]; hasLoaded: boolean } {
  const { data: strategies = [], isLoading: awaitsStrategies } = useCommand("list_strategies", {});
  const { data: clients = [], isLoading: awaitsClients } = useCommand("list_clients", {});
  const { data: providers = [], isLoading: awaitsProviders } = useCommand("list_providers", {});
  const { data: status } = useServerStatus();
  const pages = NAV.map((entry) => ({
    id: `page:${entry.path}`,
    title: entry.title,
    hint: `g ${entry.key}`,
    run: () => navigate(address(...entry.path.split("/"))),
  }));
  const url = status?.url;
  const copy = url && {
    id: "copy-address",
    title: "Copy the address for programs",
    hint: `${url}/v1`,
    run: () => void copyText(`${url}/v1`).then(() => announce("Copied the address")),
  };
  const actions = [
    { id: "create-strategy", title: "Create strategy", hint: "", run: () => navigate(`${address("routing")}?create`) },
    { id: "create-client", title: "Create client", hint: "", run: () => navigate(`${address("clients")}?create`) },
    { id: "add-provider", title: "Add provider", hint: "", run: () => navigate(`${address("providers")}?add`) },
    ...(copy ? [copy] : []),
    ...JUMPS,
    { id: "light", title: "Light colours", hint: "theme", run: () => chooseTheme("light") },
    { id: "dark", title: "Dark colours", hint: "theme", run: () => chooseTheme("dark") },
    { id: "system", title: "Colours of the system", hint: "theme", run: () => chooseTheme("system") },
  ];
  const things = strategies.map((strategy) => ({
    id: `strategy:${strategy.id}`,
    title: strategy.name,
    hint: "strategy",
    run: () => navigate(address("routing", strategy.id)),
  }));
  const programs = clients.map((client) => ({
    id: `client:${client.id}`,
    title: client.name,
    hint: "client",
    run: () => navigate(address("clients", client.id)),
  }));
  const accounts = providers.map((provider) => ({
    id: `provider:${provider.name}`,
    title: provider.name,
    hint: "provider",
    run: () => navigate(address("providers", provider.name)),
  }));
  return {
    commands: [...pages, ...actions, ...things, ...programs, ...accounts],
    hasLoaded: !awaitsStrategies && !awaitsClients && !awaitsProviders,
  };
}
