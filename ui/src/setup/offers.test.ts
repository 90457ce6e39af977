import { expect, test } from "vitest";
import { canChat } from "./offers";

test.each(["text-embedding-3-small", "whisper-1", "gpt-image-1", "omni-moderation-latest", "gpt-4o-transcribe"])(
  "%s does not chat",
  (name) => expect(canChat(name)).toBe(false),
);
