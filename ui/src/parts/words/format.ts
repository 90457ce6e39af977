/** How numbers, times and models are written, everywhere. Unknown is "unknown", never 0 or blank. */

export const UNKNOWN = "unknown";

type Maybe = number | null | undefined;

/** USD with the digits that matter: $0, $0.0007, $1.62, $1,204. */
export function money(usd: Maybe): string {
  if (!isKnown(usd)) return UNKNOWN;
  const sign = usd < 0 ? "-" : "";
  const size = Math.abs(usd);
  if (size === 0) return "$0";
  if (size < 0.000001) return `${sign}<$0.000001`;
  if (size < 0.1) return `${sign}$${withoutZeros(size.toFixed(leadingZeros(size) + 2))}`;
  if (size < 1_000) return `${sign}$${size.toFixed(2)}`;
  return `${sign}$${grouped(Math.round(size))}`;
}

/** The most decimals that a column of money has. */
const MOST_DECIMALS = 4;

/**
 * How many decimals a whole column of money has: as many as the value that needs most shows two digits with, from 2 to
 * 4. Values that nobody knows need none.
 */
export function moneyDecimals(values: Iterable<Maybe>): number {
  let decimals = 2;
  for (const value of values) {
    if (isKnown(value) && value !== 0) decimals = Math.max(decimals, decimalsOf(Math.abs(value)));
  }
  return Math.min(decimals, MOST_DECIMALS);
}

/** USD as it stands in a column of so many decimals: $1,204.00, $0.0007, < $0.0001, unknown. */
export function moneyIn(usd: Maybe, decimals: number): string {
  if (!isKnown(usd)) return UNKNOWN;
  const sign = usd < 0 ? "-" : "";
  const size = Math.abs(usd);
  const least = 10 ** -decimals;
  if (isLess(size, decimals)) return `${sign}< $${least.toFixed(decimals)}`;
  const [whole = "0", part] = size.toFixed(decimals).split(".");
  return `${sign}$${grouped(Number(whole))}${part ? `.${part}` : ""}`;
}

/** USD with every digit that is known, for tooltips and panels: $0.00002175, $1.6193. */
export function exactMoney(usd: Maybe): string {
  if (!isKnown(usd)) return UNKNOWN;
  const [whole = "0", part = ""] = Math.abs(usd).toFixed(12).split(".");
  const digits = part.replace(/0+$/, "");
  return `${usd < 0 ? "-" : ""}$${grouped(Number(whole))}${digits ? `.${digits.padEnd(2, "0")}` : usd === 0 ? "" : ".00"}`;
}

/** Whether a column of so many decimals says less of the amount than is known. */
export function isRounded(usd: Maybe, decimals: number): boolean {
  return isKnown(usd) && Math.abs(usd - Number(usd.toFixed(decimals))) > 5e-13;
}

function isLess(size: number, decimals: number): boolean {
  return size > 0 && Number(size.toFixed(decimals)) === 0;
}

function decimalsOf(size: number): number {
  if (size >= 0.1) return 2;
  return withoutZeros(size.toFixed(Math.min(12, leadingZeros(size) + 2))).split(".")[1]?.length ?? 2;
}

/** A price per million tokens: $0.15, $2.5, $10, $0. */
export function price(usdPerMillion: Maybe): string {
  if (!isKnown(usdPerMillion)) return UNKNOWN;
  return `$${withoutZeros(usdPerMillion.toFixed(usdPerMillion < 0.1 ? 4 : 2))}`;
}

/** "$0.15 / $0.60": input and output. "free" where both cost nothing. */
export function prices(input: Maybe, output: Maybe): string {
  if (!isKnown(input) || !isKnown(output)) return "price unknown";
  if (input === 0 && output === 0) return "free";
  return `${pricePlain(input)} / ${pricePlain(output)}`;
}

/** Counts: 0, 999, 1,204, 12.3k, 1.2M. */
export function count(value: Maybe): string {
  if (!isKnown(value)) return UNKNOWN;
  if (Math.abs(value) < 10_000) return grouped(Math.round(value));
  if (Math.abs(value) < 999_950) return `${withoutZeros((value / 1_000).toFixed(value < 99_950 ? 1 : 0))}k`;
  return `${withoutZeros((value / 1_000_000).toFixed(value < 99_950_000 ? 1 : 0))}M`;
}

/** A context window as its makers say it: 128k is 128,000 as well as 131,072. */
export function windowSize(tokens: Maybe): string {
  if (!isKnown(tokens)) return UNKNOWN;
  if (tokens < 1_000) return String(tokens);
  const isPowerOfTwo = Number.isInteger(Math.log2(tokens));
  if (tokens < 1_000_000) return `${Math.floor(tokens / (isPowerOfTwo ? 1_024 : 1_000))}k`;
  return `${withoutZeros((tokens / (isPowerOfTwo ? 1_048_576 : 1_000_000)).toFixed(1))}M`;
}

