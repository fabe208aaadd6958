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

/** cost x part / whole in micros, rounded half to even; nothing of nothing is nothing. */
const partOf = (costMicros: bigint, part: bigint, whole: bigint): bigint =>
  whole === 0n ? 0n : roundHalfEven(rational(costMicros * part, whole));

type Mix = (cell: WorkCell) => string;
const byReason: Mix = ({ reason }) => JSON.stringify(reason);
const byLanguage: Mix = ({ language }) => JSON.stringify(language);
const byBoth: Mix = ({ reason, language }) => JSON.stringify([reason, language]);

/** What `own` work would have cost at the account's cost per ticket, or second, of the same mix; each part rounded once. */
const atAccount = (
  own: readonly WorkCell[],
  account: readonly WorkCell[],
  mix: Mix,
  unit: 'ticketsPpm' | 'microseconds',
): bigint => {
  const all = Map.groupBy(account, mix);
  return [...Map.groupBy(own, mix)].reduce((sum, [key, cells]) => {
    const whole = sumOf(all.get(key) ?? []);
    return sum + partOf(whole.costMicros, sumOf(cells)[unit], whole[unit]);
  }, 0n);
};

/**
 * Why a partner is dear: its cost less what its orders would have cost at the account's average, in five parts that add up
 * to it exactly. With O orders, T tickets worked on, S seconds and C cost, small letters the partner's, big ones the
 * account's (the partner included), r and l a reason and a language, the cost is led from the average to the true one:
 *
 *   E0 = C / O x o                   at the account's cost per order
 *   E1 = C / T x t                   volume: as many tickets as it had
 *   Er = sum C_r / T_r x t_r         ... of its reasons;  El = sum C_l / T_l x t_l of its languages
 *   E2 = sum C_rl / T_rl x t_rl      ... of its reasons and languages
 *   E3 = sum C_rl / S_rl x s_rl      handling time: with the seconds it took
 *   c                                rate: at the rates of those who worked
 *
 *   volume = E1 - E0, handling time = E3 - E2, rate = c - E3; the mix E2 - E1 goes to reason and language by the mean of
 *   both orders (Shapley): reason = ((Er - E1) + (E2 - El)) / 2, language the rest.
 *
 * Each summand is rounded to micros, half to even; parts are differences of whole micros, so nothing is lost. A seconds'
 * worth of AI agents, and tickets whose seconds are zero, are led like all others.
 */
export const excessOf = (own: Borne, account: Borne): Excess => {
  const [mine, all] = [sumOf(own.cells), sumOf(account.cells)];
  const atVolume = partOf(all.costMicros, mine.ticketsPpm, all.ticketsPpm);
  const per = account.ordersPpm === 0n ? 'ticket' : 'order';
  const expectedMicros = per === 'order' ? partOf(all.costMicros, own.ordersPpm, account.ordersPpm) : atVolume;
  const stage = (mix: Mix, unit: 'ticketsPpm' | 'microseconds') => atAccount(own.cells, account.cells, mix, unit);
  const [atReasons, atLanguages] = [stage(byReason, 'ticketsPpm'), stage(byLanguage, 'ticketsPpm')];
  const atMix = stage(byBoth, 'ticketsPpm');
  const atSeconds = stage(byBoth, 'microseconds');
  const reason = roundHalfEven(rational(atReasons - atVolume + (atMix - atLanguages), 2n));
  return {
    per,
    costMicros: mine.costMicros,
    expectedMicros,
    excessMicros: mine.costMicros - expectedMicros,
    parts: {
      volume: per === 'order' ? atVolume - expectedMicros : null,
      reason,
      language: atMix - atVolume - reason,
      handlingTime: atSeconds - atMix,
      rate: mine.costMicros - atSeconds,
    },
  };
};

/** One reason or language of a partner beside the same of the account. */
export interface MixLine {
  readonly code: string | null;
  readonly own: Sums;
  readonly account: Sums;
  /** What the partner's cost of it is above its part of what was expected; the lines add up to the excess. */
  readonly excessMicros: bigint;
}

/**
 * The excess by reason or by language: the cost of each less its part of the expected cost, which goes to them as the
 * account's cost does, largest remainder first. Largest excess first.
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
