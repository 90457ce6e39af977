/** Where the user is: a small router on the history of the browser, and links that use it. */

import { type AnchorHTMLAttributes, type MouseEvent, type Ref, useSyncExternalStore } from "react";

const listeners = new Set<() => void>();

function announce(): void {
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  addEventListener("popstate", listener);
  return () => {
    listeners.delete(listener);
    removeEventListener("popstate", listener);
  };
}

export function navigate(to: string, { replace = false } = {}): void {
  if (to === location.pathname + location.search) return;
  if (replace) history.replaceState(null, "", to);
  else history.pushState(null, "", to);
  announce();
}

export function usePathname(): string {
  return useSyncExternalStore(subscribe, () => location.pathname);
}

/** One parameter of the address's query, such as the `create` of `/ui/routing?create`. */
export function useSearch(name: string): string | null {
  return useSyncExternalStore(subscribe, () => new URLSearchParams(location.search).get(name));
}

type LinkProps = AnchorHTMLAttributes<HTMLAnchorElement> & { to: string; ref?: Ref<HTMLAnchorElement> };

export function Link({ to, onClick, ...rest }: LinkProps) {
  const follow = (event: MouseEvent<HTMLAnchorElement>) => {
    onClick?.(event);
    if (event.defaultPrevented || event.button !== 0 || event.altKey) return;
    event.preventDefault();
    if (event.metaKey || event.ctrlKey || event.shiftKey) openTab(to);
    else navigate(to);
  };
  const followInTab = (event: MouseEvent<HTMLAnchorElement>) => {
    if (event.button !== 1) return;
    event.preventDefault();
    openTab(to);
  };
  return <a href={to} onClick={follow} onAuxClick={followInTab} {...rest} />;
}

/** A tab that a page opens gets a copy of its session; one that the browser opens by itself gets none. */
function openTab(to: string): void {
  window.open(to, "_blank");
}
