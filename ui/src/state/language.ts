/**
 * A system without a language (`LANG=C`) makes WebKit say that the user's is "C", which is no language to `Intl`: the
 * chart library would fail as soon as it is loaded. It is told English then. To be imported before anything else.
 */
export function isLanguage(tag: string): boolean {
  try {
    return Intl.getCanonicalLocales(tag).length > 0;
  } catch {
    return false;
  }
}

if (typeof navigator !== "undefined" && !isLanguage(navigator.language)) {
  Object.defineProperty(navigator, "language", { value: "en", configurable: true });
  Object.defineProperty(navigator, "languages", { value: ["en"], configurable: true });
}
