/** Every page's path below /ui/. A link to what is not among them is a fault of types. */

export const PATHS = [
  "home",
  "routing",
  "routing/:id/:tab?",
  "clients",
  "clients/:id/:tab?",
  "providers",
  "providers/:name/:tab?",
  "models",
  "models/:id",
  "spend",
  "monitor",
  "try",
  "settings",
  "settings/:tab",
] as const;

export type Path = (typeof PATHS)[number];

/** Those without parameters. */
export type PlainPath = Exclude<Path, `${string}:${string}`>;

/** A path with its parameters filled in, part by part: `["routing", id, "explain"]`. */
export type Place = Path extends infer Each extends string ? (Each extends Each ? Parts<Each> : never) : never;

type Parts<P extends string> = P extends `${infer First}/${infer Rest}` ? [...Part<First>, ...Parts<Rest>] : Part<P>;
type Part<P extends string> = P extends `:${string}?` ? [tab?: string] : P extends `:${string}` ? [of: string] : [P];
