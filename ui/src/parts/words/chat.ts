/** Which models are for chat. Pure. */

import type { ModelView } from "../../api/generated";

/** Lists rarely say what a model is for; the names of those that do not chat do. */
export function canChat(model: string): boolean {
  return !/embed|image|dall-e|tts|whisper|transcri|audio|realtime|rerank|moderation|bge-|minilm|\bocr\b/i.test(model);
}

/** What is known of a model decides; where nothing is, its name does. */
export function isForChat({ name, chats }: Pick<ModelView, "name" | "chats">): boolean {
  return chats ?? canChat(name);
}
