/** What is typed into settings, as the router takes it. Pure. */

export function wholeNumber(text: string, what: string): number {
  const plain = text.replaceAll(/[\s,_]/g, "");
  if (!/^\d+$/.test(plain)) throw new Error(`${what} is a whole number, such as 30.`);
  return Number(plain);
}

/** One entry a line; empty lines are none. */
export function lines(text: string): string[] {
  return text
    .split("\n")
    .map((line) => line.trim())
    .filter(Boolean);
}

/** The document in a text, or an error that says what is wrong with it. */
export function documentOf(text: string): Record<string, unknown> {
  let found: unknown;
  try {
    found = JSON.parse(text);
  } catch (error) {
    throw new Error(`This is not JSON: ${error instanceof Error ? error.message : "it cannot be read"}`);
  }
  if (typeof found !== "object" || found === null || Array.isArray(found)) {
    throw new Error("A configuration is a JSON object: { … }. Export one to see its format.");
  }
  return found as Record<string, unknown>;
}

/** Where the pages are after a restart; null where they stay. `here` is the page's own address. */
export function addressAfter(
  { host, port }: { host: string; port: number },
  here: Pick<Location, "hostname" | "port" | "protocol">,
): string | null {
  const isEverywhere = host === "0.0.0.0" || host === "::" || host === "[::]";
  const isHere = host === here.hostname || (LOOPBACK.has(host) && LOOPBACK.has(here.hostname));
  const name =
    isEverywhere || isHere ? here.hostname : host.includes(":") && !host.startsWith("[") ? `[${host}]` : host;
  if (name === here.hostname && String(port) === here.port) return null;
  return `${here.protocol}//${name}:${port}`;
}

const LOOPBACK: ReadonlySet<string> = new Set(["127.0.0.1", "localhost"]);

/** "80, 100" as shares: 0.8 and 1. */
export function shares(text: string): number[] {
  return text
    .split(/[\s,;%]+/)
    .filter(Boolean)
    .map((typed) => {
      const share = Number(typed) / 100;
      if (!(share > 0 && share <= 1)) throw new Error("Enter percentages from 1 to 100, such as 80, 100.");
      return share;
    });
}
