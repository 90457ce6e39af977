/** Turns an address below /ui/ into a page and its parameters. Pure. */

export const BASE = "/ui/";

export type Params = Readonly<Record<string, string>>;

/** The path below /ui/ without slashes at its ends. */
export function pathIn(pathname: string): string {
  return (pathname.startsWith(BASE) ? pathname.slice(BASE.length) : "").replace(/^\/+|\/+$/g, "");
}

/** The parameters of `path` where it has the form of `pattern` (`routing/:id/:tab?`), else null. */
export function match(pattern: string, path: string): Params | null {
  const wanted = pattern ? pattern.split("/") : [];
  const given = path ? path.split("/") : [];
  if (given.length > wanted.length) return null;
  const params: Record<string, string> = {};
  for (const [index, part] of wanted.entries()) {
    const value = given[index];
    if (!part.startsWith(":")) {
      if (value !== part) return null;
      continue;
    }
    if (value === undefined) {
      if (!part.endsWith("?")) return null;
      continue;
    }
    const plain = decoded(value);
    if (plain === null) return null;
    params[part.slice(1).replace(/\?$/, "")] = plain;
  }
  return params;
}

/** An address with each part encoded: `address("routing", id, "explain")`. */
export function address(...parts: readonly string[]): string {
  return BASE + parts.map(encodeURIComponent).join("/");
}

function decoded(value: string): string | null {
  try {
    return decodeURIComponent(value);
  } catch {
    return null;
  }
}
