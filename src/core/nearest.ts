/** Single-character changes, missing and swapped neighbours included, that lead from one word to the other. */
const distance = (from: string, to: string): number => {
  let before: number[] = [];
  let last = Array.from({ length: to.length + 1 }, (_, column) => column);
  for (let row = 1; row <= from.length; row += 1) {
    const next = [row];
    for (let column = 1; column <= to.length; column += 1) {
      const same = from[row - 1] === to[column - 1];
      const swapped = row > 1 && column > 1 && from[row - 1] === to[column - 2] && from[row - 2] === to[column - 1];
      next[column] = Math.min(
        (last[column] ?? 0) + 1,
        (next[column - 1] ?? 0) + 1,
        (last[column - 1] ?? 0) + (same ? 0 : 1),
        swapped ? (before[column - 2] ?? 0) + 1 : Number.POSITIVE_INFINITY,
      );
    }
    [before, last] = [last, next];
  }
  return last[to.length] ?? 0;
};

/** Longest word that is compared: what strangers send may be of any length. */
const longest = 100;

/** The known word that somebody most likely meant, whatever the case; null where none is near. */
export const nearest = (word: string, known: readonly string[]): string | null => {
  if (word.length > longest) return null;
  const near = known
    .map((one) => ({ one, off: distance(word.toLowerCase(), one.toLowerCase()) }))
    .filter(({ one, off }) => off <= Math.max(2, Math.floor(one.length / 3)))
    .toSorted((a, b) => a.off - b.off);
  return near[0]?.one ?? null;
};
