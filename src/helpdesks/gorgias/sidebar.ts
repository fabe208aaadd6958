import type { HelpdeskSidebar, TicketContext } from '../port.ts';
import { presentsSecret } from './deliveries.ts';
import type { sidebarFields } from './integrations.ts';
import type { GorgiasSettings } from './settings.ts';

const percent = new Intl.NumberFormat('en', { style: 'percent', maximumFractionDigits: 0 });
const decimal = new Intl.NumberFormat('en', { maximumFractionDigits: 2 });

const moneyOf = ({ amount, currency }: NonNullable<TicketContext['costPerTicket']>): string =>
  new Intl.NumberFormat('en', { style: 'currency', currency }).format(Number(amount));

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
    method: attribution ? [attribution.method, attribution.confidence].filter(Boolean).join(', ') : '',
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
