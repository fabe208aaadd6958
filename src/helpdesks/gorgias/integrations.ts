import { deliveryForm, secretHeader } from './deliveries.ts';
import type { GorgiasIntegration } from './schema.ts';

export const webhookName = 'Deskledger';
export const sidebarName = 'Deskledger sidebar';

export const webhookTriggers = [
  'ticket-created',
  'ticket-updated',
  'ticket-message-created',
  'ticket-status-updated',
  'ticket-assignment-updated',
  'ticket-self-unsnoozed',
] as const;
export const sidebarTriggers = ['ticket-created', 'ticket-updated', 'ticket-message-created'] as const;

/** What our address answers a sidebar with, by the words an agent reads. Flat: Gorgias keeps it with the customer. */
export const sidebarFields = {
  ticket_id: 'Ticket',
  partner_name: 'Partner',
  region_name: 'Region',
  method: 'Known by',
  figures: 'Figures',
  contact_rate: 'Tickets per 100 orders',
  cost_per_ticket: 'Cost per ticket',
  csat: 'CSAT',
} as const;

const allOn = (triggers: readonly string[]) => Object.fromEntries(triggers.map((name) => [name, true]));

/** The template's braces stay as they are: encoded, Gorgias would not see them. */
export const sidebarAddress = (url: string): string =>
  url.includes('{{') ? url : `${url}${url.includes('?') ? '&' : '?'}ticket_id={{ticket.id}}`;

export const webhookOf = (url: string, secret: string) => ({
  name: webhookName,
  description: 'Tells Deskledger which tickets changed: ids, states and dates alone.',
  type: 'http',
  deactivated_datetime: null,
  http: {
    url,
    method: 'POST',
    request_content_type: 'application/json',
    response_content_type: 'application/json',
    headers: { [secretHeader]: secret },
    form: deliveryForm,
    triggers: allOn(webhookTriggers),
  },
});
export const sidebarOf = (url: string, secret: string) => ({
  name: sidebarName,
  description: 'Shows agents which partner and region a ticket belongs to.',
  type: 'http',
  deactivated_datetime: null,
  http: {
    url: sidebarAddress(url),
    method: 'GET',
    request_content_type: 'application/json',
    response_content_type: 'application/json',
    headers: { [secretHeader]: secret },
    triggers: allOn(sidebarTriggers),
  },
});
export const widgetOf = (integrationId: string) => ({
  context: 'ticket',
  type: 'http',
  integration_id: Number(integrationId),
  template: {
    type: 'wrapper',
    widgets: [
      {
        type: 'card',
        path: '',
        title: 'Deskledger',
        widgets: Object.entries(sidebarFields).map(([path, title]) => ({ type: 'text', path, title })),
      },
    ],
  },
});

const headerIn = (integration: GorgiasIntegration): string | null => {
  const entry = Object.entries(integration.http?.headers ?? {}).find(([name]) => name.toLowerCase() === secretHeader);
  return typeof entry?.[1] === 'string' ? entry[1] : null;
};

/** Why the integration does not serve as it stands; null: it does. A list that hides headers and body says nothing of them. */
export const wrongIn = (
  integration: GorgiasIntegration,
  { method, triggers, secrets }: { method: string; triggers: readonly string[]; secrets: readonly string[] },
): string | null => {
  const { http } = integration;
  if (!http) return 'has lost its address';
  if (http.method?.toUpperCase() !== method) return `uses ${http.method ?? 'no method'} instead of ${method}`;
  const lacking = triggers.filter((name) => {
    const on = http.triggers?.[name] ?? http.triggers?.[name.replaceAll('-', '_')];
    return http.triggers && on !== true && on !== 'true';
  });
  if (lacking.length > 0) return `is not told of ${lacking.join(', ')}`;
  const presented = headerIn(integration);
  if (http.headers && Object.keys(http.headers).length > 0 && presented === null) return 'sends no secret';
  // A secret shown as stars is shown to nobody.
  if (presented !== null && !/^\**$/.test(presented) && !secrets.includes(presented)) return 'sends another secret';
  return null;
};
