/** Places inside pages that the palette goes to at once. */

import { address } from "../../state/match";
import { navigate } from "../../state/router";

export const JUMPS = [
  {
    id: "failed-requests",
    title: "Failed requests",
    hint: "monitor",
    run: () => navigate(`${address("monitor")}?outcome=failed`),
  },
  {
    id: "denied-requests",
    title: "Denied requests",
    hint: "monitor",
    run: () => navigate(`${address("monitor")}?outcome=denied`),
  },
  { id: "try", title: "Chat as a client", hint: "try it", run: () => navigate(address("try")) },
  {
    id: "restore",
    title: "Restore an earlier revision",
    hint: "undo, history",
    run: () => navigate(address("settings", "revisions")),
  },
  {
    id: "export",
    title: "Export or import the configuration",
    hint: "backup",
    run: () => navigate(address("settings", "transfer")),
  },
  {
    id: "diagnostics",
    title: "Diagnostics",
    hint: "version, report",
    run: () => navigate(address("settings", "diagnostics")),
  },
];
