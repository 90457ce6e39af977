/** What a home can be set up with: keys that are there already, models that chat. Pure. */

import type { PresetView, ProviderView } from "../api/generated";

export { canChat } from "../parts/words/chat";

/** Presets whose key is in the environment and that no provider uses yet. */
export function offeredKeys(presets: readonly PresetView[], providers: readonly ProviderView[]): PresetView[] {
  const used = new Set(providers.map((provider) => provider.preset));
  return presets.filter((preset) => preset.key_in_environment && !used.has(preset.name));
}
