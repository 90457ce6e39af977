/** The admin token: taken from the address once, kept for the session, never left in the address. */

const KEY = "localrouter.token";

export function takeTokenFromAddress(): void {
  const found = /^#token=([^&]+)$/.exec(location.hash);
  if (!found?.[1]) return;
  sessionStorage.setItem(KEY, decodeURIComponent(found[1]));
  history.replaceState(history.state, "", location.pathname + location.search);
}

export function token(): string | null {
  return sessionStorage.getItem(KEY);
}

export function keepToken(value: string): void {
  sessionStorage.setItem(KEY, value.trim());
}

export function forgetToken(): void {
  sessionStorage.removeItem(KEY);
}
