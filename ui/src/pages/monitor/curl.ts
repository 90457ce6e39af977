/** A recorded request as a command for a terminal. Pure. */

import type { RequestView } from "../../api/generated";

/** Bodies are never stored: the command sends the file `body.json`. The key is read from the environment. */
export function curlOf(request: Pick<RequestView, "endpoint" | "model_asked">, url: string): string {
  const path = request.endpoint.replace("{model}", request.model_asked);
  return [
    `curl '${`${url}/v1/${path}`.replaceAll("'", "'\\''")}' \\`,
    '  -H "Authorization: Bearer $LOCALROUTER_KEY" \\',
    "  -H 'Content-Type: application/json' \\",
    "  -d @body.json",
  ].join("\n");
}
