/** Turns an address below /ui/ into a page and its parameters, and back. Pure. */

import { parse } from "regexparam";
import { matchRoute } from "wouter";
import type { Path, Place } from "./paths";

export const BASE = "/ui/";

export type Params = Readonly<Record<string, string>>;

/** The path below /ui/ without slashes at its ends. */
export function pathIn(pathname: string): string {
  return (pathname.startsWith(BASE) ? pathname.slice(BASE.length) : "").replace(/^\/+|\/+$/g, "");
}

/** The parameters of `path` where it has the form of `pattern` (`routing/:id/:tab?`), else null. */
export function match(pattern: Path, path: string): Params | null {
  const [isMatch, found] = matchRoute<Readonly<Record<string, string>>, Path>(parse, pattern, `/${path}`);
  if (!isMatch) return null;
  const params: Record<string, string> = {};
  for (const name of parse(pattern).keys) {
    const value = found[name];
    if (value === undefined) continue;
    const plain = decoded(value);
    if (plain === null) return null;
    params[name] = plain;
  }
  return params;
}

/** The address of a page: `address("routing", id, "explain")`. */
export function address(...place: Place): string {
  const parts: readonly (string | undefined)[] = place;
  return BASE + parts.flatMap((part) => (part === undefined ? [] : [encodeURIComponent(part)])).join("/");
}

function decoded(value: string): string | null {
  try {
    return decodeURIComponent(value);
  } catch {
    return null;
  }
}
