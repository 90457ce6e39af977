/** What the palette offers: every page and thing, and what can be done from anywhere. */

import { useCommand } from "../../api/queries";
import { copyText } from "../../parts/controls/Copy";
import { announce } from "../../state/announcer";
import { useServerStatus } from "../../state/connection";
import { useLastChange } from "../../state/lastChange";
import { address } from "../../state/match";
import { navigate } from "../../state/router";
import { useNow } from "../../state/time";
import { chooseTheme } from "../../theme/theme";
import { NAV } from "../routes";
import { JUMPS } from "./jumps";
import {
  clientThings,
  limitThings,
  modelThings,
  namedRequest,
  providerThings,
  requestThings,
  strategyThings,
  type Thing,
} from "./things";

export interface PaletteCommand {
  id: string;
  title: string;
  hint: string;
  run: () => void;
}

interface Found {
  commands: readonly PaletteCommand[];
  /** Found by what it is, not by its words: stands before everything else. */
  named: readonly PaletteCommand[];
  hasLoaded: boolean;
}

const RECENT = 200;

export function useCommands(typed: string, onStop: () => void): Found {
  const { data: strategies = [], isLoading: awaitsStrategies } = useCommand("list_strategies", {});
  const { data: clients = [], isLoading: awaitsClients } = useCommand("list_clients", {});
  const { data: providers = [], isLoading: awaitsProviders } = useCommand("list_providers", {});
  const { data: models = [], isLoading: awaitsModels } = useCommand("list_models", {});
  const isRequest = /req/i.test(typed);
  const { data: requests } = useCommand("list_requests", { limit: RECENT }, { enabled: isRequest });
  const actions = useActions(onStop);
  const named = namedRequest(typed);
  const things = [
    ...strategyThings(strategies),
    ...clientThings(clients),
    ...providerThings(providers),
    ...limitThings(strategies),
    ...modelThings(models),
    ...(isRequest && named.length === 0 ? requestThings(requests?.items ?? []) : []),
  ];
  return {
    commands: [...PAGE_COMMANDS, ...actions, ...things.map(toCommand)],
    named: named.map(toCommand),
    hasLoaded: !awaitsStrategies && !awaitsClients && !awaitsProviders && !awaitsModels,
  };
}

const PAGE_COMMANDS = NAV.map((entry) => ({
  id: `page:${entry.path}`,
  title: entry.title,
  hint: `g ${entry.key}`,
  run: () => navigate(address(entry.path)),
}));

/** To add a command that works on every page, add it here. */
function useActions(onStop: () => void): PaletteCommand[] {
  const { data: status } = useServerStatus();
  const { last, undo } = useLastChange(useNow(60));
  const url = status?.url;
  return [
    { id: "create-strategy", title: "New strategy", hint: "create", run: to(`${address("routing")}?create`) },
    { id: "create-client", title: "New client", hint: "create", run: to(`${address("clients")}?create`) },
    { id: "add-provider", title: "Add provider", hint: "create", run: to(`${address("providers")}?add`) },
    ...(last ? [{ id: "undo", title: "Undo the last change", hint: last.summary, run: () => void undo() }] : []),
    ...(url
      ? [
          {
            id: "copy-address",
            title: "Copy the address for programs",
            hint: `${url}/v1`,
            run: () => void copyText(`${url}/v1`).then(() => announce("Copied the address")),
          },
        ]
      : []),
    ...JUMPS,
    { id: "light", title: "Light theme", hint: "colours", run: () => chooseTheme("light") },
    { id: "dark", title: "Dark theme", hint: "colours", run: () => chooseTheme("dark") },
    { id: "system", title: "Theme of the system", hint: "colours", run: () => chooseTheme("system") },
    { id: "stop", title: "Stop LocalRouter", hint: "quit, asks first", run: onStop },
  ];
}

function toCommand({ to: place, ...thing }: Thing): PaletteCommand {
  return { ...thing, run: to(place) };
}

function to(place: string): () => void {
  return () => navigate(place);
}
