import { expect, test } from "vitest";
import type { ServerStatusView } from "../../api/generated";
import { browserName, diagnosis } from "./diagnosis";

const status: ServerStatusView = {
  version: "0.1.0",
  home: "/home/ada/.localrouter",
  is_demo: false,
  command_line: "localrouter",
  url: "http://127.0.0.1:3625",
  network: [],
  pid: 42,
  started_at: null,
  revision: 7,
  clients: 1,
  strategies: 2,
  problems: [],
  reports: [],
  usage_lost: false,
  usage_loss: null,
  providers: [
    {
      name: "openai",
      title: "OpenAI",
      local: false,
      status: { state: "no_key", message: "It has no key.", advice: "Set one.", until: null },
    },
  ],
  cooling: [],
  near_limits: [],
  notice_at: [0.8, 1],
};

test("everything that is known stands in it, and what is not there is said to be none", () => {
  const text = diagnosis(status, [{ path: "server.port", message: "A remark.", severity: "note" }], "Firefox 140");
  expect(text).toContain("LocalRouter 0.1.0, http://127.0.0.1:3625\nprocess 42, running since unknown");
  expect(text).toContain("revision 7: 1 client, 2 strategies, 1 provider");
  expect(text).toContain("Providers\n  openai (OpenAI): no_key. It has no key. Set one.");
  expect(text).toContain("Cooling\n  none");
  expect(text).toContain("note: server.port: A remark.");
});

test("browsers are named", () => {
  expect(browserName("Mozilla/5.0 (X11) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36")).toBe(
    "Chrome or Chromium 140",
  );
  expect(browserName("Mozilla/5.0 Gecko/20100101 Firefox/140.0")).toBe("Firefox 140");
  expect(browserName("curl/8")).toBe("curl/8");
});
