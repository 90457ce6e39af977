/** This tab's session: made once from the one-time code in the address, and kept by the tab alone. */

const KEY = "localrouter.session";

interface Kept {
  token: string;
  session_id: string;
}

/** What an address brought: a code that lets the tab in, a link of an older release, or nothing. */
export type Brought = { code: string } | "old link" | null;

/** Why a tab has no session; "none" where it never had one. */
export type Outside = "none" | "ended" | "old link" | "wrong code" | "no answer";

/** Takes the code out of the address before anything else is done, so that it stays in no history. */
export function takeFromAddress(): Brought {
  const [, kind, value] = /^#(code|token)=([^&]*)$/.exec(location.hash) ?? [];
  if (kind === undefined || value === undefined) return null;
  history.replaceState(history.state, "", location.pathname + location.search);
  return kind === "code" ? { code: decodeURIComponent(value) } : "old link";
}

/** Exchanges a code for a session; null where that worked. */
export async function enter(code: string): Promise<Outside | null> {
  let response: Response;
  try {
    const headers = { "content-type": "application/json" };
    response = await fetch("/session", { method: "POST", headers, body: JSON.stringify({ code }) });
  } catch {
    return "no answer";
  }
  if (!response.ok) return response.status >= 500 ? "no answer" : "wrong code";
  const { token, session_id } = (await response.json()) as Kept;
  sessionStorage.setItem(KEY, JSON.stringify({ token, session_id } satisfies Kept));
  return null;
}

export function token(): string | null {
  return kept()?.token ?? null;
}

export function sessionId(): string | null {
  return kept()?.session_id ?? null;
}

export function forgetSession(): void {
  sessionStorage.removeItem(KEY);
}

function kept(): Kept | null {
  try {
    const found: unknown = JSON.parse(sessionStorage.getItem(KEY) ?? "null");
    const isKept = typeof found === "object" && found !== null && "token" in found && "session_id" in found;
    return isKept ? (found as Kept) : null;
  } catch {
    return null;
  }
}

/** What a user types to be let in, as the router that served the page says. */
export function openCommand(): string {
  const told = document.querySelector('meta[name="open-command"]')?.getAttribute("content");
  return told || "localrouter open";
}
