import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { reduce } from '../../../src/core/money.ts';
import {
  type NewPosting,
  type Price,
  type PricingInput,
  planPostings,
  type Share,
  type StoredPosting,
} from '../../../src/features/costing/price.ts';

const price = (part: Partial<Price> = {}): Price => ({
  hourlyMicros: 30_000_000n,
  nativeCurrency: 'USD',
  rateScope: 'default',
  rateKey: '',
  rateValidFrom: '2026-01-01',
  fx: { numerator: 1n, denominator: 1n, date: null },
  ...part,
});
const euro = price({
  hourlyMicros: 90_000_000n,
  nativeCurrency: 'EUR',
  fx: { numerator: 11n, denominator: 10n, date: '2026-05-03' },
});
const share = (partner: string | null, ppm = 1_000_000, region: string | null = 'dach'): Share => ({
  partner,
  region,
  country: 'DE',
  ppm,
});
const input = (part: Partial<PricingInput> = {}): PricingInput => ({
  costedSeconds: 600,
  takeBacks: [],
  measured: true,
  workedAt: new Date('2026-05-04T09:00:00Z'),
  workedDay: '2026-05-04',
  shares: [share('nord')],
  attributionVersion: 1,
  reportingCurrency: 'USD',
  last: { live: false, postings: [] },
  today: price(),
  reprice: false,
  stateCause: null,
  ...part,
});

/** A ledger of one entry, as the store keeps it. */
const ledgerOf = () => {
  const rows: (NewPosting & { id: bigint })[] = [];
  const write = (part: Partial<PricingInput>) => {
    const posted = rows.filter((row) => row.reversesId === null);
    const revision = Math.max(0, ...posted.map((row) => row.revision));
    const newest = posted.filter((row) => row.revision === revision);
    const reversed = new Set(rows.map(({ reversesId }) => reversesId));
    const last = { live: newest.some(({ id }) => !reversed.has(id)), postings: newest as StoredPosting[] };
    const plan = planPostings(input({ ...part, last }));
    rows.push(...plan.postings.map((posting, index) => ({ ...posting, id: BigInt(rows.length + index + 1) })));
    return plan;
  };
  const sum = (of: (row: NewPosting) => bigint) => rows.reduce((total, row) => total + of(row), 0n);
  return { rows, write, cost: () => sum((row) => row.costMicros), microseconds: () => sum((row) => row.microseconds) };
};

