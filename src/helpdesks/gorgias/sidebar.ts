import { code } from 'currency-codes';
import type { HelpdeskSidebar, TicketContext } from '../port.ts';
import { presentsSecret } from './deliveries.ts';
import type { sidebarFields } from './integrations.ts';
import type { GorgiasSettings } from './settings.ts';

const percent = new Intl.NumberFormat('en', { style: 'percent', maximumFractionDigits: 0 });
const decimal = new Intl.NumberFormat('en', { maximumFractionDigits: 2 });

type Attribution = NonNullable<TicketContext['attribution']>;

/** Under "Known by"; nothing where nothing tells it. */
const methods: Readonly<Record<Attribution['method'], string>> = {
  person: 'an agent',
  field: 'the order number field',
  text: 'an order number in the message',
  'recent orders': "the customer's recent orders",
  'recent orders, region': "the customer's recent orders",
  rule: 'a rule',
  unattributed: '',
};

const knownBy = ({ method, confidence }: Attribution): string =>
  [methods[method], ...(confidence === null ? [] : [`${confidence} confidence`])].join(', ');

const figuresOf = ({ attribution, figures }: TicketContext): string => {
  if (figures === null) return attribution?.partner ? 'No figures of this partner yet' : '';
  const of = `${figures.partner}, last ${figures.days} days`;
  return figures.areWhole ? of : `${of}; not all of them have been read yet, so the figures may be far off`;
};

const moneyOf = ({ amount, currency }: NonNullable<TicketContext['costPerTicket']>): string => {
  // `Intl` has other minor digits than ISO 4217 for HUF, COP and others.
  const digits = code(currency)?.digits ?? 2;
  const format = new Intl.NumberFormat('en', {
    style: 'currency',
    currency,
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
    roundingMode: 'halfEven',
  });
  // Text is rounded as the decimal that it is, never as a double.
  return format.format(amount as `${number}`);
};

const costOf = ({ costPerTicket, costMultiple }: TicketContext): string => {
  const parts = [
    ...(costPerTicket ? [moneyOf(costPerTicket)] : []),
    ...(costMultiple === null ? [] : [`${decimal.format(costMultiple)} x the average`]),
  ];
  return parts.join(', ');
};

const csatOf = ({ csat }: TicketContext): string => {
  if (csat === null) return '';
  return 'needed' in csat
    ? `${csat.n} of ${csat.needed} answers needed`
    : `${percent.format(csat.topTwoBox)} of ${csat.n} satisfied`;
};

/**
 * What our widget shows, as texts: Gorgias keeps the answer with the customer and shows it as it is. Empty texts are left
 * out there. https://developers.gorgias.com/docs/create-integrations-and-widgets-programmatically
 */
const answer = (context: TicketContext): Record<keyof typeof sidebarFields, string> => {
  const { attribution } = context;
  return {
    ticket_id: context.externalId,
    partner_name: attribution ? (attribution.partner ?? 'Unattributed') : 'Not known yet',
    region_name: attribution?.region ?? '',
    method: attribution ? knownBy(attribution) : '',
    figures: figuresOf(context),
    contact_rate: context.contactRate === null ? '' : decimal.format(context.contactRate),
    cost_per_ticket: costOf(context),
    csat: csatOf(context),
  };
};

export const sidebar: HelpdeskSidebar<GorgiasSettings> = {
  ticketAsked({ settings, headers, query }) {
    const asked = query.ticket_id;
    return {
      verified: presentsSecret(headers, settings),
      externalId: typeof asked === 'string' && /^[1-9]\d{0,19}$/.test(asked) ? asked : null,
    };
  },
  answer,
};
