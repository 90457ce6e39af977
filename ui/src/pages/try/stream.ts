/** Reads the events of a chat stream out of text that arrives in any pieces. Pure. */

import { createParser } from "eventsource-parser";
import { asRefusal, type Refusal } from "./refusal";

export type Piece =
  | { kind: "text"; text: string }
  | { kind: "reasoning"; text: string }
  | { kind: "refusal"; refusal: Refusal }
  | { kind: "end" };

/** Each call takes what arrived and returns what it completes. What is no JSON is passed over. */
export function pieceReader(): (arrived: string) => Piece[] {
  const found: Piece[] = [];
  const parser = createParser({ onEvent: ({ data }) => found.push(...piecesOf(data)) });
  return (arrived) => {
    parser.feed(arrived);
    return found.splice(0);
  };
}

function piecesOf(data: string): Piece[] {
  if (!data) return [];
  if (data === "[DONE]") return [{ kind: "end" }];
  let event: unknown;
  try {
    event = JSON.parse(data);
  } catch {
    return [];
  }
  const refusal = asRefusal(event);
  return refusal ? [{ kind: "refusal", refusal }] : deltaOf(event);
}

interface Chunk {
  choices?: { delta?: { content?: unknown; reasoning_content?: unknown; reasoning?: unknown } }[];
}

function deltaOf(event: unknown): Piece[] {
  const delta = (event as Chunk | null)?.choices?.[0]?.delta;
  if (!delta) return [];
  const pieces: Piece[] = [];
  const reasoning = delta.reasoning_content ?? delta.reasoning;
  if (typeof reasoning === "string" && reasoning) pieces.push({ kind: "reasoning", text: reasoning });
  if (typeof delta.content === "string" && delta.content) pieces.push({ kind: "text", text: delta.content });
  return pieces;
}
