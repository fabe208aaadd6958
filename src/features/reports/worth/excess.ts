import { rational, roundHalfEven, split } from '../../../core/money.ts';

/** Work of one reason and language. */
export interface WorkCell {
  readonly reason: string | null;
  readonly language: string | null;
  /** Tickets with costed work, in ppm by shares. */
  readonly ticketsPpm: bigint;
  /** Seconds times ppm. */
  readonly microseconds: bigint;
  readonly costMicros: bigint;
}

export interface Borne {
  readonly ordersPpm: bigint;
  readonly cells: readonly WorkCell[];
}

export const drivers = ['volume', 'reason', 'language', 'handlingTime', 'rate'] as const;
export type Driver = (typeof drivers)[number];

interface Excess {
  /** Held against the account's cost per order; per ticket where the account has no orders at all. */
  readonly per: 'order' | 'ticket';
  readonly costMicros: bigint;
  /** What it would have cost at the account's average. */
  readonly expectedMicros: bigint;
  /** cost - expected; the parts add up to it. `volume` is null per ticket. */
  readonly excessMicros: bigint;
  readonly parts: Readonly<Record<Driver, bigint | null>>;
}

type Sums = Omit<WorkCell, 'reason' | 'language'>;

const sumOf = (cells: readonly Sums[]): Sums =>
  cells.reduce<Sums>(
    (sum, cell) => ({
      ticketsPpm: sum.ticketsPpm + cell.ticketsPpm,
      microseconds: sum.microseconds + cell.microseconds,
      costMicros: sum.costMicros + cell.costMicros,
    }),
    { ticketsPpm: 0n, microseconds: 0n, costMicros: 0n },
  );

const less = (all: Sums, own: Sums): Sums => ({
  ticketsPpm: all.ticketsPpm - own.ticketsPpm,
  microseconds: all.microseconds - own.microseconds,
  costMicros: all.costMicros - own.costMicros,
});

/** cost x part / whole in micros, rounded half to even; nothing of nothing is nothing. */
const partOf = (costMicros: bigint, part: bigint, whole: bigint): bigint =>
  whole === 0n ? 0n : roundHalfEven(rational(costMicros * part, whole));

type Mix = (cell: WorkCell) => string;
const asOne: Mix = () => '';
const byReason: Mix = ({ reason }) => JSON.stringify(reason);
const byLanguage: Mix = ({ language }) => JSON.stringify(language);
const byBoth: Mix = ({ reason, language }) => JSON.stringify([reason, language]);

/**
 * What `own` work would have cost at the others' cost per ticket, or second, of the same mix; its own cost where they have
 * none to hold it against. Each mix is rounded once.
 */
const atOthers = (
  own: readonly WorkCell[],
  account: readonly WorkCell[],
  mix: Mix,
  unit: 'ticketsPpm' | 'microseconds',
): bigint => {
  const all = Map.groupBy(account, mix);
  return [...Map.groupBy(own, mix)].reduce((sum, [key, cells]) => {
    const mine = sumOf(cells);
    const others = less(sumOf(all.get(key) ?? []), mine);
    // Corrections may leave a period with fewer than no seconds: nothing to hold against either.
    const isHeld = others.ticketsPpm > 0n && others[unit] > 0n;
    return sum + (isHeld ? partOf(others.costMicros, mine[unit], others[unit]) : mine.costMicros);
  }, 0n);
};

/**
 * Why a partner is dear: its cost less what its orders would have cost at the account's average, in five parts that add up
 * to it exactly. With O orders, T tickets worked on, S seconds and C cost of the account, small letters the partner's, T', S'
 * and C' those of all others (T' = T - t), r and l a reason and a language:
 *
 *   E0 = C / O x o                   at the account's cost per order
 *   E1 = C / T x t                   volume: as many tickets as it had
 *
 * The rest is held against the others, for a partner that has most of a language's tickets would find its own long handling
 * times in that language's average. It is their difference, made smaller: c - E1 = T' / T x (c - C' / T' x t). The cost is
 * led from theirs to the true one:
 *
 *   F1 = C' / T' x t                 at the others' cost per ticket
 *   Fr = sum C'_r / T'_r x t_r       ... of its reasons;  Fl = sum C'_l / T'_l x t_l of its languages
 *   F2 = sum C'_rl / T'_rl x t_rl    ... of its reasons and languages
 *   F3 = sum C'_rl / S'_rl x s_rl    handling time: with the seconds it took
 *   c                                rate: at the rates of those who worked
 *
 *   volume = E1 - E0, handling time = T' / T x (F3 - F2); the mix goes to reason and language by the mean of both orders
 *   (Shapley): reason = T' / T x ((Fr - F1) + (F2 - Fl)) / 2, language = T' / T x ((Fl - F1) + (F2 - Fr)) / 2; rate is what
 *   is left of c - E1: T' / T x (c - F3), and what the rounding of the others leaves.
 *
 * Where the others have no ticket of a reason and language, its own cost is the standard of it in F2 and F3 (in Fr and Fl
 * where they have none of the reason, of the language): what it costs above the average is then reason or language, and
 * not handling time. Where they have tickets of it but no seconds, its own rate is the standard. Without any others, all
 * but volume is nothing.
 *
 * Each summand and each part is rounded to micros, half to even; rate takes the rest, so that nothing is lost. A seconds'
 * worth of AI agents is led like all others.
 */
