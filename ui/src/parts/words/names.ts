/** Names that are still free; names are compared without case, as the router does. Pure. */

/** The wanted name, and where that is taken the first that is not: "openai-2", as `numbered` writes it. */
export function freeName(
  wanted: string,
  taken: readonly string[],
  numbered = (name: string, number: number) => `${name}-${number}`,
): string {
  const folded = new Set(taken.map((name) => name.toLowerCase()));
  for (let number = 1; ; number += 1) {
    const candidate = number === 1 ? wanted : numbered(wanted, number);
    if (!folded.has(candidate.toLowerCase())) return candidate;
  }
}

/** "Night jobs copy", numbered where that is taken. */
export function copyName(name: string, taken: readonly string[]): string {
  return freeName(`${name} copy`, taken, (copy, number) => `${copy} ${number}`);
}

/** "aider's", but "two dollars'": a name that ends in s takes the apostrophe alone. */
export function possessive(name: string): string {
  return /s$/i.test(name) ? `${name}'` : `${name}'s`;
}

/** "aider's strategy", numbered where that is taken, as the router names a client's own. */
export function ownName(client: string, taken: readonly string[]): string {
  return freeName(`${possessive(client)} strategy`, taken, (own, number) => `${own} (${number})`);
}
