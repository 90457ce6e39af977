/**
 * Keeps the focus when what had it goes away or is disabled: a row that was deleted, a page that was left. The nearest
 * part around it that stays gets it, so that the Tab key goes on from there and screen readers are not lost. What can
 * take the focus says itself that it goes (`useGivenUp`); nothing watches the document.
 */

import { useEffect, useLayoutEffect, useState } from "react";

let last: Element | null = null;
let around: readonly Element[] = [];
let isDue = false;

/** Remembers what has the focus, for as long as the calling part is shown: once, by the window. */
export function useFocusMemory(): void {
  useEffect(() => {
    const onFocusIn = ({ target }: FocusEvent) => {
      if (!(target instanceof Element)) return;
      last = target;
      around = ancestors(target);
    };
    addEventListener("focusin", onFocusIn);
    return () => removeEventListener("focusin", onFocusIn);
  }, []);
}

/** For each part that can take the focus: gives it on when the part goes away or is disabled. */
export function useGivenUp(isDisabled = false): void {
  useLayoutEffect(() => {
    if (isDisabled) giveOn();
  }, [isDisabled]);
  useLayoutEffect(() => giveOn, []);
}

/** After what is being changed has changed. */
function giveOn(): void {
  if (isDue) return;
  isDue = true;
  queueMicrotask(() => {
    isDue = false;
    const isLost = last !== null && (!last.isConnected || last.matches(":disabled"));
    const isElsewhere = document.activeElement !== document.body && document.activeElement !== last;
    if (isLost && !isElsewhere) nearest(around)?.focus({ preventScroll: true });
  });
}

function nearest(elements: readonly Element[]): HTMLElement | undefined {
  const found = elements.find((each) => each.isConnected && each.matches("[tabindex]"));
  return found instanceof HTMLElement ? found : undefined;
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
  const [behind] = useState(() => (opener ? ancestors(opener) : []));
  return (event) => {
    event.preventDefault();
    if (opener?.isConnected) opener.focus();
    else nearest(behind)?.focus({ preventScroll: true });
  };
}

/** An item of a menu goes away with it; the button of the menu stays. */
function openerOfNow(): HTMLElement | null {
  const active = document.activeElement;
  const menu = active?.closest("[role=menu]");
  const found = menu ? document.getElementById(menu.getAttribute("aria-labelledby") ?? "") : active;
  return found instanceof HTMLElement && found !== document.body ? found : null;
}