describe('cost', () => {
  test('worked example 1: 600 s at 30.00 USD, 120 s at 90.00 EUR with 1 EUR = 1.10 USD', () => {
    expect(planPostings(input()).costMicros).toBe(5_000_000n);
    const [posting] = planPostings(input({ costedSeconds: 120, today: euro })).postings;
    expect(posting).toMatchObject({ costMicros: 3_300_000n, nativeMicros: 3_000_000n, microseconds: 120_000_000n });
  });

  test('worked example 2: 580 s taken back are rounded by themselves, the last seconds take the rest', () => {
    const partly = planPostings(input({ costedSeconds: 20, takeBacks: [{ by: 'audit:4', seconds: 580 }] }));
    expect(partly.costMicros).toBe(166_667n);
    expect(partly.pricedSeconds).toBe(20);
    const wholly = planPostings(input({ costedSeconds: 0, takeBacks: [{ by: 'audit:4', seconds: 600 }] }));
    expect([wholly.costMicros, wholly.pricedSeconds, wholly.postings]).toEqual([0n, 0, []]);
  });

  test('worked example 3: a micro of a 70/30 order goes to the larger share', () => {
    const shares = [share('sud', 300_000), share('nord', 700_000)];
    const { postings } = planPostings(input({ costedSeconds: 1, today: price({ hourlyMicros: 3_600n }), shares }));
    expect(postings.map(({ partner, costMicros, microseconds }) => [partner, costMicros, microseconds])).toEqual([
      ['nord', 1n, 700_000n],
      ['sud', 0n, 300_000n],
    ]);
  });

  test.each([
    [1_800n, 0n],
    [5_400n, 2n],
    [9_000n, 2n],
  ])('half a micro goes to the even one: %d micros an hour', (hourlyMicros, micros) =>
    expect(planPostings(input({ costedSeconds: 1, today: price({ hourlyMicros }) })).costMicros).toBe(micros),
  );

  test('is rounded once, after the conversion', () => {
    // 1 s = 0.4 micros, x 3 = 1.2: one micro. Rounded before the conversion it would be none.
    const today = price({ hourlyMicros: 1_440n, fx: { numerator: 3n, denominator: 1n, date: '2026-05-03' } });
    expect(planPostings(input({ costedSeconds: 1, today })).postings[0]).toMatchObject({
      costMicros: 1n,
      nativeMicros: 0n,
    });
  });

  test('pieces that round up never take more than is there', () => {
    const takeBacks = Array.from({ length: 99 }, (_, index) => ({ by: `audit:${index}`, seconds: 1 }));
    expect(
      planPostings(input({ costedSeconds: 1, takeBacks, today: price({ hourlyMicros: 2_160n }) })).costMicros,
    ).toBe(0n);
  });

  test.each(['no rate', 'no fx'] as const)('%s: the entry is a gap and nothing is posted', (today) =>
    expect(planPostings(input({ today }))).toEqual({ unpriced: today, postings: [], costMicros: 0n, pricedSeconds: 0 }),
  );

  test('work that costs no seconds is no gap', () =>
    expect(planPostings(input({ costedSeconds: 0, today: 'no rate' })).unpriced).toBeNull());

  test('shares that are not whole are refused', () =>
    expect(() => planPostings(input({ shares: [share('nord', 999_999)] }))).toThrow(RangeError));
});

