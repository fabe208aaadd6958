import type { HelpdeskSidebar } from '../../../src/helpdesks/port.ts';
import { equalText } from '../../../src/platform/signature.ts';
import type { Settings } from './settings.ts';

const word = (value: unknown): string => (value === null ? '' : String(value));

export const sidebar: HelpdeskSidebar<Settings> = {
  ticketAsked({ settings, headers, query }) {
    const presented = headers['x-secret'] ?? '';
    return {
      verified: settings.webhookSecrets.some((secret) => equalText(presented, secret)),
      externalId: typeof query.ticket === 'string' && /^\d{1,12}$/.test(query.ticket) ? query.ticket : null,
    };
  },
  answer: ({ externalId, attribution, contactRate, costPerTicket, costMultiple, csat }) => ({
    ticket: externalId,
    partner: attribution ? (attribution.partner ?? 'none') : 'not known yet',
    region: word(attribution?.region ?? null),
    method: word(attribution?.method ?? null),
    contactRate: word(contactRate),
    cost: costPerTicket ? `${Number(costPerTicket.amount).toFixed(2)} ${costPerTicket.currency}` : '',
    multiple: word(costMultiple),
    csat: csat === null ? '' : 'needed' in csat ? `${csat.n} of ${csat.needed}` : `${csat.topTwoBox * 100} %`,
  }),
};
