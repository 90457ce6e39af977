import { expect, test } from "vitest";
import { isForChat } from "./chat";

test("what is known of a model comes before its name", () => {
  expect(isForChat({ name: "text-embedding-3-small", chats: true })).toBe(true);
  expect(isForChat({ name: "gpt-4o", chats: false })).toBe(false);
});

test("where nothing is known the name decides", () => {
  expect(isForChat({ name: "nomic-embed-text", chats: null })).toBe(false);
  expect(isForChat({ name: "llama3.2", chats: null })).toBe(true);
});