describe('changes', () => {
  test('posting twice is posting once, also in another order of shares and at a new version', () => {
    const ledger = ledgerOf();
    const shares = [share('nord', 600_000), share('sud', 400_000)];
    ledger.write({ shares });
    expect(ledger.write({ shares: shares.toReversed(), attributionVersion: 2 }).postings).toEqual([]);
    expect(ledger.rows).toHaveLength(2);
  });

  test('worked example 7: from Nord to Sud and back, two reversals, the total unchanged at every moment', () => {
    const ledger = ledgerOf();
    for (const [version, partner] of ['nord', 'sud', 'nord'].entries()) {
      ledger.write({
        shares: [share(partner)],
        attributionVersion: version + 1,
        today: 'no rate' as const,
        ...(version === 0 && { today: price() }),
      });
      expect(ledger.cost()).toBe(5_000_000n);
    }
    expect(
      ledger.rows.map(({ revision, shareNo, reversesId, partner, cause }) => [
        revision,
        shareNo,
        reversesId,
        partner,
        cause,
      ]),
    ).toEqual([
      [1, 1, null, 'nord', 'work'],
      [2, 1, 1n, 'nord', 'reattribution'],
      [3, 1, null, 'sud', 'reattribution'],
      [4, 1, 3n, 'sud', 'reattribution'],
      [5, 1, null, 'nord', 'reattribution'],
    ]);
  });

  test('a reversal mirrors its posting: dates, rate, FX, version and share', () => {
    const ledger = ledgerOf();
    ledger.write({ today: euro });
    ledger.write({ costedSeconds: 0, takeBacks: [{ by: 'audit:2', seconds: 600 }] });
    const [posting, reversal] = ledger.rows;
    expect(reversal).toEqual({
      ...posting,
      id: 2n,
      revision: 2,
      microseconds: -600_000_000n,
      costMicros: -16_500_000n,
      nativeMicros: -15_000_000n,
      reversesId: 1n,
      cause: 'correction',
    });
  });

  test('the price is frozen until it is asked for again', () => {
    const ledger = ledgerOf();
    ledger.write({});
    expect(ledger.write({ today: euro }).postings).toEqual([]);
    const plan = ledger.write({ today: euro, reprice: true });
    expect(plan.postings.map(({ cause, costMicros }) => [cause, costMicros])).toEqual([
      ['rate', -5_000_000n],
      ['rate', 16_500_000n],
    ]);
    expect(ledger.write({ today: euro, reprice: true }).postings).toEqual([]);
  });

  test('a new date of the same price is no change', () => {
    const ledger = ledgerOf();
    ledger.write({});
    expect(ledger.write({ today: price({ rateValidFrom: '2026-05-01' }), reprice: true }).postings).toEqual([]);
  });

  test.each(['no rate', 'no fx'] as const)(
    'bug: a price that went away kept what was posted before, so that the hour of arrival decided the cost: %s',
    (today) => {
      const ledger = ledgerOf();
      ledger.write({ today: euro, shares: [share('nord', 600_000), share('sud', 400_000)] });
      // Until the tables are asked again, by a bearer's change alone, the price is frozen.
      expect(ledger.write({ today }).unpriced).toBeNull();
      const shares = [share('nord')];
      const gone = ledger.write({ today, reprice: true, shares });
      expect(gone).toMatchObject({ unpriced: today, costMicros: 0n, pricedSeconds: 0 });
      expect(gone.postings).toMatchObject([{ cause: 'rate', costMicros: -16_500_000n, reversesId: 5n }]);
      expect([ledger.cost(), ledger.microseconds()]).toEqual([0n, 0n]);
      expect(ledger.write({ today, reprice: true, shares }).postings).toEqual([]);
      expect(ledger.write({ today: euro, stateCause: 'rate' }).postings).toMatchObject([
        { cause: 'rate', costMicros: 16_500_000n, revision: 5, reversesId: null },
      ]);
    },
  );

  test('bug: an entry that comes back was posted at the price it once had; today’s counts, and is frozen from then on', () => {
    const ledger = ledgerOf();
    ledger.write({});
    ledger.write({ costedSeconds: 0, stateCause: 'hold' });
    const plan = ledger.write({ today: euro, stateCause: 'decision' });
    expect(plan.postings).toMatchObject([{ revision: 3, shareNo: 1, costMicros: 16_500_000n, cause: 'decision' }]);
    ledger.write({ shares: [share('sud')], attributionVersion: 2 });
    expect(ledger.cost()).toBe(16_500_000n);
  });

  test('bug: an entry that came back was posted at the price it once had although the tables tell none any more', () => {
    const ledger = ledgerOf();
    ledger.write({});
    ledger.write({ costedSeconds: 0, stateCause: 'hold' });
    expect(ledger.write({ today: 'no rate', stateCause: 'decision' })).toMatchObject({
      unpriced: 'no rate',
      costMicros: 0n,
      postings: [],
    });
  });
});

const anyShares = fc
  .uniqueArray(fc.constantFrom('nord', 'nord2', 'sud', 'west', null), { minLength: 1, maxLength: 4 })
  .chain((partners) =>
    fc
      .array(fc.integer({ min: 1, max: Math.floor(999_999 / partners.length) }), {
        minLength: partners.length - 1,
        maxLength: partners.length - 1,
      })
      .map((parts) => {
        const rest = 1_000_000 - parts.reduce((sum, part) => sum + part, 0);
        return partners.map((partner, index) => share(partner, parts[index] ?? rest));
      }),
  );
const anyPrice = fc
  .record({
    hourlyMicros: fc.bigInt({ min: 0n, max: 200_000_000n }),
    numerator: fc.bigInt({ min: 1n, max: 20_000n }),
    denominator: fc.bigInt({ min: 1n, max: 20_000n }),
  })
  .map(({ hourlyMicros, numerator, denominator }) =>
    price({ hourlyMicros, nativeCurrency: 'EUR', fx: { ...reduce({ numerator, denominator }), date: '2026-05-03' } }),
  );
