/** Sends a chat request as a client, with the session's token, and tells of the answer as it arrives. */

import { NotConnected, sentence } from "../../api/errors";
import { authorization } from "../../api/transport";
import { asRefusal, plainRefusal, type Refusal } from "./refusal";
import { pieceReader } from "./stream";

export interface Message {
  role: "user" | "assistant";
  content: string;
}

/** What the answer's headers say of its route. */
export interface Answered {
  requestId: string | null;
  model: string | null;
  attempts: number | null;
  overheadMs: number | null;
  warnings: string | null;
}

interface Asked {
  clientId: string;
  model: string;
  messages: readonly Message[];
  signal: AbortSignal;
  onHead: (head: Answered) => void;
  onText: (text: string) => void;
  onReasoning: (text: string) => void;
}

const CUT = "The answer broke off because the connection to LocalRouter ended.";

export function actingAs(clientId: string): Record<string, string> {
  return { ...authorization(), "x-localrouter-client": clientId };
}

/** What the router refused it with, or null where it was answered to the end. Throws only where it was aborted. */
export async function ask({ clientId, model, messages, signal, ...on }: Asked): Promise<Refusal | null> {
  const body = JSON.stringify({ model, messages, stream: true });
  let response: Response;
  try {
    const headers = { "content-type": "application/json", ...actingAs(clientId) };
    response = await fetch("/v1/chat/completions", { method: "POST", headers, body, signal });
  } catch (error) {
    if (signal.aborted) throw error;
    return plainRefusal(sentence(new NotConnected()));
  }
  on.onHead(headOf(response.headers));
  if (!response.ok || !response.body) return refusalOf(response);
  return read(response.body, signal, on);
}

async function read(
  body: ReadableStream<Uint8Array<ArrayBuffer>>,
  signal: AbortSignal,
  { onText, onReasoning }: Pick<Asked, "onText" | "onReasoning">,
): Promise<Refusal | null> {
  const pieces = pieceReader();
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  try {
    for (let part = await reader.read(); !part.done; part = await reader.read()) {
      for (const piece of pieces(part.value)) {
        if (piece.kind === "refusal") return piece.refusal;
        if (piece.kind === "end") return null;
        if (piece.kind === "text") onText(piece.text);
        else onReasoning(piece.text);
      }
    }
  } catch (error) {
    if (signal.aborted) throw error;
  }
  return plainRefusal(CUT);
}

async function refusalOf(response: Response): Promise<Refusal> {
  const text = await response.text();
  try {
    const refusal = asRefusal(JSON.parse(text));
    if (refusal) return refusal;
  } catch {
    // Not the router's own answer; its status is all there is to tell.
  }
  return plainRefusal(`LocalRouter answered with status ${response.status}.`);
}

function headOf(headers: Headers): Answered {
  return {
    requestId: headers.get("x-request-id"),
    model: decoded(headers.get("x-localrouter-model")),
    attempts: numberOf(headers.get("x-localrouter-attempts")),
    overheadMs: numberOf(headers.get("x-localrouter-overhead-ms")),
    warnings: decoded(headers.get("x-localrouter-warnings")),
  };
}

/** Header values hold what is not ASCII, and the percent sign, percent-encoded. One that was cut stays as it came. */
export function decoded(value: string | null): string | null {
  try {
    return value === null ? null : decodeURIComponent(value);
  } catch {
    return value;
  }
}

function numberOf(value: string | null): number | null {
  const number = value === null ? Number.NaN : Number(value);
  return Number.isFinite(number) ? number : null;
}
