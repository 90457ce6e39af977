/** Which colours are shown: the system's choice unless the user chose, kept from visit to visit. */

export type Theme = "system" | "light" | "dark";

const KEY = "localrouter.theme";

export function chosenTheme(): Theme {
  const kept = localStorage.getItem(KEY);
  return kept === "light" || kept === "dark" ? kept : "system";
}

export function chooseTheme(theme: Theme): void {
  if (theme === "system") localStorage.removeItem(KEY);
  else localStorage.setItem(KEY, theme);
  showTheme();
}

/** Puts the chosen colours on the page; charts redraw when they hear of it. */
export function showTheme(): void {
  const dark = matchMedia("(prefers-color-scheme: dark)").matches;
  const theme = chosenTheme();
  document.documentElement.dataset.theme = theme === "system" ? (dark ? "dark" : "light") : theme;
  dispatchEvent(new Event("themechange"));
}

export function followSystemTheme(): void {
  showTheme();
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", showTheme);
}
