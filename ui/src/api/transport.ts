/** Carries commands: `POST /rpc` with the session's token. The only place that knows JSON-RPC. */

import { noteAnswer, noteSilence } from "./connection";
import { NoAccess, NotConnected, RpcError } from "./errors";
import { type Call, createRpc } from "./generated";
import { forgetSession, token } from "./session";

interface Answer {
  result?: unknown;
  error?: { code: number; message: string; data?: Record<string, unknown> };
}

let lastId = 0;
const whenRefused = new Set<() => void>();

/** Called whenever the router does not know the token. */
export function onNoAccess(listener: () => void): () => void {
  whenRefused.add(listener);
  return () => whenRefused.delete(listener);
}

export function authorization(): Record<string, string> {
  return { authorization: `Bearer ${token() ?? ""}` };
}

export function refuseAccess(): void {
  forgetSession();
  for (const listener of whenRefused) listener();
}

export const call: Call = async (method, params) => {
  lastId += 1;
  const body = JSON.stringify({ jsonrpc: "2.0", id: lastId, method, params });
  const answer = await post(body);
  if (answer.error) throw new RpcError(answer.error.code, answer.error.message, answer.error.data);
  return answer.result;
};

async function post(body: string): Promise<Answer> {
  const headers = { "content-type": "application/json", ...authorization() };
  let response: Response;
  try {
    response = await fetch("/rpc", { method: "POST", headers, body });
  } catch {
    noteSilence();
    throw new NotConnected();
  }
  noteAnswer();
  if (response.status === 401) {
    refuseAccess();
    throw new NoAccess();
  }
  if (!response.ok) throw new NotConnected();
  return (await response.json()) as Answer;
}

export const rpc = createRpc(call);
