import { expect, test } from "vitest";
import type { Rpc } from "../../api/generated";
import type { Offer } from "../../setup/FoundHere";
import { firstOrder, type Step, start } from "./starting";

const presets = [
  { name: "openai", starter_model: "gpt-4o-mini" },
  { name: "ollama", starter_model: "llama3.2" },
];
const provider = (name: string, preset: string, local = false) => ({ name, preset, local, enabled: true });
const model = (id: string) => ({ provider: id.slice(0, id.indexOf("/")), name: id.slice(id.indexOf("/") + 1) });

test("cloud comes before local, each with the starter model that its list names", () => {
  const order = firstOrder(
    [provider("ollama", "ollama", true), provider("openai", "openai")],
    ["ollama/qwen3", "ollama/llama3.2", "openai/gpt-4o", "openai/gpt-4o-mini"].map(model),
    presets,
  );
  expect(order).toEqual([
    ["openai", "gpt-4o-mini"],
    ["ollama", "llama3.2"],
  ]);
});

test("without its starter the first model that chats is taken, and a provider without one is left out", () => {
  const order = firstOrder(
    [provider("ollama", "ollama", true), provider("lab", "openai-compatible"), provider("off", "openai")],
    ["ollama/nomic-embed-text", "ollama/qwen3", "lab/text-embedding-3"].map(model),
    presets,
  );
  expect(order).toEqual([["ollama", "qwen3"]]);
});

const offer: Offer = {
  key: "key:openai",
  title: "OpenAI",
  isLocal: false,
  what: "",
  preset: undefined,
  params: { preset: "openai", secret: "env:OPENAI_API_KEY" },
};

function router(models: readonly string[], problem: string | null = null) {
  const calls: string[] = [];
  const answers: Partial<Record<keyof Rpc, unknown>> = {
    listClients: [],
    listModels: models.map(model),
    listProviderPresets: presets,
    refreshModels: [{ provider: "openai", models: models.length, list_age_seconds: 0, problem }],
    createClient: { revision: 1, client: { id: "c", name: "My first app" }, strategy: { id: "s" }, key: "lr-1" },
  };
  const added: unknown[] = [];
  const rpc = new Proxy({} as Rpc, {
    get: (_, method: keyof Rpc) => async (params: unknown) => {
      calls.push(method);
      if (method === "createProvider")
        added.push({ ...provider("openai", "openai"), secret: offer.params.secret, listed_models: models.length });
      if (method === "updateStrategy") calls.push(JSON.stringify(params));
      return method === "listProviders" ? added : answers[method];
    },
  });
  return { rpc, calls };
}

test("what was chosen becomes a client whose auto-routing is on", async () => {
  const { rpc, calls } = router(["openai/gpt-4o-mini"]);
  const told: Step[][] = [];
  const end = await start({
    rpc,
    offers: [offer],
    onSteps: (steps) => told.push([...steps]),
    isCancelled: () => false,
  });
  expect(end).toMatchObject({ at: "waiting", key: "lr-1", order: ["openai/gpt-4o-mini"], problem: null });
  expect(calls).toContain(
    JSON.stringify({
      strategy_id: "s",
      auto_config: { enabled: true, prioritized_models: [["openai", "gpt-4o-mini"]] },
    }),
  );
  expect(told.at(-1)?.map((step) => step.state)).toEqual(["done", "done"]);
});

test("without any model no client is made, and the provider's own reason is told", async () => {
  const { rpc, calls } = router([], "The key is refused.");
  const end = await start({ rpc, offers: [offer], onSteps: () => {}, isCancelled: () => false });
  expect(end).toMatchObject({ at: "stopped", steps: [{ says: "OpenAI: The key is refused.", state: "failed" }] });
  expect(calls).not.toContain("createClient");
});

test("a second try adds no provider twice", async () => {
  const { rpc, calls } = router(["openai/gpt-4o-mini"]);
  const again = { rpc, offers: [offer], onSteps: () => {}, isCancelled: () => false };
  await start(again);
  await start(again);
  expect(calls.filter((call) => call === "createProvider")).toHaveLength(1);
});

test("providers that were there and list nothing are asked again", async () => {
  const { rpc, calls } = router([], "No answer.");
  await start({ rpc, offers: [offer], onSteps: () => {}, isCancelled: () => false });
  const end = await start({ rpc, offers: [], onSteps: () => {}, isCancelled: () => false });
  expect(end).toMatchObject({ at: "stopped", steps: [{ says: "openai: No answer.", state: "failed" }] });
  expect(calls.filter((call) => call === "refreshModels")).toHaveLength(2);
});

test("cancelling adds nothing more", async () => {
  const { rpc, calls } = router(["openai/gpt-4o-mini"]);
  const end = await start({ rpc, offers: [offer], onSteps: () => {}, isCancelled: () => true });
  expect(end.at).toBe("stopped");
  expect(calls).toEqual([]);
});
