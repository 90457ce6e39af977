/** The classes that apply, in one string. Pure. */
export function joined(...classes: readonly (string | false | null | undefined)[]): string {
  return classes.filter(Boolean).join(" ");
}
