/** The conversation of the page: it goes on while another page is shown, and ends with the browser's tab. */

import { useSyncExternalStore } from "react";
import type { RequestDetails } from "../../api/generated";
import { rpc } from "../../api/transport";
import { type Answered, ask, type Message } from "./ask";
import type { Refusal } from "./refusal";

export interface Turn {
  id: number;
  question: string;
  model: string;
  answer: string;
  reasoning: string;
  state: "running" | "done" | "stopped" | "failed";
  head: Answered | null;
  refusal: Refusal | null;
  /** What was recorded of it; null until it is. */
  record: RequestDetails | null;
}

let turns: readonly Turn[] = [];
let running: AbortController | null = null;
const listeners = new Set<() => void>();

export function useConversation(): readonly Turn[] {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => turns,
  );
}

export function stop(): void {
  running?.abort();
}

export function startAnew(): void {
  stop();
  show([]);
}

/** Asks with everything that was said before. */
export async function send(clientId: string, model: string, question: string): Promise<void> {
  stop();
  const messages = [...saidBefore(turns), { role: "user", content: question } as const];
  const id = (turns.at(-1)?.id ?? 0) + 1;
  const own = new AbortController();
  running = own;
  const fresh = {
    id,
    question,
    model,
    answer: "",
    reasoning: "",
    state: "running",
    head: null,
    refusal: null,
  } as const;
  show([...turns, { ...fresh, record: null }]);
  try {
    const refusal = await ask({
      clientId,
      model,
      messages,
      signal: own.signal,
      onHead: (head) => change(id, () => ({ head })),
      onText: (text) => change(id, (turn) => ({ answer: turn.answer + text })),
      onReasoning: (text) => change(id, (turn) => ({ reasoning: turn.reasoning + text })),
    });
    change(id, () => ({ state: refusal ? "failed" : "done", refusal }));
  } catch (error) {
    if (!own.signal.aborted) throw error;
    change(id, () => ({ state: "stopped" }));
  } finally {
    if (running === own) running = null;
  }
  await readRecord(id);
}

/** A turn that failed is not part of what the model is told. */
function saidBefore(all: readonly Turn[]): Message[] {
  return all
    .filter((turn) => turn.answer)
    .flatMap((turn): Message[] => [
      { role: "user", content: turn.question },
      { role: "assistant", content: turn.answer },
    ]);
}

/** Records are written a moment after the answer. */
async function readRecord(id: number): Promise<void> {
  const turn = turns.find((other) => other.id === id);
  const requestId = turn?.head?.requestId ?? turn?.refusal?.requestId;
  if (!requestId) return;
  for (const wait of [150, 300, 600, 1_200]) {
    await new Promise((resolve) => setTimeout(resolve, wait));
    try {
      const record = await rpc.getRequest({ request_id: requestId });
      change(id, () => ({ record }));
      return;
    } catch {
      // Not written yet, or never: a request that was refused before its route is not recorded.
    }
  }
}

function change(id: number, edit: (turn: Turn) => Partial<Turn>): void {
  show(turns.map((turn) => (turn.id === id ? { ...turn, ...edit(turn) } : turn)));
}

function show(next: readonly Turn[]): void {
  turns = next;
  for (const listener of listeners) listener();
}