export const excessOf = (own: Borne, account: Borne): Excess => {
  const [mine, all] = [sumOf(own.cells), sumOf(account.cells)];
  const atVolume = partOf(all.costMicros, mine.ticketsPpm, all.ticketsPpm);
  const per = account.ordersPpm === 0n ? 'ticket' : 'order';
  const expectedMicros = per === 'order' ? partOf(all.costMicros, own.ordersPpm, account.ordersPpm) : atVolume;
  const at = (mix: Mix, unit: 'ticketsPpm' | 'microseconds') => atOthers(own.cells, account.cells, mix, unit);
  const [atOne, atMix, atSeconds] = [at(asOne, 'ticketsPpm'), at(byBoth, 'ticketsPpm'), at(byBoth, 'microseconds')];
  const [atReasons, atLanguages] = [at(byReason, 'ticketsPpm'), at(byLanguage, 'ticketsPpm')];
  const ofOthers = less(all, mine).ticketsPpm;
  /** A sum of differences as a part of the excess, which is against the account. */
  const scaled = (micros: bigint, ways = 1n): bigint => partOf(micros, ofOthers, ways * all.ticketsPpm);
  const reason = scaled(atReasons - atOne + (atMix - atLanguages), 2n);
  const language = scaled(atLanguages - atOne + (atMix - atReasons), 2n);
  const handlingTime = scaled(atSeconds - atMix);
  return {
    per,
    costMicros: mine.costMicros,
    expectedMicros,
    excessMicros: mine.costMicros - expectedMicros,
    parts: {
      volume: per === 'order' ? atVolume - expectedMicros : null,
      reason,
      language,
      handlingTime,
      rate: mine.costMicros - atVolume - reason - language - handlingTime,
    },
  };
};

/** One reason or language of a partner beside the same of the account, the partner included. */
export interface MixLine {
  readonly code: string | null;
  readonly own: Sums;
  readonly account: Sums;
  /** What the partner's cost of it is above its part of what was expected; the lines add up to the excess. */
  readonly excessMicros: bigint;
}

/**
 * Where the excess lies, by reason or by language, and not why: the cost of each less its part of the expected cost, which
 * goes to them as the account's cost does, largest remainder first. Largest excess first.
 */
export const mixOf = (own: Borne, account: Borne, what: 'reason' | 'language', expectedMicros: bigint): MixLine[] => {
  const [mine, all] = [Map.groupBy(own.cells, (cell) => cell[what]), Map.groupBy(account.cells, (cell) => cell[what])];
  const codes = [...all.keys()];
  const sums = codes.map((code) => sumOf(all.get(code) ?? []));
  const weights = sums.map(({ costMicros }, index) => ({
    weight: costMicros > 0n ? costMicros : 0n,
    key: codes[index] ?? '\u{10FFFF}',
  }));
  const hasCost = weights.some(({ weight }) => weight > 0n);
  const expected = hasCost ? split(expectedMicros, weights) : [];
  return codes
    .map((code, index) => {
      const line = sumOf(mine.get(code) ?? []);
      return {
        code,
        own: line,
        account: sums[index] ?? sumOf([]),
        excessMicros: line.costMicros - (expected[index] ?? 0n),
      };
    })
    .toSorted((a, b) => {
      if (a.excessMicros !== b.excessMicros) return a.excessMicros > b.excessMicros ? -1 : 1;
      return (a.code ?? '~') < (b.code ?? '~') ? -1 : 1;
    });
};
