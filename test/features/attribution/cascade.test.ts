import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { split } from '../../../src/core/money.ts';
import { dayMs } from '../../../src/core/time.ts';
import { attribute, type Decision, mayDecide } from '../../../src/features/attribution/index.ts';
import {
  choice,
  createdAt,
  daysBefore,
  field,
  foreign,
  input,
  named,
  ofPartner,
  order,
  shared,
  short,
} from './facts.ts';
import { foundRungs } from './rungs-found.ts';
import { namedRungs } from './rungs-named.ts';

describe('the cascade', () => {
  it.each([...namedRungs, ...foundRungs])('%s', (_sentence, given, decided) => {
    expect(short(attribute(input(given)))).toBe(decided);
  });

  it('says which orders decided, and what was passed over', () => {
    expect(
      attribute(
        input({
          ticket: { ...named, orderNumber: '9999' },
          byNumber: [order(1n, foreign)],
          ofRequester: [order(3n), order(2n)],
        }),
      ).evidence,
    ).toEqual({
      fieldNumbersOfNoOrder: ['9999'],
      namedOrdersOfOthers: ['1'],
      orderIds: ['2', '3'],
    });
    expect(attribute(input({ ticket: field, byNumber: [order(1n, ofPartner(null))] })).evidence).toEqual({
      orderIds: ['1'],
      reason: 'unmapped value',
    });
    expect(attribute(input({ ticket: named, byNumber: [order(1n, foreign)] })).evidence).toEqual({
      orderIds: ['1'],
      match: 'number only',
    });
    expect(attribute(input({ ticket: { choices: { partner: choice('ost') } } })).evidence).toEqual({
      partner: { by: '501', sourceKey: 'audit:9', at: createdAt.toISOString(), reason: 'unmapped value' },
    });
  });

  it('holds no text of the ticket in its evidence', () => {
    const ticket = { orderNumber: 'Anna4 7788', tags: ['anna'], namedNumbers: ['7788'] };
    const evidence = JSON.stringify(attribute(input({ ticket })).evidence);
    expect(evidence).toContain('7788');
    expect(evidence.toLowerCase()).not.toContain('anna');
  });

  it('keeps the country of the order, and drops it under a region that does not hold it', () => {
    const german = order(1n, { country: 'DE', region: 'DACH' });
    const countryOf = (region: string) =>
      attribute(input({ ticket: { ...field, choices: { region: choice(region) } }, byNumber: [german] })).shares[0]
        ?.country;
    expect(attribute(input({ ticket: field, byNumber: [german] })).shares[0]?.country).toBe('DE');
    expect(countryOf('dach')).toBe('DE');
    expect(countryOf('SE')).toBeNull();
    const swiss = order(2n, { country: 'CH', region: 'DACH' });
    expect(attribute(input({ ofRequester: [german, swiss] })).shares).toEqual([
      { partner: 'nord', region: 'DACH', country: null, ppm: 1_000_000 },
    ]);
  });

  it('splits a cost of one micro by 70/30 to Nord (example 3)', () => {
    const { shares } = attribute(input({ ticket: field, byNumber: [order(1n, shared)] }));
    expect(
      split(
        1n,
        shares.map(({ partner, ppm }) => ({ weight: BigInt(ppm), key: partner ?? '' })),
      ),
    ).toEqual([1n, 0n]);
  });
});

describe('merged tickets and follow-ups', () => {
  const other: Decision = attribute(input({ ticket: field, byNumber: [order(1n, ofPartner('sud'))] }));
  const nobody = attribute(input({}));

  it('gives a merged source its target decision, whatever its own rungs or agents say', () => {
    const decision = attribute(
      input({ ticket: { choices: { partner: choice('nord') } }, ofRequester: [order(1n)], target: other }),
    );
    expect(short(decision)).toBe('field, high, sud/SE');
    expect(decision.evidence).toEqual({ orderIds: ['1'], inherited: 'merged' });
    expect(short(attribute(input({ ofRequester: [order(1n)], target: nobody })))).toBe('unattributed, none, -/-');
  });

  it('gives a follow-up its parent decision only where none of the rungs 1 to 6 holds', () => {
    const decision = attribute(input({ parent: other }));
    expect(short(decision)).toBe('field, high, sud/SE');
    expect(decision.evidence).toMatchObject({ inherited: 'follow-up' });
    expect(short(attribute(input({ parent: other, ofRequester: [order(1n)] })))).toBe('recent orders, medium, nord/SE');
    expect(short(attribute(input({ parent: other, ticket: { choices: { region: choice('NO') } } })))).toBe(
      'person, high, -/NO',
    );
    expect(attribute(input({ parent: nobody }))).toEqual(nobody);
  });
});