const anyWork = fc.record({
  costedSeconds: fc.integer({ min: 0, max: 14_400 }),
  takeBacks: fc.array(fc.record({ by: fc.constant('audit:9'), seconds: fc.integer({ min: 1, max: 5_000 }) }), {
    maxLength: 4,
  }),
});

describe('laws', () => {
  test('re-attribution never changes the total, and no key repeats', () =>
    fc.assert(
      fc.property(anyWork, anyPrice, fc.array(anyShares, { minLength: 1, maxLength: 6 }), (work, today, versions) => {
        const ledger = ledgerOf();
        let total: bigint | null = null;
        for (const [index, shares] of versions.entries()) {
          ledger.write({ ...work, today, shares, attributionVersion: index + 1 });
          total ??= ledger.cost();
          expect(ledger.cost()).toBe(total);
          expect(ledger.microseconds()).toBe(BigInt(work.costedSeconds) * 1_000_000n);
        }
        const keys = ledger.rows.map(({ revision, shareNo }) => `${revision} ${shareNo}`);
        expect(new Set(keys).size).toBe(keys.length);
      }),
    ));

  test('whatever changes, the ledger says what the last plan says, never less than nothing, and the same again changes nothing', () =>
    fc.assert(
      fc.property(
        fc.array(fc.tuple(anyWork, anyPrice, anyShares, fc.boolean()), { minLength: 1, maxLength: 6 }),
        (changes) => {
          const ledger = ledgerOf();
          for (const [work, today, shares, reprice] of changes) {
            const change = { ...work, today, shares, reprice };
            const plan = ledger.write(change);
            expect(ledger.cost()).toBe(plan.costMicros);
            expect(plan.costMicros).toBeGreaterThanOrEqual(0n);
            expect(ledger.microseconds()).toBe(BigInt(plan.pricedSeconds) * 1_000_000n);
            expect(ledger.write(change).postings).toEqual([]);
          }
        },
      ),
    ));
});

describe('a re-base', () => {
  const inEuro = {
    reportingCurrency: 'EUR',
    today: price({ fx: { numerator: 5n, denominator: 6n, date: '2026-05-03' } }),
  };

  test('reverses what is in the old currency and posts it in the new one, whether or not it is to be repriced', () => {
    const ledger = ledgerOf();
    ledger.write({});
    const plan = ledger.write(inEuro);
    expect(plan.postings).toMatchObject([
      { costMicros: -5_000_000n, currency: 'USD', cause: 'rebase' },
      { costMicros: 4_166_667n, currency: 'EUR', cause: 'rebase' },
    ]);
    expect(ledger.write(inEuro).postings).toEqual([]);
  });

  test('leaves no amount where there is no rate to the new currency, and posts when it comes', () => {
    const ledger = ledgerOf();
    ledger.write({});
    expect(ledger.write({ reportingCurrency: 'EUR', today: 'no fx' })).toMatchObject({
      unpriced: 'no fx',
      costMicros: 0n,
      pricedSeconds: 0,
      postings: [{ costMicros: -5_000_000n, currency: 'USD', cause: 'rebase' }],
    });
    expect(ledger.microseconds()).toBe(0n);
    expect(ledger.write({ ...inEuro, stateCause: 'rate' }).postings).toMatchObject([
      { costMicros: 4_166_667n, currency: 'EUR' },
    ]);
  });

  test('moves work to its new day, at the price of that day', () => {
    const ledger = ledgerOf();
    ledger.write({});
    const plan = ledger.write({ workedDay: '2026-05-05', reprice: true });
    expect(plan.postings).toMatchObject([
      { costMicros: -5_000_000n, workedDay: '2026-05-04', cause: 'rebase' },
      { costMicros: 5_000_000n, workedDay: '2026-05-05', cause: 'rebase' },
    ]);
    expect(ledger.write({ workedDay: '2026-05-06', today: 'no rate', reprice: true })).toMatchObject({
      unpriced: 'no rate',
      postings: [{ costMicros: -5_000_000n, workedDay: '2026-05-05', cause: 'rebase' }],
    });
  });
});
