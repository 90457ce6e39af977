/** What to paste where, with the values of one client. Pure. */

import type { ModelView, PresetView, ProgramView, StrategyView } from "../api/generated";
import { canChat } from "./offers";

export const AUTO = "localrouter/auto";
export const KEY_PLACEHOLDER = "YOUR_KEY";

export interface Values {
  /** With /v1 at its end. */
  address: string;
  key: string;
  model: string;
}

export interface Snippet {
  /** Where it goes, in a sentence. */
  into: string;
  text: string;
}

export interface Program {
  key: string;
  title: string;
  snippets: readonly Snippet[];
  /** What one has to know besides. */
  note?: string;
}

/** `launched` are those that the router can start itself. */
export function programs({ address, key, model }: Values, launched: readonly ProgramView[] = []): readonly Program[] {
  const body = JSON.stringify({ model, messages: [{ role: "user", content: "Hello" }] });
  return [
    {
      key: "curl",
      title: "curl",
      snippets: [
        {
          into: "In a terminal.",
          text: [
            `curl ${shell(`${address}/chat/completions`)} \\`,
            `  -H ${shell(`Authorization: Bearer ${key}`)} \\`,
            "  -H 'Content-Type: application/json' \\",
            `  -d ${shell(body)}`,
          ].join("\n"),
        },
      ],
    },
    {
      key: "python",
      title: "Python",
      snippets: [{ into: "pip install openai", text: python({ address, key, model }) }],
    },
    { key: "node", title: "Node", snippets: [{ into: "npm install openai", text: node({ address, key, model }) }] },
    {
      key: "environment",
      title: "Environment",
      snippets: [
        {
          into: "In a shell, before the program starts.",
          text: `export OPENAI_BASE_URL=${shell(address)}\nexport OPENAI_API_KEY=${shell(key)}`,
        },
        {
          into: "In PowerShell.",
          text: `$env:OPENAI_BASE_URL = ${powershell(address)}\n$env:OPENAI_API_KEY = ${powershell(key)}`,
        },
      ],
      note: `OpenAI's own libraries and many programs read these. The model is then ${model}.`,
    },
    {
      key: "continue",
      title: "Continue",
      snippets: [{ into: "In ~/.continue/config.yaml.", text: continueConfig({ address, key, model }) }],
    },
    ...launched.map((program) => startedProgram(program, key)),
    {
      key: "open-webui",
      title: "Open WebUI",
      snippets: [
        {
          into: "Where it starts.",
          text: [
            `export OPENAI_API_BASE_URL=${shell(address)}`,
            `export OPENAI_API_KEY=${shell(key)}`,
            "open-webui serve",
          ].join("\n"),
        },
      ],
      note: "Or under Admin Panel, Settings, Connections. In a container 127.0.0.1 is the container itself: on Linux run it with --network=host.",
    },
    {
      key: "langchain",
      title: "LangChain",
      snippets: [{ into: "pip install langchain-openai", text: langchain({ address, key, model }) }],
    },
    {
      key: "cursor",
      title: "Cursor",
      snippets: [
        { into: "Settings, Models, API Keys: Override OpenAI Base URL.", text: address },
        { into: "OpenAI API Key, in the same place.", text: key },
        { into: "Add a custom model of this name.", text: model },
      ],
      note: "Cursor's own servers call the address, not your computer. A local address answers them only through a tunnel that you set up.",
    },
    {
      key: "other",
      title: "Any other",
      snippets: [
        { into: "Base URL, API base, endpoint or host.", text: address },
        { into: "API key or token.", text: key },
        { into: "Model.", text: model },
      ],
      note: "Choose “OpenAI-compatible” where a program asks for the kind of provider.",
    },
  ];
}

function startedProgram(program: ProgramView, key: string): Program {
  const words = program.words.map(shell).join(" ");
  const variables = program.environment.map(
    ({ name, value }) => `export ${name}=${shell(value.replaceAll(KEY_PLACEHOLDER, key))}`,
  );
  const launch = {
    into: "In a terminal: with a client of its own, and none of its files changed.",
    text: program.launch,
  };
  const byHand = { into: "Or by hand, as this client.", text: [...variables, words].join("\n") };
  return {
    key: program.name,
    title: program.title,
    snippets: words ? [launch, byHand] : [launch],
    note: [`It is installed with: ${program.install}.`, program.note].filter(Boolean).join(" "),
  };
}

/** The model that a first request best asks for: auto-routing where it is on, else a starter, else any that may be used. */
export function modelFor(
  strategy: StrategyView | undefined,
  models: readonly ModelView[],
  presets: readonly PresetView[],
): string {
  if (strategy?.auto_config?.enabled) return AUTO;
  const usable = models.filter((model) => model.enabled && (!strategy || isAllowed(strategy, model)));
  const starters = new Set(presets.map((preset) => preset.starter_model));
  const chatty = usable.filter((model) => canChat(model.name));
  const found = usable.find((model) => starters.has(model.name)) ?? chatty[0] ?? usable[0];
  return found?.id ?? "provider/model";
}

function isAllowed({ allowed_models: allowed }: StrategyView, model: ModelView): boolean {
  if (allowed.selected_all) return true;
  const isSame = (provider: string) => provider.toLowerCase() === model.provider.toLowerCase();
  if (allowed.selected_providers.some(isSame)) return true;
  return allowed.selected_models.some(([provider, name]) => isSame(provider) && name === model.name);
}

function python({ address, key, model }: Values): string {
  return [
    "from openai import OpenAI",
    "",
    `client = OpenAI(base_url=${quoted(address)}, api_key=${quoted(key)})`,
    "answer = client.chat.completions.create(",
    `    model=${quoted(model)},`,
    '    messages=[{"role": "user", "content": "Hello"}],',
    ")",
    "print(answer.choices[0].message.content)",
  ].join("\n");
}

function node({ address, key, model }: Values): string {
  return [
    'import OpenAI from "openai";',
    "",
    `const client = new OpenAI({ baseURL: ${quoted(address)}, apiKey: ${quoted(key)} });`,
    "const answer = await client.chat.completions.create({",
    `  model: ${quoted(model)},`,
    '  messages: [{ role: "user", content: "Hello" }],',
    "});",
    "console.log(answer.choices[0].message.content);",
  ].join("\n");
}

function langchain({ address, key, model }: Values): string {
  return [
    "from langchain_openai import ChatOpenAI",
    "",
    "model = ChatOpenAI(",
    `    base_url=${quoted(address)},`,
    `    api_key=${quoted(key)},`,
    `    model=${quoted(model)},`,
    ")",
    'print(model.invoke("Hello").content)',
  ].join("\n");
}

function continueConfig({ address, key, model }: Values): string {
  return [
    "name: LocalRouter",
    "version: 1.0.0",
    "schema: v1",
    "models:",
    "  - name: LocalRouter",
    "    provider: openai",
    `    model: ${quoted(model)}`,
    `    apiBase: ${quoted(address)}`,
    `    apiKey: ${quoted(key)}`,
    "    roles: [chat, edit, apply]",
  ].join("\n");
}

/** A string as Python, JavaScript and YAML all read it. */
function quoted(text: string): string {
  return JSON.stringify(text);
}

function shell(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}

function powershell(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
