import type { CellFacts } from '../facts/facts.ts';

/** So many digits, with a sign, a double holds exactly. */
const mostPlainDigits = 15;
const [minus, zero] = [45, 48];

/** Adds whole numbers, written one after the other, to facts of these names. A report has tens of thousands of them. */
export const addWritten = (facts: CellFacts, names: readonly (keyof CellFacts)[], text: string): void => {
  let at = 0;
  for (const name of names) {
    const from = at;
    const isBelow = text.charCodeAt(at) === minus;
    if (isBelow) at += 1;
    let value = 0;
    for (let code = text.charCodeAt(at); code >= zero; code = text.charCodeAt(at)) {
      value = value * 10 + code - zero;
      at += 1;
    }
    if (value !== 0)
      facts[name] += BigInt(at - from > mostPlainDigits ? text.slice(from, at) : isBelow ? -value : value);
    at += 1;
  }
};
