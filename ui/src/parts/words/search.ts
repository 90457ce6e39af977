/** Finds what was typed. Pure. */

/** Whether each word that was typed occurs somewhere in the text, in upper or lower case. */
export function holdsWords(text: string, typed: string): boolean {
  const folded = text.toLowerCase();
  return wordsOf(typed).every((word) => folded.includes(word));
}

/** The entries in which each word occurs. One that is called just that comes first, then starts of words. */
export function ranked<T extends { title: string; hint: string }>(entries: readonly T[], typed: string): T[] {
  const words = wordsOf(typed);
  if (words.length === 0) return [...entries];
  return entries
    .map((entry, index) => ({ entry, index, score: score(entry, words) }))
    .filter(({ score }) => score > 0)
    .sort((one, other) => other.score - one.score || one.index - other.index)
    .map(({ entry }) => entry);
}

const EXACT = 100;

function score({ title, hint }: { title: string; hint: string }, words: readonly string[]): number {
  const text = title.toLowerCase();
  let total = text.split(/\s+/).join(" ") === words.join(" ") ? EXACT : 0;
  for (const word of words) {
    if (text.startsWith(word)) total += 4;
    else if (text.split(/[^\p{L}\p{N}]+/u).some((part) => part.startsWith(word))) total += 3;
    else if (text.includes(word)) total += 2;
    else if (hint.toLowerCase().includes(word)) total += 1;
    else return 0;
  }
  return total;
}

function wordsOf(typed: string): string[] {
  return typed.toLowerCase().split(/\s+/).filter(Boolean);
}
