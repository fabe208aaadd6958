import { dayMs } from '../../../src/core/time.ts';
import type { AttributionInput, Decision, TicketRule } from '../../../src/features/attribution/index.ts';
import { partnerBook, regionBook } from '../../../src/features/directory/index.ts';
import type { OrderFact } from '../../../src/features/orders/index.ts';
import type { PersonChange, PersonChanges } from '../../../src/helpdesks/port.ts';

export const createdAt = new Date('2026-06-01T12:00:00Z');
export const daysBefore = (days: number): Date => new Date(createdAt.getTime() - days * dayMs);

export const partners = partnerBook([
  { code: 'nord', name: 'Nord', aliases: ['Nord AB'] },
  { code: 'sud', name: 'Sud', aliases: [] },
]);
export const regions = regionBook([
  { code: 'DACH', name: 'Germany, Austria, Switzerland', countries: ['AT', 'CH', 'DE'] },
]);

/** An order of the requester, Nord in Sweden, 20 days old, unless told otherwise. */
export const order = (id: bigint, differs: Partial<OrderFact> = {}): OrderFact => ({
  id,
  connectionId: 1,
  number: String(1000n + id),
  externalNumber: null,
  placedAt: daysBefore(20),
  statusId: 10,
  country: 'SE',
  region: 'SE',
  locale: null,
  belongsToRequester: true,
  shares: [{ partner: 'nord', ppm: 1_000_000 }],
  lines: [],
  ...differs,
});

export const ofPartner = (partner: string | null): Pick<OrderFact, 'shares'> => ({
  shares: [{ partner, ppm: 1_000_000 }],
});

/** 70/30 of Nord and Sud, with a line of each (ids 1 and 2) and a second one of Nord's (id 3). */
export const shared: Pick<OrderFact, 'shares' | 'lines'> = {
  shares: [
    { partner: 'nord', ppm: 700_000 },
    { partner: 'sud', ppm: 300_000 },
  ],
  lines: [
    { id: 1n, sku: 'LAMP-1', productName: 'Lamp', partner: 'nord' },
    { id: 2n, sku: 'VASE-1', productName: 'Vase', partner: 'sud' },
    { id: 3n, sku: 'LAMP-2', productName: 'Lamp 2', partner: 'nord' },
  ],
};

const byAnna = { by: '501', at: daysBefore(0), sourceKey: 'audit:9' };

/** An agent set the mapped field so; null: emptied it. */
export const choice = (value: string | null): PersonChange[] => [{ ...byAnna, source: 'field', value }];

/** An agent changed tags that have the form of ours. */
export const tagged = (change: Partial<Record<'added' | 'removed' | 'left', readonly string[]>>): PersonChange[] => [
  { ...byAnna, source: 'tag', added: [], removed: [], left: [], ...change },
];

/** What differs from a ticket about which nothing is known. */
export interface InputDiffers {
  readonly ticket?: Partial<Omit<AttributionInput['ticket'], 'choices'>> & {
    readonly choices?: Partial<PersonChanges>;
  };
  readonly byNumber?: readonly OrderFact[];
  readonly ofRequester?: readonly OrderFact[];
  readonly requesterKnown?: boolean;
  readonly rules?: AttributionInput['rules'];
  readonly target?: Decision;
  readonly parent?: Decision;
}

export const input = ({
  ticket,
  byNumber = [],
  ofRequester = [],
  requesterKnown = ofRequester.length > 0,
  rules = [],
  target,
  parent,
}: InputDiffers): AttributionInput => ({
  ticket: {
    createdAt,
    orderNumber: null,
    namedNumbers: [],
    namedLines: [],
    requesterHashKnown: true,
    brandId: null,
    organizationId: null,
    formId: null,
    inboxId: null,
    tags: [],
    tagPrefix: '',
    ...ticket,
    choices: { partner: [], region: [], ...ticket?.choices },
  },
  orders: { byNumber, ofRequester, requesterKnown },
  rules,
  partners,
  regions,
  target,
  parent,
});

/** A decision in short: method, confidence and "partner/region ppm" for each share. */
export const short = ({ method, confidence, shares }: Decision): string =>
  [
    method,
    confidence,
    ...shares.map(
      ({ partner, region, ppm }) => `${partner ?? '-'}/${region ?? '-'}${ppm === 1_000_000 ? '' : ` ${ppm}`}`,
    ),
  ].join(', ');

export const rule = (
  id: number,
  condition: TicketRule['condition'],
  gives: { partner?: string; region?: string },
): TicketRule => ({
  id,
  condition,
  partner: gives.partner ?? null,
  region: gives.region ?? null,
});

export const named = { namedNumbers: ['1001'] };

export const field = { orderNumber: '1001' };

export const inDenmark = { country: 'DK', region: 'DK' };

export const nowhere = { country: null, region: null };

export const foreign = { belongsToRequester: false };
