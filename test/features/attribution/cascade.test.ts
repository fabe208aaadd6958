import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { split } from '../../../src/core/money.ts';
import { dayMs } from '../../../src/core/time.ts';
import { attribute, type Decision, mayDecide, type TicketRule } from '../../../src/features/attribution/index.ts';
import { choice, createdAt, daysBefore, type InputDiffers, input, ofPartner, order, shared, short } from './facts.ts';

const rule = (
  id: number,
  condition: TicketRule['condition'],
  gives: { partner?: string; region?: string },
): TicketRule => ({
  id,
  condition,
  partner: gives.partner ?? null,
  region: gives.region ?? null,
});

const named = { namedNumbers: ['1001'] };
const field = { orderNumber: '1001' };
const inDenmark = { country: 'DK', region: 'DK' };
const nowhere = { country: null, region: null };
const foreign = { belongsToRequester: false };

const table: readonly (readonly [sentence: string, given: InputDiffers, decided: string])[] = [
  // Rung 1
  [
    'an agent chose the partner; the region comes from below',
    { ticket: { choices: { partner: choice('sud') } }, ofRequester: [order(1n)] },
    'person, high, sud/SE',
  ],
  [
    'an agent chose the region; the partner comes from below',
    { ticket: { choices: { region: choice('dach') } }, ofRequester: [order(1n)] },
    'person, high, nord/DACH',
  ],
  [
    'an agent chose both; nothing comes from below',
    { ticket: { ...field, choices: { partner: choice('sud'), region: choice('no') } }, byNumber: [order(1n)] },
    'person, high, sud/NO',
  ],
  [
    'an agent chose the partner; nothing lies below',
    { ticket: { choices: { partner: choice('Nord AB') } } },
    'person, high, nord/-',
  ],
  [
    'the half no agent touched keeps its shares',
    { ticket: { ...field, choices: { region: choice('DE') } }, byNumber: [order(1n, shared)] },
    'person, high, nord/DACH 700000, sud/DACH 300000',
  ],
  [
    'a partner chosen over shares takes the whole',
    { ticket: { ...field, choices: { partner: choice('direct') } }, byNumber: [order(1n, shared)] },
    'person, high, direct/SE',
  ],
  [
    'taken away: no partner, whatever lies below',
    { ticket: { ...field, choices: { partner: choice(null) } }, byNumber: [order(1n)] },
    'person, high, -/SE',
  ],
  ['taken away, nothing below', { ticket: { choices: { partner: choice(null) } } }, 'person, high, -/-'],
  [
    'a value that names no partner: that half is none, not the one from below',
    { ticket: { ...field, choices: { partner: choice('ost') } }, byNumber: [order(1n)] },
    'person, high, -/SE',
  ],
  [
    'rung 1 beats rung 2 (example 6)',
    { ticket: { ...field, choices: { partner: choice('sud') } }, byNumber: [order(1n)], ofRequester: [order(1n)] },
    'person, high, sud/SE',
  ],
  // Rung 2
  [
    'the field holds the number of an order, whoever wrote',
    { ticket: field, byNumber: [order(1n, foreign)] },
    'field, high, nord/SE',
  ],
  [
    'the field holds the number a marketplace gave',
    { ticket: { orderNumber: '#mp-77' }, byNumber: [order(1n, { externalNumber: 'MP-77' })] },
    'field, high, nord/SE',
  ],
  [
    'the field beats the text',
    { ticket: { ...field, namedNumbers: ['1002'] }, byNumber: [order(1n), order(2n, ofPartner('sud'))] },
    'field, high, nord/SE',
  ],
  [
    'a number of no order: next rung',
    { ticket: { ...named, orderNumber: '9999' }, byNumber: [order(1n, ofPartner('sud'))] },
    'text, high, sud/SE',
  ],
  [
    'the field names two orders of one partner in one region',
    { ticket: { orderNumber: '1001, 1002' }, byNumber: [order(1n), order(2n)] },
    'field, high, nord/SE',
  ],
  // Rung 3
  ['the text names an order and the address is on it', { ticket: named, byNumber: [order(1n)] }, 'text, high, nord/SE'],
  [
    'an old order of the requester counts by its number',
    { ticket: named, byNumber: [order(1n, { placedAt: daysBefore(900) })], requesterKnown: true },
    'text, high, nord/SE',
  ],
  [
    'the requester is unknown to the store: number only (example 5)',
    { ticket: named, byNumber: [order(1n, { ...foreign, placedAt: daysBefore(40) })] },
    'text, low, nord/SE',
  ],
  [
    'number only reaches 365 days back',
    { ticket: named, byNumber: [order(1n, { ...foreign, placedAt: daysBefore(365) })] },
    'text, low, nord/SE',
  ],
  [
    'number only, older than 365 days',
    { ticket: named, byNumber: [order(1n, { ...foreign, placedAt: daysBefore(366) })] },
    'unattributed, none, -/-',
  ],
  [
    'number only, placed after the ticket',
    { ticket: named, byNumber: [order(1n, { ...foreign, placedAt: daysBefore(-1) })] },
    'unattributed, none, -/-',
  ],
  [
    'number only, two existing orders named',
    { ticket: { namedNumbers: ['1001', '1002'] }, byNumber: [order(1n, foreign), order(2n, foreign)] },
    'unattributed, none, -/-',
  ],
  [
    'number only, one of two numbers exists',
    { ticket: { namedNumbers: ['1001', '4444'] }, byNumber: [order(1n, foreign)] },
    'text, low, nord/SE',
  ],
  [
    'a requester without an address is unknown to every store',
    { ticket: { ...named, requesterHashKnown: false }, byNumber: [order(1n, foreign)] },
    'text, low, nord/SE',
  ],
  [
    'a number of somebody else, while the requester has orders: rung 4 (example 5)',
    { ticket: named, byNumber: [order(1n, foreign)], ofRequester: [order(2n, ofPartner('sud'))] },
    'recent orders, medium, sud/SE',
  ],
  [
    'a number of somebody else, the requester known as a customer alone',
    { ticket: named, byNumber: [order(1n, foreign)], requesterKnown: true },
    'unattributed, none, -/-',
  ],
  [
    'own and foreign numbers: the own one counts',
    {
      ticket: { namedNumbers: ['1001', '1002'] },
      byNumber: [order(1n, { ...foreign, ...ofPartner('sud') }), order(2n)],
    },
    'text, high, nord/SE',
  ],
  [
    'a number the text does not name counts for nothing',
    { ticket: named, byNumber: [order(2n)] },
    'unattributed, none, -/-',
  ],
  // Several orders on rung 2 or 3
  [
    'same partner, other regions: the partner',
    { ticket: { namedNumbers: ['1001', '1002'] }, byNumber: [order(1n), order(2n, inDenmark)] },
    'text, high, nord/-',
  ],
  [
    'other partners, same region: the region',
    { ticket: { namedNumbers: ['1001', '1002'] }, byNumber: [order(1n), order(2n, ofPartner('sud'))] },
    'text, medium, -/SE',
  ],
  [
    'neither: next rung',
    {
      ticket: { namedNumbers: ['1001', '1002'] },
      byNumber: [order(1n), order(2n, { ...ofPartner('sud'), ...inDenmark })],
      rules: [rule(1, { tag: 'x' }, { partner: 'sud' })],
    },
    'unattributed, none, -/-',
  ],
  [
    'neither by the field: the text may still tell',
    {
      ticket: { orderNumber: '1001 1002', namedNumbers: ['1002'] },
      byNumber: [order(1n), order(2n, { ...ofPartner('sud'), ...inDenmark })],
    },
    'text, high, sud/DK',
  ],
  // One order with several partners
  [
    'an order of two partners: its shares (example 3)',
    { ticket: field, byNumber: [order(1n, shared)] },
    'field, high, nord/SE 700000, sud/SE 300000',
  ],
  [
    'the ticket names a line: its partner',
    { ticket: { ...field, namedLines: [2n] }, byNumber: [order(1n, shared)] },
    'field, high, sud/SE',
  ],
  [
    'the ticket names two lines of one partner',
    { ticket: { ...field, namedLines: [1n, 3n] }, byNumber: [order(1n, shared)] },
    'field, high, nord/SE',
  ],
  [
    'the ticket names lines of both: the shares',
    { ticket: { ...field, namedLines: [1n, 2n] }, byNumber: [order(1n, shared)] },
    'field, high, nord/SE 700000, sud/SE 300000',
  ],
  [
    'a line of another order counts for nothing',
    { ticket: { ...field, namedLines: [99n] }, byNumber: [order(1n, shared)] },
    'field, high, nord/SE 700000, sud/SE 300000',
  ],
  [
    'a line of an order of one partner changes nothing',
    {
      ticket: { ...field, namedLines: [1n] },
      byNumber: [order(1n, { lines: [{ id: 1n, sku: null, productName: null, partner: 'sud' }] })],
    },
    'field, high, nord/SE',
  ],
  [
    'a named line of unknown partner: no partner',
    {
      ticket: { ...field, namedLines: [1n] },
      byNumber: [order(1n, { ...shared, lines: [{ id: 1n, sku: null, productName: null, partner: null }] })],
    },
    'field, high, -/SE',
  ],
  [
    'a partner of a part of nothing is left out',
    {
      ticket: field,
      byNumber: [
        order(1n, {
          shares: [
            { partner: 'nord', ppm: 1_000_000 },
            { partner: 'sud', ppm: 0 },
          ],
        }),
      ],
    },
    'field, high, nord/SE',
  ],
  // Unknown partner
  [
    'an order of unknown partner gives its region',
    { ticket: field, byNumber: [order(1n, ofPartner(null))] },
    'field, high, -/SE',
  ],
  [
    'an order of unknown partner without a place: next rung',
    { ticket: field, byNumber: [order(1n, { ...ofPartner(null), ...nowhere })], ofRequester: [order(2n)] },
    'recent orders, medium, nord/SE',
  ],
  [
    'a part of unknown partner stays none',
    {
      ticket: field,
      byNumber: [
        order(1n, {
          shares: [
            { partner: 'nord', ppm: 600_000 },
            { partner: null, ppm: 400_000 },
          ],
        }),
      ],
    },
    'field, high, nord/SE 600000, -/SE 400000',
  ],
  // Rung 4
  [
    'recent orders of one partner and region',
    { ofRequester: [order(1n), order(2n)] },
    'recent orders, medium, nord/SE',
  ],
  ['Direct is a partner', { ofRequester: [order(1n, ofPartner('direct'))] }, 'recent orders, medium, direct/SE'],
  [
    'one partner, two regions: no region',
    { ofRequester: [order(1n), order(2n, inDenmark)] },
    'recent orders, medium, nord/-',
  ],
  [
    'one partner, one of the orders without a place: no region',
    { ofRequester: [order(1n), order(2n, nowhere)] },
    'recent orders, medium, nord/-',
  ],
  [
    '90 days before the ticket still counts',
    { ofRequester: [order(1n, { placedAt: daysBefore(90) })] },
    'recent orders, medium, nord/SE',
  ],
  ['91 days before does not', { ofRequester: [order(1n, { placedAt: daysBefore(91) })] }, 'unattributed, none, -/-'],
  [
    'placed after the ticket does not',
    { ofRequester: [order(1n, { placedAt: new Date(createdAt.getTime() + 1) })] },
    'unattributed, none, -/-',
  ],
  [
    'placed at the very moment does',
    { ofRequester: [order(1n, { placedAt: createdAt })] },
    'recent orders, medium, nord/SE',
  ],
  [
    'status 0 Incomplete is left out',
    { ofRequester: [order(1n), order(2n, { ...ofPartner('sud'), statusId: 0 })] },
    'recent orders, medium, nord/SE',
  ],
  [
    'status 5 Cancelled is in',
    { ofRequester: [order(1n), order(2n, { ...ofPartner('sud'), statusId: 5 })] },
    'recent orders, region, medium, -/SE',
  ],
  [
    'an order of several partners counts with its shares',
    { ofRequester: [order(1n, shared)] },
    'recent orders, medium, nord/SE 700000, sud/SE 300000',
  ],
  [
    'equal shares agree',
    { ofRequester: [order(1n, shared), order(2n, shared)] },
    'recent orders, medium, nord/SE 700000, sud/SE 300000',
  ],
  [
    'shares and a single partner differ',
    { ofRequester: [order(1n, shared), order(2n)] },
    'recent orders, region, medium, -/SE',
  ],
  // Rung 5
  [
    'other partners, one region (example 4)',
    { ofRequester: [order(1n), order(2n, ofPartner('direct'))] },
    'recent orders, region, medium, -/SE',
  ],
  [
    'all of unknown partner, one region',
    { ofRequester: [order(1n, ofPartner(null)), order(2n, ofPartner(null))] },
    'recent orders, region, medium, -/SE',
  ],
  [
    'other partners and other regions: next rung',
    {
      ticket: { brandId: 'b' },
      ofRequester: [order(1n), order(2n, { ...ofPartner('sud'), ...inDenmark })],
      rules: [rule(1, { brandId: 'b' }, { partner: 'sud' })],
    },
    'rule, medium, sud/-',
  ],
  // Rung 6
  [
    'a rule on a brand',
    { ticket: { brandId: '7' }, rules: [rule(1, { brandId: '7' }, { partner: 'nord', region: 'SE' })] },
    'rule, medium, nord/SE',
  ],
  [
    'a rule on an inbox',
    { ticket: { inboxId: '7' }, rules: [rule(1, { inbox: '7' }, { region: 'DACH' })] },
    'rule, medium, -/DACH',
  ],
  [
    'a rule on an organisation',
    { ticket: { organizationId: '7' }, rules: [rule(1, { organizationId: '7' }, { partner: 'direct' })] },
    'rule, medium, direct/-',
  ],
  [
    'a rule on a form',
    { ticket: { formId: '7' }, rules: [rule(1, { formId: '7' }, { partner: 'sud' })] },
    'rule, medium, sud/-',
  ],
  [
    'a rule on a tag of others',
    { ticket: { tags: ['B2B'] }, rules: [rule(1, { tag: 'b2b' }, { partner: 'sud' })] },
    'rule, medium, sud/-',
  ],
  [
    'a rule on a tag of ours never matches',
    { ticket: { tags: ['partner_nord'] }, rules: [rule(1, { tag: 'partner_nord' }, { partner: 'nord' })] },
    'unattributed, none, -/-',
  ],
  [
    'behind a prefix, the same tag is one of others',
    {
      ticket: { tags: ['partner_nord'], tagPrefix: 'dl_' },
      rules: [rule(1, { tag: 'partner_nord' }, { partner: 'nord' })],
    },
    'rule, medium, nord/-',
  ],
  [
    'all of a condition must hold',
    { ticket: { brandId: '7' }, rules: [rule(1, { brandId: '7', formId: '8' }, { partner: 'nord' })] },
    'unattributed, none, -/-',
  ],
  [
    'the first rule that holds decides',
    {
      ticket: { brandId: '7', formId: '8' },
      rules: [
        rule(1, { formId: '9' }, { partner: 'direct' }),
        rule(2, { formId: '8' }, { partner: 'sud' }),
        rule(3, { brandId: '7' }, { partner: 'nord' }),
      ],
    },
    'rule, medium, sud/-',
  ],
  [
    'a rule whose partner is no longer known is passed over',
    {
      ticket: { brandId: '7' },
      rules: [rule(1, { brandId: '7' }, { partner: 'ost' }), rule(2, { brandId: '7' }, { partner: 'sud' })],
    },
    'rule, medium, sud/-',
  ],
  // Rung 7, and no filling in from lower rungs
  ['nothing held', {}, 'unattributed, none, -/-'],
  [
    'a lower rung fills nothing in',
    {
      ticket: { ...field, brandId: '7' },
      byNumber: [order(1n, nowhere)],
      ofRequester: [order(2n)],
      rules: [rule(1, { brandId: '7' }, { region: 'SE' })],
    },
    'field, high, nord/-',
  ],
];

describe('the cascade', () => {
  it.each(table)('%s', (_sentence, given, decided) => {
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
