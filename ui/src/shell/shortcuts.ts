/** The keys that work on every page: the palette, `/` for the filter, `g` and a letter to go. */

import { useEffect } from "react";
import { address } from "../state/match";
import { navigate } from "../state/router";
import { NAV } from "./routes";

export const COMMAND_KEY = /Mac|iPhone|iPad/.test(navigator.userAgent) ? "⌘" : "Ctrl+";

const PATIENCE = 1_200;

export function useShortcuts(onPalette: () => void): void {
  useEffect(() => {
    let goingSince = 0;
    const onKeyDown = (event: KeyboardEvent) => {
      if ((event.metaKey || event.ctrlKey) && event.key.toLowerCase() === "k") {
        event.preventDefault();
        onPalette();
        return;
      }
      if (event.metaKey || event.ctrlKey || event.altKey || isTyping(event.target)) return;
      if (document.querySelector("[role=dialog], [role=menu]")) return;
      if (event.key === "/") {
        event.preventDefault();
        document.querySelector<HTMLInputElement>("input[data-filter]")?.focus();
        return;
      }
      const isGoing = Date.now() - goingSince < PATIENCE;
      goingSince = event.key === "g" ? Date.now() : 0;
      const target = isGoing ? NAV.find((entry) => entry.key === event.key) : undefined;
      if (target) navigate(address(target.path));
    };
    addEventListener("keydown", onKeyDown);
    return () => removeEventListener("keydown", onKeyDown);
  }, [onPalette]);
}

function isTyping(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  if (target.isContentEditable || target instanceof HTMLTextAreaElement || target instanceof HTMLSelectElement)
    return true;
  return target instanceof HTMLInputElement && !["checkbox", "radio", "button"].includes(target.type);
}
