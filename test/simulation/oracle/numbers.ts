/** Numerator and denominator; the denominator is positive. */
export type Fraction = readonly [bigint, bigint];

export const times = (...factors: readonly Fraction[]): Fraction =>
  factors.reduce(([a, b], [c, d]) => [a * c, b * d] as const, [1n, 1n]);

export const inverse = ([a, b]: Fraction): Fraction => (a < 0n ? [-b, -a] : [b, a]);

export const minus = ([a, b]: Fraction, [c, d]: Fraction): Fraction => [a * d - c * b, b * d];

/** "12.5" to 125/10. */
export const fractionOf = (text: string): Fraction => {
  const [whole = '', decimals = ''] = text.split('.');
  return [BigInt(whole + decimals), 10n ** BigInt(decimals.length)];
};

/** To the nearest whole number, halves to the even one. */
export const toEven = ([a, b]: Fraction): bigint => {
  const magnitude = a < 0n ? -a : a;
  const down = magnitude / b;
  const rest = (magnitude % b) * 2n;
  const up = rest > b || (rest === b && down % 2n === 1n);
  const rounded = up ? down + 1n : down;
  return a < 0n ? -rounded : rounded;
};

/** Parts of a whole by weight: rounded down, then one each to the largest remainders; ties to the larger weight, then the name. */
export const dealOut = (
  whole: bigint,
  shares: readonly { readonly weight: bigint; readonly name: string }[],
): bigint[] => {
  if (whole < 0n) return dealOut(-whole, shares).map((part) => -part);
  const sum = shares.reduce((total, { weight }) => total + weight, 0n);
  const parts = shares.map(({ weight }) => (whole * weight) / sum);
  let left = whole - parts.reduce((total, part) => total + part, 0n);
  const queue = shares
    .map(({ weight, name }, index) => ({ index, weight, name, rest: (whole * weight) % sum }))
    .sort((a, b) => {
      if (a.rest !== b.rest) return a.rest > b.rest ? -1 : 1;
      if (a.weight !== b.weight) return a.weight > b.weight ? -1 : 1;
      return a.name < b.name ? -1 : 1;
    });
  for (const { index } of queue) {
    if (left === 0n) break;
    parts[index] = (parts[index] ?? 0n) + 1n;
    left -= 1n;
  }
  return parts;
};

/** Larger shares first, then by code, nobody last. */
export const largestFirst = <Of extends { readonly partner: string | null; readonly ppm: bigint }>(
  parts: readonly Of[],
): Of[] =>
  parts.toSorted((a, b) =>
    a.ppm === b.ppm ? ((a.partner ?? '\uffff') < (b.partner ?? '\uffff') ? -1 : 1) : a.ppm > b.ppm ? -1 : 1,
  );

export const sum = (amounts: readonly bigint[]): bigint => amounts.reduce((all, one) => all + one, 0n);

/** Null: a division by zero. Six decimals are told. */
export const ratio = (above: bigint, below: bigint): number | null =>
  below === 0n ? null : Number(toEven([above * 1_000_000n, below])) / 1e6;

/** Micros as an amount with six decimals. */
export const amountOf = (micros: bigint): string => {
  const digits = String(micros < 0n ? -micros : micros).padStart(7, '0');
  return `${micros < 0n ? '-' : ''}${digits.slice(0, -6)}.${digits.slice(-6)}`;
};

/** Which day an instant is in a time zone. */
export const dayReader = (timeZone: string): ((atMs: number) => string) => {
  const format = new Intl.DateTimeFormat('sv-SE', { timeZone, dateStyle: 'short' });
  return (atMs) => format.format(atMs);
};
