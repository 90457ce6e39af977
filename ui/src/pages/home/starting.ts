/** How an empty home gets its first client: what is chosen, and the steps from there to a key. */

import { sentence } from "../../api/errors";
import type { LocalServer, ModelView, PresetView, ProviderView, Rpc } from "../../api/generated";
import { plural } from "../../parts/words/format";
import { freeName } from "../../parts/words/names";
import type { Offer } from "../../setup/FoundHere";
import { canChat } from "../../setup/offers";

export const FIRST_CLIENT = "My first app";
export const FIRST_RUN_PLACE = "first-run";

export interface Step {
  says: string;
  state: "running" | "done" | "failed";
}

export type Progress =
  | { at: "choosing" }
  | { at: "starting"; steps: readonly Step[] }
  | { at: "stopped"; steps: readonly Step[]; problem: string }
  | {
      at: "waiting";
      clientId: string;
      clientName: string;
      key: string;
      order: readonly string[];
      problem: string | null;
    };

type Named = Pick<ProviderView, "name" | "preset" | "local" | "enabled">;

/** Per provider its preset's starter model where its list names it, else the first that can chat; cloud before local. */
export function firstOrder(
  providers: readonly Named[],
  models: readonly Pick<ModelView, "provider" | "name">[],
  presets: readonly Pick<PresetView, "name" | "starter_model">[],
): [string, string][] {
  const enabled = providers.filter((provider) => provider.enabled);
  const ordered = [...enabled.filter(({ local }) => !local), ...enabled.filter(({ local }) => local)];
  return ordered.flatMap(({ name, preset }): [string, string][] => {
    const listed = models.filter((model) => model.provider === name).map((model) => model.name);
    const starter = presets.find((other) => other.name === preset)?.starter_model;
    const found = listed.find((model) => model === starter) ?? listed.find(canChat);
    return found === undefined ? [] : [[name, found]];
  });
}

/** How a local server gets a model: what to do, and the command where there is one. */
export function modelAdvice(preset: string): { says: string; command?: string } {
  switch (preset) {
    case "ollama":
      return {
        says: "Get one in a terminal; this page notices it.",
        command: "ollama pull llama3.2",
      };
    case "lmstudio":
      return { says: "Download one in LM Studio, under Discover; this page notices it." };
    case "jan":
      return { says: "Download one in Jan, under Hub; this page notices it." };
    case "llamacpp":
      return {
        says: "Start it with one.",
        command: "llama-server -hf ggml-org/gemma-3-4b-it-GGUF",
      };
    default:
      return { says: "Start it with one; this page notices it." };
  }
}

export function hasModels(offer: Offer, servers: readonly LocalServer[]): boolean {
  if (!offer.isLocal) return true;
  return servers.some((server) => `server:${server.base_url}` === offer.key && server.models.length > 0);
}

interface Start {
  rpc: Rpc;
  offers: readonly Offer[];
  /** Told of each step as it begins and ends. */
  onSteps: (steps: readonly Step[]) => void;
  isCancelled: () => boolean;
}

/** Adds what was chosen, asks for models, creates the client with its order. Can be called again after it stopped. */
export async function start({ rpc, offers, onSteps, isCancelled }: Start): Promise<Progress> {
  const log = stepLog(onSteps);
  const stopped = (problem: string): Progress => ({ at: "stopped", steps: log.steps(), problem });
  try {
    for (const offer of offers) {
      if (isCancelled()) return stopped(CANCELLED);
      await addProvider(rpc, offer, log);
    }
    await askAgain(rpc, log, isCancelled);
    const [providers, models, presets] = await Promise.all([
      rpc.listProviders(),
      rpc.listModels(),
      rpc.listProviderPresets(),
    ]);
    if (isCancelled()) return stopped(CANCELLED);
    const order = firstOrder(providers, models, presets);
    if (order.length === 0) return stopped(NO_MODEL);
    return await createFirstClient(rpc, order, log);
  } catch (error) {
    return stopped(sentence(error));
  }
}

const CANCELLED = "Cancelled. What was added by then stays, under Providers.";
const NO_MODEL =
  "No provider has a model that can be used, so there is nothing to route to yet. The page of each, under Providers, says what it needs; a local server needs a model.";

type Log = ReturnType<typeof stepLog>;

function stepLog(onSteps: (steps: readonly Step[]) => void) {
  let steps: readonly Step[] = [];
  const say = (next: readonly Step[]) => {
    steps = next;
    onSteps(next);
  };
  return {
    /** Providers whose models were asked for already. */
    asked: new Set<string>(),
    steps: () => steps,
    begin: (says: string) => say([...steps, { says, state: "running" }]),
    end: (says: string, state: Step["state"] = "done") => say([...steps.slice(0, -1), { says, state }]),
  };
}

async function addProvider(rpc: Rpc, offer: Offer, log: Log): Promise<void> {
  const existing = await rpc.listProviders();
  const { preset, base_url: baseUrl, secret } = offer.params;
  const same = existing.find(
    (other) =>
      other.preset === preset &&
      (baseUrl === undefined || other.base_url === baseUrl) &&
      (other.secret === secret || !secret),
  );
  const name =
    same?.name ??
    freeName(
      preset,
      existing.map((other) => other.name),
    );
  log.begin(`Adding ${offer.title}`);
  try {
    if (!same) await rpc.createProvider({ ...offer.params, name });
    else if (offer.params.key) await rpc.setProviderKey({ name, key: offer.params.key });
    log.end(`Asking ${offer.title} for its models`, "running");
    log.asked.add(name);
    const [list] = await rpc.refreshModels({ provider: name });
    if (list?.problem) log.end(`${offer.title}: ${list.problem}`, "failed");
    else log.end(`${offer.title} is added, with ${plural(list?.models ?? 0, "model")}`);
  } catch (error) {
    log.end(`${offer.title}: ${sentence(error)}`, "failed");
  }
}

/** Those that were there before and list nothing: what kept them from it may have passed. */
async function askAgain(rpc: Rpc, log: Log, isCancelled: () => boolean): Promise<void> {
  for (const { name, enabled, listed_models } of await rpc.listProviders()) {
    if (isCancelled() || !enabled || listed_models > 0 || log.asked.has(name)) continue;
    log.begin(`Asking ${name} for its models`);
    const [list] = await rpc.refreshModels({ provider: name });
    if (list?.problem) log.end(`${name}: ${list.problem}`, "failed");
    else log.end(`${name} has ${plural(list?.models ?? 0, "model")}`);
  }
}

async function createFirstClient(rpc: Rpc, order: [string, string][], log: Log): Promise<Progress> {
  log.begin(`Creating “${FIRST_CLIENT}”`);
  const taken = (await rpc.listClients()).map((client) => client.name);
  const { client, strategy, key } = await rpc.createClient({ name: freeName(FIRST_CLIENT, taken) });
  const made = { at: "waiting", clientId: client.id, clientName: client.name, key } as const;
  try {
    const auto_config = { enabled: true, prioritized_models: order };
    await rpc.updateStrategy({ strategy_id: strategy.id, auto_config });
    log.end(`“${client.name}” is created`);
    return { ...made, order: order.map(([provider, model]) => `${provider}/${model}`), problem: null };
  } catch (error) {
    return { ...made, order: [], problem: sentence(error) };
  }
}
