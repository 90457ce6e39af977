import { expect, test } from "vitest";
import { asRefusal } from "./refusal";
import { type Piece, pieceReader } from "./stream";

const chunk = (delta: object) => `data: ${JSON.stringify({ choices: [{ delta }] })}\n\n`;
const stream =
  chunk({ role: "assistant", content: "" }) +
  chunk({ reasoning_content: "Hm." }) +
  ": ping\n\n" +
  "data: {broken\n\n" +
  chunk({ content: "Blue, " }) +
  chunk({ content: "<img src=x onerror=alert(1)>" }) +
  'data: {"choices":[],"usage":{"prompt_tokens":1}}\n\n' +
  "data: [DONE]\n\n";

const told = (pieces: readonly Piece[]) => ({
  text: pieces.flatMap((piece) => (piece.kind === "text" ? [piece.text] : [])).join(""),
  reasoning: pieces.flatMap((piece) => (piece.kind === "reasoning" ? [piece.text] : [])).join(""),
  ends: pieces.filter((piece) => piece.kind === "end").length,
});

test("a stream reads the same however it is split, with either kind of line ends", () => {
  for (const source of [stream, stream.replaceAll("\n", "\r\n")]) {
    for (let at = 0; at <= source.length; at += 1) {
      const read = pieceReader();
      const pieces = [...read(source.slice(0, at)), ...read(source.slice(at))];
      expect(told(pieces)).toEqual({ text: "Blue, <img src=x onerror=alert(1)>", reasoning: "Hm.", ends: 1 });
    }
  }
});

test("an error inside the stream is told with what the router says of it", () => {
  const error = {
    error: {
      message: "openai/gpt-4o-mini: The connection broke.",
      code: "provider_unreachable",
      localrouter: {
        request_id: "req_1",
        attempts: [{ provider: "openai", model: "gpt-4o-mini", kind: "unreachable" }],
      },
    },
  };
  const [piece] = pieceReader()(`data: ${JSON.stringify(error)}\n\n`);
  expect(piece).toMatchObject({ kind: "refusal", refusal: { code: "provider_unreachable", requestId: "req_1" } });
});

test.each([null, 7, {}, { error: "no" }, { error: {} }])("%o is no refusal", (body) =>
  expect(asRefusal(body)).toBeNull(),
);
