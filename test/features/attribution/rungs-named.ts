import {
  choice,
  daysBefore,
  field,
  foreign,
  type InputDiffers,
  inDenmark,
  named,
  nowhere,
  ofPartner,
  order,
  rule,
  shared,
} from './facts.ts';

/** What people and numbers decide: rungs 1 to 3 (RULES.md section 3). */
export const namedRungs: readonly (readonly [sentence: string, given: InputDiffers, decided: string])[] = [
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
  [
    'a number that a store’s pattern found is none of another store’s',
    { ticket: { namedNumbers: ['1001 2'] }, byNumber: [order(1n, foreign)], requesterKnown: false },
    'unattributed, none, -/-',
  ],
  [
    'a number that a store’s pattern found is that of its own order',
    {
      ticket: { namedNumbers: ['1001 2'] },
      byNumber: [order(1n, foreign), order(1n, { ...ofPartner('sud'), id: 9n, connectionId: 2 })],
    },
    'text, high, sud/SE',
  ],
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
];