/** A length of time given in milliseconds: 0.21 s, 1.9 s, 12 s, 3 min, 2 h. Under 10 ms: 4 ms. */
export function duration(ms: Maybe): string {
  if (!isKnown(ms)) return UNKNOWN;
  if (ms < 10) return `${Math.round(ms)} ms`;
  const seconds = ms / 1_000;
  if (seconds < 0.995) return `${seconds.toFixed(2)} s`;
  if (seconds < 9.95) return `${seconds.toFixed(1)} s`;
  if (seconds < 99.5) return `${Math.round(seconds)} s`;
  if (seconds < 5_970) return `${Math.round(seconds / 60)} min`;
  if (seconds < 86_400 * 2) return `${Math.round(seconds / 3_600)} h`;
  return `${Math.round(seconds / 86_400)} days`;
}

/** How long something has run that still does, given in milliseconds: 7 s, 1 min 04 s, 12 min, 1 h 02 min. */
export function lasting(ms: Maybe): string {
  if (!isKnown(ms)) return UNKNOWN;
  const seconds = Math.max(0, Math.floor(ms / 1_000));
  const minutes = Math.floor(seconds / 60);
  if (minutes < 1) return `${seconds} s`;
  if (minutes < 10) return `${minutes} min ${two(seconds % 60)} s`;
  if (minutes < 60) return `${minutes} min`;
  return `${Math.floor(minutes / 60)} h ${two(minutes % 60)} min`;
}

/** A share between 0 and 1: 98.2 %, 100 %, never 100 % where something is missing. */
export function share(value: Maybe): string {
  if (!isKnown(value)) return UNKNOWN;
  const percent = value * 100;
  if (percent === 0 || percent === 100) return `${percent} %`;
  const shown = Math.min(99.9, Math.max(0.1, percent));
  return `${shown.toFixed(1)} %`;
}

/** A moment given in Unix seconds or ISO 8601: 14:05 today, "21 Nov 14:05" on other days. */
export function moment(when: number | string | null | undefined, now: Date = new Date()): string {
  const date = asDate(when);
  if (!date) return UNKNOWN;
  const time = `${two(date.getHours())}:${two(date.getMinutes())}`;
  return isSameDay(date, now) ? time : `${dayAndMonth(date)} ${time}`;
}

/** The same to the second: 14:03:07. */
export function clock(when: number | string | null | undefined, now: Date = new Date()): string {
  const date = asDate(when);
  return date ? `${moment(when, now)}:${two(date.getSeconds())}` : UNKNOWN;
}

/** How long ago: "now", "4 min ago", "3 h ago", "5 days ago". */
export function ago(seconds: Maybe): string {
  if (!isKnown(seconds)) return UNKNOWN;
  if (seconds < 45) return "now";
  return `${duration(Math.max(seconds, 60) * 1_000)} ago`;
}

export function plural(number: number, one: string, many = `${one}s`): string {
  return `${count(number)} ${number === 1 ? one : many}`;
}

/** "aider, cursor and zed"; further ones are counted. */
export function listed(names: readonly string[], most = 4): string {
  const shown = names.length > most ? [...names.slice(0, most - 1), `${names.length - most + 1} others`] : [...names];
  const last = shown.pop() ?? "";
  return shown.length ? `${shown.join(", ")} and ${last}` : last;
}

function pricePlain(usd: number): string {
  if (usd === 0 || Number.isInteger(usd)) return `$${usd}`;
  return usd < 0.01 ? price(usd) : `$${usd.toFixed(2)}`;
}

function isKnown(value: Maybe): value is number {
  return value !== null && value !== undefined && Number.isFinite(value);
}

function leadingZeros(size: number): number {
  return Math.max(0, Math.ceil(-Math.log10(size)) - 1);
}

function withoutZeros(text: string): string {
  return text.includes(".") ? text.replace(/\.?0+$/, "") : text;
}

function grouped(value: number): string {
  return String(value).replace(/\B(?=(\d{3})+$)/g, ",");
}

function asDate(when: number | string | null | undefined): Date | null {
  if (when === null || when === undefined) return null;
  const date = new Date(typeof when === "number" ? when * 1_000 : when);
  return Number.isNaN(date.getTime()) ? null : date;
}

function isSameDay(one: Date, other: Date): boolean {
  return one.toDateString() === other.toDateString();
}

const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

function dayAndMonth(date: Date): string {
  return `${date.getDate()} ${MONTHS[date.getMonth()]}`;
}

function two(value: number): string {
  return String(value).padStart(2, "0");
}
