import {
  createdAt,
  daysBefore,
  field,
  type InputDiffers,
  inDenmark,
  nowhere,
  ofPartner,
  order,
  rule,
  shared,
} from './facts.ts';

/** What is found without a number: rungs 4 to 7 (RULES.md section 3). */
export const foundRungs: readonly (readonly [sentence: string, given: InputDiffers, decided: string])[] = [
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
