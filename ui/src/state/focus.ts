/**
 * Keeps the focus when what had it goes away or is disabled: a row that was deleted, a page that was left. The nearest
 * part around it that stays gets it, so that the Tab key goes on from there and screen readers are not lost.
 */

import { useEffect, useState } from "react";

export function useKeptFocus(): void {
  useEffect(() => {
    let last: Element | null = null;
    let around: Element[] = [];
    const onFocusIn = ({ target }: FocusEvent) => {
      if (!(target instanceof Element)) return;
      last = target;
      around = ancestors(target);
    };
    const onChange = () => {
      const isLost = last !== null && (!last.isConnected || last.matches(":disabled"));
      const isElsewhere = document.activeElement !== document.body && document.activeElement !== last;
      if (!isLost || isElsewhere) return;
      const part = around.find((each) => each.isConnected && each.matches("[tabindex]"));
      if (part instanceof HTMLElement) part.focus({ preventScroll: true });
    };
    const observer = new MutationObserver(onChange);
    observer.observe(document.body, { childList: true, subtree: true, attributeFilter: ["disabled"] });
    addEventListener("focusin", onFocusIn);
    return () => {
      observer.disconnect();
      removeEventListener("focusin", onFocusIn);
    };
  }, []);
}

/** From the nearest on. What floats has the page behind it. */
function ancestors(element: Element): Element[] {
  const found: Element[] = [];
  for (let at = element.parentElement; at; at = at.parentElement) found.push(at);
  const main = document.getElementById("main");
  return main && !found.includes(main) ? [...found, main] : found;
}

/** For the end of a dialog that opens as the calling part appears: what had the focus before gets it again. */
export function useReturnedFocus(): (event: Event) => void {
  const [opener] = useState(openerOfNow);
  return (event) => {
    event.preventDefault();
    opener?.focus();
  };
}

/** An item of a menu goes away with it; the button of the menu stays. */
function openerOfNow(): HTMLElement | null {
  const active = document.activeElement;
  const menu = active?.closest("[role=menu]");
  const found = menu ? document.getElementById(menu.getAttribute("aria-labelledby") ?? "") : active;
  return found instanceof HTMLElement && found !== document.body ? found : null;
}
