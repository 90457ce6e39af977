/** Where the user is, and links that lead elsewhere. */

import type { AnchorHTMLAttributes, MouseEvent, Ref } from "react";
import { navigate as go, useLocationProperty } from "wouter/use-browser-location";
import { useGivenUp } from "./focus";

export { usePathname } from "wouter/use-browser-location";

/** To where the user is already leads nowhere. */
export function navigate(to: string, { replace = false } = {}): void {
  if (to !== location.pathname + location.search) go(to, { replace });
}

/** One parameter of the address's query, such as the `create` of `/ui/routing?create`. */
export function useSearch(name: string): string | null {
  return useLocationProperty(() => new URLSearchParams(location.search).get(name));
}

type LinkProps = Omit<AnchorHTMLAttributes<HTMLAnchorElement>, "href"> & { to: string; ref?: Ref<HTMLAnchorElement> };

/** A tab that a page opens gets a copy of its session; one that the browser opens by itself gets none. */
export function Link({ to, onClick, ...rest }: LinkProps) {
  useGivenUp();
  const follow = (event: MouseEvent<HTMLAnchorElement>) => {
    if (event.type === "click") onClick?.(event);
    if (event.defaultPrevented || event.altKey || event.button > 1) return;
    event.preventDefault();
    const isForTab = event.metaKey || event.ctrlKey || event.shiftKey || event.button === 1;
    if (isForTab) window.open(to, "_blank");
    else navigate(to);
  };
  return <a href={to} onClick={follow} onAuxClick={follow} {...rest} />;
}