describe('laws of the cascade', () => {
  const partnerCode = fc.constantFrom('nord', 'sud', 'direct', null);
  const anOrder = fc
    .record({
      id: fc.bigInt({ min: 1n, max: 6n }),
      number: fc.constantFrom('1001', '1002', '1003'),
      days: fc.integer({ min: -5, max: 400 }),
      statusId: fc.constantFrom(0, 5, 10),
      place: fc.constantFrom('SE', 'DE', null),
      belongsToRequester: fc.boolean(),
      partners: fc.uniqueArray(partnerCode, { minLength: 1, maxLength: 3 }),
    })
    .map(({ place, days, partners, id, ...rest }) => {
      const ppm = Math.floor(1_000_000 / partners.length);
      const shares = partners.map((partner, index) => ({
        partner,
        ppm: index === 0 ? 1_000_000 - ppm * (partners.length - 1) : ppm,
      }));
      const lines = partners.map((partner, index) => ({
        id: id * 10n + BigInt(index),
        sku: null,
        productName: null,
        partner,
      }));
      return order(id, {
        ...rest,
        placedAt: daysBefore(days),
        country: place,
        region: place === 'DE' ? 'DACH' : place,
        shares,
        lines,
      });
    });
  const orders = fc.uniqueArray(anOrder, { selector: ({ id }) => id, maxLength: 5 });
  const choices = fc.record({
    partner: fc.constantFrom(choice('nord'), choice(null), choice('ost'), []),
    region: fc.constantFrom(choice('SE'), choice(null), []),
  });
  const numbers = fc.uniqueArray(fc.constantFrom('1001', '1002', '1003'));
  const given = fc.record({
    ticket: fc.record({
      choices,
      namedNumbers: numbers,
      namedLines: fc.uniqueArray(fc.bigInt({ min: 10n, max: 62n }), { maxLength: 3 }),
      orderNumber: fc.constantFrom(null, '1001', '1002, 1003'),
    }),
    byNumber: orders,
    ofRequester: orders,
    requesterKnown: fc.boolean(),
  });

  it('gives shares that sum to 1,000,000, each above 0 and each bearer once', () => {
    fc.assert(
      fc.property(given, (facts) => {
        const { shares } = attribute(input(facts));
        expect(shares.reduce((sum, { ppm }) => sum + ppm, 0)).toBe(1_000_000);
        expect(shares.every(({ ppm }) => ppm > 0)).toBe(true);
        expect(new Set(shares.map(({ partner, region, country }) => `${partner}/${region}/${country}`)).size).toBe(
          shares.length,
        );
      }),
    );
  });

  it('does not depend on the order of its lists', () => {
    const reversed = <Item>(list: readonly Item[]): Item[] => list.toReversed();
    fc.assert(
      fc.property(given, (facts) => {
        const turned = {
          ...facts,
          byNumber: reversed(facts.byNumber).map((fact) => ({
            ...fact,
            shares: reversed(fact.shares),
            lines: reversed(fact.lines),
          })),
          ofRequester: reversed(facts.ofRequester).map((fact) => ({
            ...fact,
            shares: reversed(fact.shares),
            lines: reversed(fact.lines),
          })),
          ticket: {
            ...facts.ticket,
            namedNumbers: reversed(facts.ticket.namedNumbers),
            namedLines: reversed(facts.ticket.namedLines),
          },
        };
        expect(attribute(input(turned))).toEqual(attribute(input(facts)));
      }),
    );
  });

  it('decides by anything but a person only what yields a partner or a region', () => {
    fc.assert(
      fc.property(given, (facts) => {
        const { method, shares } = attribute(input(facts));
        const yields = shares.some(({ partner, region }) => partner !== null || region !== null);
        expect(method === 'person' || yields === (method !== 'unattributed')).toBe(true);
      }),
    );
  });
});

describe('mayDecide', () => {
  const closedFor = (days: number) => ({
    closedAt: new Date(createdAt.getTime() - days * dayMs),
    mergedIntoExternalId: null,
    decided: true,
  });
  it.each([
    ['open', { closedAt: null, mergedIntoExternalId: null, decided: true }, true],
    ['closed for 29 days', closedFor(29), true],
    ['closed for 30 days', closedFor(30), false],
    ['closed for 30 days, never decided', { ...closedFor(30), decided: false }, true],
    ['a merged source closed for 400 days', { ...closedFor(400), mergedIntoExternalId: '12' }, true],
  ])('%s', (_state, ticket, may) => {
    expect(mayDecide(ticket, createdAt)).toBe(may);
  });
});
